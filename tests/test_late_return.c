/*
 * A handler that returns after its server has given its connection up, but
 * before the server gives the handler up, at several moments: nothing is used
 * after it was freed, and an end that is called complete has closed every
 * state. The model of it is tests/models/shutdown.pml.
 */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "caller.h"
#include "inside.h"
#include "support.h"

#define must(call) \
	do { \
		if ((call) != 0) \
			fail_msg("%s: %s", #call, support_why()); \
	} while (0)

#ifdef __SANITIZE_THREAD__
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif

#ifdef UNDER_TSAN
/* A server whose handler is stuck leaves its threads, which is no mistake. */
const char *__tsan_default_options(void);

const char *
__tsan_default_options(void)
{

	return ("report_thread_leaks=0");
}
#endif

/* A server and what its handler did. Kept, one a phase: after
 * THRONG_ERR_STUCK a server is left as it is, which is no leak, and its
 * handler may return while the next one is looked at. */
struct phase {
	struct inside server;
	atomic_int opened, closed, begun;
	int ms; /* how long the handler takes */
};

static struct phase phases[] = {
	{ .ms = 1 }, { .ms = 500 }, { .ms = 1040 }, { .ms = 1060 },
	{ .ms = 1500 },
};

static struct phase inlined[] = { { .ms = 500 }, { .ms = 20000 } };

/* The phase whose server accepts now. */
static _Atomic(struct phase *) current;

static void *
connection_open(void)
{
	struct phase *p = atomic_load(&current);

	atomic_fetch_add(&p->opened, 1);
	return (p);
}

static void
connection_close(void *state)
{
	struct phase *p = state;

	atomic_fetch_add(&p->closed, 1);
}

static int
take_long(const char *input, size_t length, throng_reply *reply)
{
	struct phase *p = throng_connection_state(reply);

	atomic_fetch_add(&p->begun, 1);
	poll(NULL, 0, p->ms);
	return (throng_reply_append(reply, input, length));
}

static const throng_handler late = {
	.name = "late", .summary = "takes its time",
	.process_input = take_long,
	.connection_open = connection_open,
	.connection_close = connection_close,
};

static void
returns_after(struct phase *p, throng_mode mode)
{
	struct inside *s = &p->server;
	throng_config config;
	struct caller *c;
	int64_t deadline = support_now() + SUPPORT_DEADLINE;

	atomic_store(&current, p);
	inside_config(&config, mode);
	config.drain_ms = 50;
	config.workers = 2;
	must(inside_start(s, &config, &late));
	c = caller_open(throng_address(s->server, 0), THRONG_FRAME_LINE);
	assert_non_null(c);
	must(caller_request(c, "x", 1));
	while (atomic_load(&p->begun) == 0 && support_turn(deadline))
		continue;
	/* Drained until 50 ms, killed until 1,050, waited for until 2,050. */
	throng_stop(s->server);
	switch (inside_join(s)) {
	case THRONG_OK:
		assert_int_equal(atomic_load(&p->opened), 1);
		assert_int_equal(atomic_load(&p->closed), 1);
		throng_free(s->server);
		s->server = NULL;
		break;
	case THRONG_ERR_STUCK:
		break;
	default:
		fail_msg("not an end");
	}
	caller_close(c);
}

static void
in_every_phase(void **state)
{

	(void)state;
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		returns_after(&phases[i], THRONG_MODE_POOL);
}

/* It holds its reactor up, which then cannot be joined. */
static void
within_the_reactor(void **state)
{

	(void)state;
	returns_after(&inlined[0], THRONG_MODE_INLINE);
	returns_after(&inlined[1], THRONG_MODE_INLINE);
	assert_int_equal(inlined[1].server.ended, THRONG_ERR_STUCK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_every_phase),
		cmocka_unit_test(within_the_reactor),
	};

	return (cmocka_run_group_tests_name("late_return", tests, NULL,
	    NULL));
}
