/* Replies written to a pipe: lines, labels, bytes as they are. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/output.h"

struct pipe_end {
	int fds[2];
	struct wakeup wakeup;
	struct output *output;
	const struct sink *sink;
};

static void
open_output(struct pipe_end *p, bool as_is)
{

	assert_int_equal(pipe(p->fds), 0);
	assert_int_equal(wakeup_open(&p->wakeup), 0);
	p->output = output_new(p->fds[1], as_is, &p->wakeup);
	assert_non_null(p->output);
	p->sink = output_sink(p->output);
}

/* Close, and compare all that was written. */
static void
wrote(struct pipe_end *p, const char *expected, size_t length)
{
	char *got = malloc(length + 1);
	size_t at = 0;
	ssize_t n;

	assert_non_null(got);
	output_free(p->output);
	wakeup_close(&p->wakeup);
	close(p->fds[1]);
	while ((n = read(p->fds[0], got + at, length + 1 - at)) > 0)
		at += (size_t)n;
	assert_int_equal(at, length);
	assert_memory_equal(got, expected, length);
	close(p->fds[0]);
	free(got);
}

static void
reply(const struct pipe_end *p, const char *label, const char *text)
{

	p->sink->reply(p->sink->context, label, text, strlen(text));
}

static void
lines_and_labels(void **state)
{
	struct pipe_end p;

	(void)state;
	open_output(&p, false);
	reply(&p, NULL, "one");
	reply(&p, NULL, "");
	reply(&p, "h:1", "two\r");
	p.sink->reply(p.sink->context, NULL, "a\0b", 3);
	p.sink->reply(p.sink->context, NULL, NULL, 0);
	p.sink->flush(p.sink->context);
	wrote(&p, "one\n\nh:1: two\r\na\0b\n\n", 20);
}

static void
bytes_as_they_are(void **state)
{
	struct pipe_end p;

	(void)state;
	open_output(&p, true);
	reply(&p, NULL, "one");
	reply(&p, NULL, "two\n");
	/* Among others it takes lines to tell them apart. */
	reply(&p, "h:1", "three");
	p.sink->flush(p.sink->context);
	wrote(&p, "onetwo\nh:1: three\n", 18);
}

static void
nothing_before_the_flush(void **state)
{
	struct pipe_end p;
	struct pollfd fds;

	(void)state;
	open_output(&p, false);
	fds = (struct pollfd){ .fd = p.fds[0], .events = POLLIN };
	reply(&p, NULL, "one");
	assert_int_equal(poll(&fds, 1, 0), 0);
	p.sink->flush(p.sink->context);
	assert_int_equal(poll(&fds, 1, 0), 1);
	wrote(&p, "one\n", 4);
}

/* More than the buffer and the pipe hold, to a descriptor that refuses to
 * block, with a slow reader. */
static void
large_replies(void **state)
{
	enum { SIZE = 300000, TIMES = 3 };
	static char large[SIZE], got[4096];
	struct pipe_end p;
	size_t total = 0;
	int status = -1;
	ssize_t n;
	pid_t child;

	(void)state;
	memset(large, 'x', sizeof(large));
	open_output(&p, false);
	assert_int_not_equal(fcntl(p.fds[1], F_SETFL, O_NONBLOCK), -1);
	child = fork();
	if (child == 0) {
		close(p.fds[1]);
		while ((n = read(p.fds[0], got, sizeof(got))) > 0)
			total += (size_t)n;
		_exit(total == TIMES * (SIZE + 3) ? 0 : 1);
	}
	assert_true(child > 0);
	for (int i = 0; i < TIMES; i++) {
		reply(&p, NULL, "y");
		p.sink->reply(p.sink->context, NULL, large, sizeof(large));
	}
	p.sink->flush(p.sink->context);
	output_free(p.output);
	wakeup_close(&p.wakeup);
	close(p.fds[0]);
	close(p.fds[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_labels),
		cmocka_unit_test(bytes_as_they_are),
		cmocka_unit_test(nothing_before_the_flush),
		cmocka_unit_test(large_replies),
	};

	return (cmocka_run_group_tests_name("client_output", tests, NULL,
	    NULL));
}
