/* The wakeup pipe: one byte a signal, a full pipe, interruptions, flags. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "wakeup.h"

/* Interruptions still to come, and whether pipes can be had. */
static int interrupt_writes, interrupt_reads, fail_pipes;

ssize_t __real_write(int fd, const void *bytes, size_t length);
ssize_t __wrap_write(int fd, const void *bytes, size_t length);
ssize_t __real_read(int fd, void *bytes, size_t length);
ssize_t __wrap_read(int fd, void *bytes, size_t length);
int __real_pipe2(int fds[2], int flags);
int __wrap_pipe2(int fds[2], int flags);

ssize_t
__wrap_write(int fd, const void *bytes, size_t length)
{

	if (interrupt_writes > 0) {
		interrupt_writes--;
		errno = EINTR;
		return (-1);
	}
	return (__real_write(fd, bytes, length));
}

ssize_t
__wrap_read(int fd, void *bytes, size_t length)
{

	if (interrupt_reads > 0) {
		interrupt_reads--;
		errno = EINTR;
		return (-1);
	}
	return (__real_read(fd, bytes, length));
}

int
__wrap_pipe2(int fds[2], int flags)
{

	if (fail_pipes) {
		errno = EMFILE;
		return (-1);
	}
	return (__real_pipe2(fds, flags));
}

static int
waiting(const struct wakeup *w)
{
	int bytes = -1;

	assert_int_equal(ioctl(w->read_fd, FIONREAD, &bytes), 0);
	return (bytes);
}

static bool
readable(const struct wakeup *w)
{
	struct pollfd pfd = { .fd = w->read_fd, .events = POLLIN };

	return (poll(&pfd, 1, 0) == 1);
}

static void
signal_and_clear(void **state)
{
	struct wakeup w;

	(void)state;
	assert_int_equal(wakeup_open(&w), 0);
	assert_false(readable(&w));
	wakeup_clear(&w); /* nothing to clear: does not block */
	for (int i = 0; i < 3; i++) {
		wakeup_signal(&w);
		assert_true(readable(&w));
		assert_int_equal(waiting(&w), 1);
		wakeup_clear(&w);
		assert_false(readable(&w));
	}
	wakeup_close(&w);
}

static void
full_pipe(void **state)
{
	struct wakeup w;

	(void)state;
	assert_int_equal(wakeup_open(&w), 0);
	/* More than any pipe holds by itself: none of them blocks. */
	for (int i = 0; i < 70000; i++) {
		errno = ENOTTY;
		wakeup_signal(&w);
		assert_int_equal(errno, ENOTTY);
	}
	assert_true(waiting(&w) >= 4096);
	wakeup_clear(&w);
	assert_int_equal(waiting(&w), 0);
	wakeup_signal(&w);
	assert_true(readable(&w));
	wakeup_close(&w);
}

/* All amounts around the size of the buffer that clearing reads into. */
static void
clears_all(void **state)
{
	struct wakeup w;

	(void)state;
	assert_int_equal(wakeup_open(&w), 0);
	for (int count = 1; count <= 200; count++) {
		for (int i = 0; i < count; i++)
			wakeup_signal(&w);
		assert_int_equal(waiting(&w), count);
		wakeup_clear(&w);
		assert_int_equal(waiting(&w), 0);
	}
	wakeup_close(&w);
}

static void
interrupted(void **state)
{
	struct wakeup w;

	(void)state;
	assert_int_equal(wakeup_open(&w), 0);
	interrupt_writes = 3;
	errno = ENOTTY;
	wakeup_signal(&w);
	assert_int_equal(errno, ENOTTY);
	assert_int_equal(interrupt_writes, 0);
	assert_int_equal(waiting(&w), 1);
	assert_true(wakeup_is_set(&w));
	interrupt_reads = 3;
	wakeup_clear(&w);
	assert_false(wakeup_is_set(&w));
	assert_int_equal(interrupt_reads, 0);
	assert_int_equal(waiting(&w), 0);
	wakeup_close(&w);
}

static void
flags(void **state)
{
	unsigned before = unit_descriptors();
	struct wakeup w;
	int ends[2];

	(void)state;
	assert_int_equal(wakeup_open(&w), 0);
	ends[0] = w.read_fd;
	ends[1] = w.write_fd;
	for (int i = 0; i < 2; i++) {
		assert_true(fcntl(ends[i], F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(ends[i], F_GETFD) & FD_CLOEXEC);
	}
	wakeup_close(&w);
	assert_int_equal(unit_descriptors(), before);
}

static void
no_pipe(void **state)
{
	unsigned before = unit_descriptors();
	struct wakeup w;

	(void)state;
	fail_pipes = 1;
	assert_int_equal(wakeup_open(&w), -1);
	assert_int_equal(errno, EMFILE);
	fail_pipes = 0;
	assert_int_equal(unit_descriptors(), before);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		/* First: what would block must not hide why. */
		cmocka_unit_test(flags),
		cmocka_unit_test(signal_and_clear),
		cmocka_unit_test(full_pipe),
		cmocka_unit_test(clears_all),
		cmocka_unit_test(interrupted),
		cmocka_unit_test(no_pipe),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
