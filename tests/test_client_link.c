/* One connection: what its owner is told, at every stage of its life. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "client/link.h"
#include "client_script.h"
#include "clock.h"
#include "support.h"

/* What the link said, as text; written by its thread. */
struct owner {
	pthread_mutex_t lock;
	char said[1024];
	bool full;
	bool strays;  /* are welcome */
	struct options options;
	char address[SCRIPT_ADDRESS];
	int listener;
	struct link *link;
};

static void note(struct owner *o, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
note(struct owner *o, const char *format, ...)
{
	size_t at;
	va_list ap;

	pthread_mutex_lock(&o->lock);
	at = strlen(o->said);
	va_start(ap, format);
	vsnprintf(o->said + at, sizeof(o->said) - at, format, ap);
	va_end(ap);
	pthread_mutex_unlock(&o->lock);
}

static void
on_up(void *context)
{

	note(context, "up;");
}

static void
on_reply(void *context, uint64_t number, const char *bytes, size_t length)
{

	note(context, "%d=%.*s;", (int)number, (int)length, bytes);
}

static bool
on_stray(void *context, const char *bytes, size_t length)
{
	struct owner *o = context;

	note(o, "stray %.*s;", (int)length, bytes);
	return (o->strays);
}

static void
on_dropped(void *context, uint64_t number, const char *why)
{

	note(context, "%d dropped: %s;", (int)number, why);
}

static void
on_lost(void *context, uint64_t number, const char *why)
{

	note(context, "%d lost: %s;", (int)number, why);
}

static bool
on_full(void *context)
{
	struct owner *o = context;
	bool full;

	pthread_mutex_lock(&o->lock);
	full = o->full;
	pthread_mutex_unlock(&o->lock);
	return (full);
}

static void
on_flush(void *context)
{

	(void)context;
}

static void
on_gone(void *context, const char *why, bool connected)
{

	note(context, "gone%s: %s", connected ? "" : " unconnected",
	    why != NULL ? why : "-");
}

static const struct link_events events = { on_up, on_reply, on_stray,
	on_dropped, on_lost, on_full, on_flush, on_gone };

static bool
has_said(struct owner *o, const char *text)
{
	bool same;

	pthread_mutex_lock(&o->lock);
	same = strcmp(o->said, text) == 0;
	pthread_mutex_unlock(&o->lock);
	return (same);
}

/* Wait until exactly this was said since the start. */
static void
says(struct owner *o, const char *text)
{
	int64_t deadline = support_now() + SUPPORT_DEADLINE;

	while (!has_said(o, text)) {
		if (!support_turn(deadline))
			fail_msg("it said '%s', not '%s'", o->said, text);
	}
}

static int
set_up(void **state)
{
	static struct owner owner;

	memset(&owner, 0, sizeof(owner));
	pthread_mutex_init(&owner.lock, NULL);
	owner.options = (struct options){ .framing = THRONG_FRAME_LINE,
		.connections = 1, .window = 8, .servers = 1,
		.connect_timeout = 60 * CLOCK_S, .timeout = 60 * CLOCK_S,
		.max_frame = 100 };
	owner.listener = script_listen(owner.address);
	*state = &owner;
	return (0);
}

static int
tear_down(void **state)
{
	struct owner *o = *state;

	if (o->link != NULL) {
		link_abort(o->link);
		link_join(o->link);
	}
	link_free(o->link);
	close(o->listener);
	pthread_mutex_destroy(&o->lock);
	return (0);
}

static void
begin(struct owner *o)
{

	o->link = link_new(&o->options, o->address, &events, o);
	assert_non_null(o->link);
	assert_int_equal(link_start(o->link), 0);
}

/* Start, and take the connection. */
static int
connected(struct owner *o)
{
	int fd;

	begin(o);
	fd = script_accept(o->listener);
	says(o, "up;");
	return (fd);
}

static int
ask(struct owner *o, uint64_t number, const char *text)
{
	int rc = link_send(o->link, number, text, strlen(text), false);

	link_kick(o->link);
	return (rc);
}

static void
asks_and_finishes(void **state)
{
	struct owner *o = *state;
	int fd = connected(o);

	assert_int_equal(ask(o, 3, "one"), 0);
	assert_int_equal(ask(o, 4, "two"), 0);
	script_hears(fd, "one\ntwo\n");
	script_says(fd, "ONE\nTW");
	says(o, "up;3=ONE;");
	link_finish(o->link);
	script_says(fd, "O\r\n");
	script_ends(fd);
	says(o, "up;3=ONE;4=TWO\r;gone: -");
	assert_int_equal(ask(o, 5, "late"), EPIPE);
}

static void
asked_before_it_is_connected(void **state)
{
	struct owner *o = *state;
	int fd;

	o->link = link_new(&o->options, o->address, &events, o);
	assert_int_equal(link_send(o->link, 0, "early", 5, true), 0);
	link_finish(o->link);
	assert_int_equal(link_start(o->link), 0);
	fd = script_accept(o->listener);
	script_hears(fd, "early\n");
	script_says(fd, "bird\n");
	script_ends(fd);
	says(o, "up;0=bird;gone: -");
}

static void
no_server(void **state)
{
	struct owner *o = *state;

	close(o->listener);
	o->link = link_new(&o->options, o->address, &events, o);
	assert_int_equal(ask(o, 9, "x"), 0);
	assert_int_equal(link_start(o->link), 0);
	says(o, "9 lost: Connection refused;"
	    "gone unconnected: Connection refused");
	o->listener = script_listen(o->address);
}

static void
server_closes(void **state)
{
	struct owner *o = *state;
	int fd = connected(o);

	assert_int_equal(ask(o, 0, "a"), 0);
	assert_int_equal(ask(o, 1, "b"), 0);
	assert_int_equal(ask(o, 2, "c"), 0);
	script_hears(fd, "a\nb\nc\n");
	script_says(fd, "A\nhalf");
	close(fd);
	says(o, "up;0=A;1 lost: the server closed the connection in the "
	    "middle of a reply;2 lost: the server closed the connection in "
	    "the middle of a reply;gone: the server closed the connection in "
	    "the middle of a reply");
}

/* The last word of a server that will not serve is the reason. */
static void
server_refuses(void **state)
{
	struct owner *o = *state;
	int fd = connected(o);

	script_says(fd, "!error busy later\n");
	close(fd);
	says(o, "up;stray !error busy later;gone: the server closed the "
	    "connection: !error busy later");
}

static void
stray_replies(void **state)
{
	struct owner *o = *state;
	int fd;

	o->strays = true;
	fd = connected(o);
	script_says(fd, "hi\n");
	says(o, "up;stray hi;");
	assert_int_equal(ask(o, 0, "a"), 0);
	script_hears(fd, "a\n");
	o->strays = false;
	script_says(fd, "A\nB\n");
	says(o, "up;stray hi;0=A;stray B;gone: the server sent a reply that "
	    "nobody had asked for");
	close(fd);
}

static void
no_reply_in_time(void **state)
{
	struct owner *o = *state;
	int fd;

	o->options.timeout = 50 * CLOCK_MS;
	fd = connected(o);
	assert_int_equal(ask(o, 0, "a"), 0);
	script_hears(fd, "a\n");
	says(o, "up;0 lost: no reply within 0.05 s;gone: no reply within "
	    "0.05 s");
	close(fd);
}

static void
pass_time(uint64_t nanoseconds)
{
	uint64_t until = clock_now() + nanoseconds;

	while (clock_now() < until)
		support_turn(INT64_MAX);
}

/* Who owes nothing may be silent for as long as it likes. */
static void
silence_is_no_timeout(void **state)
{
	struct owner *o = *state;
	int fd;

	o->options.timeout = 20 * CLOCK_MS;
	fd = connected(o);
	pass_time(100 * CLOCK_MS);
	says(o, "up;");
	close(fd);
	says(o, "up;gone: the server closed the connection");
}

static void
set_full(struct owner *o, bool full)
{

	pthread_mutex_lock(&o->lock);
	o->full = full;
	pthread_mutex_unlock(&o->lock);
	link_wake(o->link);
}

/* While we do not read, the server is not late, and afterwards it has all of
 * its time. */
static void
full_is_no_timeout(void **state)
{
	struct owner *o = *state;
	int fd;

	o->options.timeout = 3 * CLOCK_S;
	fd = connected(o);
	set_full(o, true);
	assert_int_equal(ask(o, 0, "a"), 0);
	assert_int_equal(ask(o, 1, "b"), 0);
	script_hears(fd, "a\nb\n");
	script_says(fd, "A\n");
	pass_time(3500 * CLOCK_MS);
	says(o, "up;");
	set_full(o, false);
	says(o, "up;0=A;");
	set_full(o, true);
	pass_time(3500 * CLOCK_MS);
	set_full(o, false);
	pass_time(20 * CLOCK_MS);
	says(o, "up;0=A;");
	script_says(fd, "B\n");
	says(o, "up;0=A;1=B;");
	close(fd);
}

static void
too_long(void **state)
{
	struct owner *o = *state;
	int fd;

	o->options.max_frame = 3;
	fd = connected(o);
	assert_int_equal(ask(o, 0, "a"), 0);
	assert_int_equal(ask(o, 1, "b"), 0);
	script_hears(fd, "a\nb\n");
	script_says(fd, "ABCD\nABC\n");
	says(o, "up;0 dropped: a reply is longer than 3 bytes (--max-frame);"
	    "1=ABC;");
	close(fd);
}

static void
makes_no_sense(void **state)
{
	struct owner *o = *state;
	int fd;

	o->options.framing = THRONG_FRAME_NETSTRING;
	fd = connected(o);
	assert_int_equal(ask(o, 0, "a"), 0);
	script_hears(fd, "1:a,");
	script_says(fd, "1:A,Hello");
	says(o, "up;0=A;gone: the server's bytes make no frame (is --frame "
	    "right?)");
	close(fd);
}

/* Raw requests wait for each other, those of the caller do not. */
static void
raw(void **state)
{
	struct owner *o = *state;
	int fd;

	o->options.framing = THRONG_FRAME_RAW;
	fd = connected(o);
	assert_int_equal(ask(o, 0, "one"), 0);
	assert_int_equal(ask(o, 1, "two"), 0);
	script_hears(fd, "one");
	script_says(fd, "ONE");
	says(o, "up;0=ONE;");
	script_hears(fd, "two");
	script_says(fd, "TWO");
	says(o, "up;0=ONE;1=TWO;");
	close(fd);
}

/* The window holds 64 even where fewer may be in flight. */
static void
no_room(void **state)
{
	struct owner *o = *state;
	int fd = connected(o);
	uint64_t i;

	for (i = 0; i < 64; i++)
		assert_int_equal(link_send(o->link, i, "x", 1, false), 0);
	assert_int_equal(link_send(o->link, i, "x", 1, false), EAGAIN);
	link_kick(o->link);
	script_hears(fd, "x\nx\nx\nx\nx\nx\nx\nx\n");
	script_says(fd, "y\n");
	script_hears(fd, "x\n");
	assert_int_equal(link_send(o->link, i, "x", 1, false), 0);
	close(fd);
}

static void
aborted(void **state)
{
	struct owner *o = *state;
	int fd = connected(o);

	assert_int_equal(ask(o, 0, "a"), 0);
	script_hears(fd, "a\n");
	link_abort(o->link);
	script_ends(fd);
	says(o, "up;0 lost: stopped;gone: -");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(asks_and_finishes),
		TEST(asked_before_it_is_connected),
		TEST(no_server),
		TEST(server_closes),
		TEST(server_refuses),
		TEST(stray_replies),
		TEST(no_reply_in_time),
		TEST(silence_is_no_timeout),
		TEST(full_is_no_timeout),
		TEST(too_long),
		TEST(makes_no_sense),
		TEST(raw),
		TEST(no_room),
		TEST(aborted),
	};

	return (cmocka_run_group_tests_name("client_link", tests, NULL,
	    NULL));
}
