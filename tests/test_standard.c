/* Standard descriptors that the process was started without. */
#include "unit.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "standard.h"

/* In a child: close those of `closed`, bit by bit; 0, or what is wrong. */
static int
child(unsigned closed)
{
	static const int ways[] = { O_WRONLY, O_RDONLY, O_RDWR };
	int next, free_before;
	char byte = 0;

	/* What would be opened next, had nothing been closed. */
	if ((free_before = dup(0)) == -1 || close(free_before) == -1)
		return (1);
	for (int fd = 0; fd < 3; fd++)
		if (closed & 1u << fd)
			close(fd);
	if (standard_open() != 0)
		return (2);
	if ((next = open("/dev/null", O_RDWR)) != free_before)
		return (3);
	for (int fd = 0; fd < 3; fd++)
		if ((closed & 1u << fd) &&
		    (fcntl(fd, F_GETFL) & O_ACCMODE) != ways[fd])
			return (4);
	if ((closed & 1) && (read(0, &byte, 1) != -1 || errno != EBADF))
		return (5);
	if ((closed & 2) && (write(1, &byte, 1) != -1 || errno != EBADF))
		return (6);
	if ((closed & 4) && write(2, &byte, 1) != 1)
		return (7);
	return (0);
}

static void
each_set(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	for (unsigned closed = 0; closed < 8; closed++) {
		assert_int_not_equal(pid = fork(), -1);
		if (pid == 0)
			_exit(child(closed));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status != 0)
			fail_msg("closed %u: status %x", closed, status);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_set),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
