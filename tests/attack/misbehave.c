/*
 * misbehave: a server whose handler does what a handler must not, as told by
 * the request: one word. Anything else is echoed.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "throng.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* End the process as a wrong pointer would. */
static int
crash(throng_reply *reply)
{

	(void)reply;
	(void)raise(SIGSEGV);
	return (-1);
}

/* Append until it is refused, and take no notice. */
static int
grow(throng_reply *reply)
{
	static const char block[65536];

	for (int i = 0; i < 4096; i++)
		(void)throng_reply_append(reply, block, sizeof(block));
	return (0);
}

static int
reserve_all(throng_reply *reply)
{
	void *place = throng_reply_reserve(reply, SIZE_MAX);

	if (place == NULL)
		place = throng_reply_reserve(reply, SIZE_MAX / 2);
	if (place == NULL)
		place = throng_reply_reserve(reply, (size_t)4 << 30);
	return (place == NULL ? 0 : -1);
}

static int
twice(throng_reply *reply)
{

	(void)throng_reply_append(reply, "first", 5);
	(void)throng_reply_error(reply, "invalid", "on second thoughts");
	(void)throng_reply_append(reply, "third", 5);
	return (throng_reply_error(reply, "invalid", "the last word"));
}

/* Nothing to send, and then something after all. */
static int
none_and_more(throng_reply *reply)
{

	throng_reply_none(reply);
	return (throng_reply_append(reply, "more", 4));
}

/* Close, and go on as if nothing had been said. */
static int
close_and_more(throng_reply *reply)
{

	throng_reply_close(reply);
	throng_reply_close(reply);
	return (throng_reply_append(reply, "bye", 3));
}

static int
fail(throng_reply *reply)
{

	(void)throng_reply_append(reply, "half of", 7);
	return (42);
}

static int
log_much(throng_reply *reply)
{

	for (int i = 0; i < 10000; i++)
		throng_reply_log(reply, THRONG_LOG_WARN, "line\n%d\x1b[2J", i);
	return (throng_reply_append(reply, "logged", 6));
}

/* Leave the thread's state as no one should. */
static int
dirty(throng_reply *reply)
{
	sigset_t all;

	errno = EBADF;
	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, NULL);
	return (throng_reply_append(reply, "dirty", 5));
}

/* How many descriptors a child would have after exec: 0, 1 and 2. */
static int
forks(throng_reply *reply)
{
	static const char script[] =
	    "n=0; for f in /proc/self/fd/*; do n=$((n + 1)); done; exit $n";
	pid_t child = fork();
	int status = 0;

	if (child == 0) {
		(void)execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(99);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return (-1);
	return (throng_reply_printf(reply, "%d", WEXITSTATUS(status)));
}

static const struct {
	const char *word;
	int (*act)(throng_reply *reply);
} acts[] = {
	{ "crash", crash }, { "grow", grow }, { "reserve", reserve_all },
	{ "twice", twice }, { "none", none_and_more },
	{ "close", close_and_more }, { "fail", fail }, { "log", log_much },
	{ "dirty", dirty }, { "fork", forks },
};

static int
misbehave(const char *input, size_t length, throng_reply *reply)
{

	for (size_t i = 0; i < LENGTH(acts); i++)
		if (strlen(acts[i].word) == length &&
		    memcmp(acts[i].word, input, length) == 0)
			return (acts[i].act(reply));
	return (throng_reply_append(reply, input, length));
}

int
main(int argc, char **argv)
{
	static const throng_handler handler = {
		.name = "misbehave",
		.summary = "does what a handler must not",
		.process_input = misbehave,
	};

	return (throng_main(argc, argv, &handler));
}
