/*
 * SIGTERM at random moments of the daemon's life: once it has said that it
 * listens it ends with 0, every request that it answered in part it answers
 * in whole, and it counts what it did. The argument is the number of lives.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "caller.h"
#include "daemon.h"
#include "support.h"

#define must(call) \
	do { \
		if ((call) != 0) \
			fail_msg("life %lu: %s: %s\n%s", life, #call, \
			    support_why(), daemon_errors(d)); \
	} while (0)

#define CALLERS 5

static unsigned long lives = 100;

/* Turn round for a random time that is short for a thread. */
static void
moment(uint64_t *seed)
{
	volatile uint64_t left = support_random(seed) % 300000;

	while (left > 0)
		left--;
}

/* Read to the end: whole replies "ok", at most as many as were asked for. */
static int
whole_replies(struct caller *c, unsigned asked)
{
	unsigned i;

	for (i = 0; i < asked; i++)
		if (caller_expect(c, "ok", 2) != 0) {
			/* The end instead, and nothing half. */
			if (c->in.length > c->at)
				return (support_wrong("half a reply"));
			return (0);
		}
	return (caller_expect_end(c));
}

static void
one_life(unsigned long life, uint64_t *seed)
{
	static const char *const modes[] = { "pool", "thread" };
	const char *const arguments[] = { "--listen", "127.0.0.1:0",
		"--handler", "work", "--mode", modes[life % 2], "--reactors",
		life / 2 % 2 ? "2" : "1", NULL };
	const char *request[] = { "spin 1us", "wait 1ms", "spin 50us" };
	struct daemon *d = daemon_spawn(arguments, 0);
	struct caller *c[CALLERS] = { NULL };
	unsigned asked[CALLERS] = { 0 }, i, k;
	uint64_t value;
	int status;

	assert_non_null(d);
	if (life % 5 == 0) {
		/* Perhaps before it knows what a signal is. */
		moment(seed);
		daemon_signal(d, SIGTERM);
		must(daemon_wait(d, &status));
		if (status != 0 && status != 128 + SIGTERM)
			fail_msg("life %lu: status %d", life, status);
		daemon_free(d);
		return;
	}
	must(daemon_ready(d, 1));
	for (i = 0; i < CALLERS && life % 5 > 1; i++) {
		c[i] = caller_open(daemon_address(d, 0), THRONG_FRAME_LINE);
		must(c[i] == NULL ? -1 : 0);
		asked[i] = (unsigned)(support_random(seed) % 30);
		for (k = 0; k < asked[i]; k++)
			must(caller_request(c[i], request[(i + k) % 3],
			    strlen(request[(i + k) % 3])));
	}
	moment(seed);
	daemon_signal(d, life % 7 ? SIGTERM : SIGINT);
	for (i = 0; i < CALLERS; i++)
		if (c[i] != NULL) {
			/* Those the kernel still held are reset: no reply. */
			if (whole_replies(c[i], asked[i]) != 0 &&
			    strstr(support_why(), "reset") == NULL)
				must(-1);
			caller_close(c[i]);
		}
	must(daemon_wait(d, &status));
	if (status != 0)
		fail_msg("life %lu: status %d: %s", life, status,
		    daemon_errors(d));
	must(daemon_summary(d, "requests", &value));
	must(daemon_summary(d, "replies", &value));
	daemon_free(d);
}

static void
random_moments(void **state)
{
	uint64_t seed = 3;
	unsigned long life;

	(void)state;
	for (life = 0; life < lives; life++)
		one_life(life, &seed);
}

static int
clean_up(void **state)
{

	(void)state;
	daemon_free_all();
	return (0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(random_moments, clean_up),
	};

	if (argc > 1)
		lives = strtoul(argv[1], NULL, 10);
	return (cmocka_run_group_tests_name("server_signals", tests, NULL,
	    NULL));
}
