/* What the prompt gets to show: labels, line endings, escapes, and who waits. */
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/mailbox.h"
#include "support.h"

struct box {
	struct wakeup wakeup;
	struct mailbox *mailbox;
	const struct sink *sink;
	struct bytes replies;
	struct bytes notices;
};

static int
set_up(void **state)
{
	static struct box box;

	memset(&box, 0, sizeof(box));
	assert_int_equal(wakeup_open(&box.wakeup), 0);
	box.mailbox = mailbox_new(&box.wakeup);
	assert_non_null(box.mailbox);
	box.sink = mailbox_sink(box.mailbox);
	*state = &box;
	return (0);
}

static int
tear_down(void **state)
{
	struct box *b = *state;

	mailbox_free(b->mailbox);
	bytes_free(&b->replies);
	bytes_free(&b->notices);
	wakeup_close(&b->wakeup);
	return (0);
}

static bool
signalled(const struct box *b)
{
	struct pollfd fds = { .fd = b->wakeup.read_fd, .events = POLLIN };

	return (poll(&fds, 1, 0) == 1);
}

/* The reply becomes this text. */
static void
becomes(struct box *b, const char *label, const char *reply, size_t length,
    const char *text)
{

	b->sink->reply(b->sink->context, label, reply, length);
	mailbox_take(b->mailbox, &b->replies, &b->notices);
	assert_int_equal(b->notices.length, 0);
	assert_int_equal(b->replies.length, strlen(text));
	assert_memory_equal(b->replies.data, text, strlen(text));
	bytes_reset(&b->replies);
}

#define BECOMES(label, reply, text) \
	becomes(b, label, reply, sizeof(reply) - 1, text)

static void
lines(void **state)
{
	struct box *b = *state;

	BECOMES(NULL, "Hello", "Hello\n");
	BECOMES("h:1", "Hello", "h:1: Hello\n");
	BECOMES("h:1", "", "h:1: \n");
	BECOMES(NULL, "raw\n", "raw\n");
	BECOMES(NULL, "raw\r\n", "raw\n");
	BECOMES(NULL, "cr\r", "cr\n");
	BECOMES(NULL, "a\nb\n\n", "a\nb\n\n");
}

static void
escapes(void **state)
{
	struct box *b = *state;

	BECOMES(NULL, "\33[2J\a\b\177\0\t.", "\\x1b[2J\\x07\\x08\\x7f\\x00\t.\n");
	BECOMES(NULL, "\r\rx", "\\x0d\\x0dx\n");
	BECOMES(NULL, "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	    "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n");
	/* A C1 control, in UTF-8 and as a byte; then U+00A0, which is none. */
	BECOMES(NULL, "\xc2\x9b" "31m", "\\xc2\\x9b31m\n");
	BECOMES(NULL, "\x9b" "31m", "\\x9b31m\n");
	BECOMES(NULL, "\xc2\xa0", "\xc2\xa0\n");
	/* Not UTF-8: cut short, overlong, a surrogate. */
	BECOMES(NULL, "\xe2\x82", "\\xe2\\x82\n");
	BECOMES(NULL, "\xc0\x9b", "\\xc0\\x9b\n");
	BECOMES(NULL, "\xed\xa0\x80", "\\xed\\xa0\\x80\n");
}

static void
notices_and_signals(void **state)
{
	struct box *b = *state;

	assert_false(signalled(b));
	b->sink->reply(b->sink->context, NULL, "a", 1);
	b->sink->flush(b->sink->context);
	assert_true(signalled(b));
	wakeup_clear(&b->wakeup);
	b->sink->changed(b->sink->context);
	assert_true(signalled(b));
	wakeup_clear(&b->wakeup);
	b->sink->notice(b->sink->context, "bad\33 luck");
	assert_true(signalled(b));
	mailbox_take(b->mailbox, &b->replies, &b->notices);
	assert_int_equal(b->replies.length, 2);
	assert_int_equal(b->notices.length, 13);
	assert_memory_equal(b->notices.data, "bad\\x1b luck\n", 13);
	/* Taken is gone. */
	bytes_reset(&b->replies);
	bytes_reset(&b->notices);
	mailbox_take(b->mailbox, &b->replies, &b->notices);
	assert_int_equal(b->replies.length + b->notices.length, 0);
}

/* A server that floods waits; it ends when the mailbox is closed. */
struct flood {
	const struct sink *sink;
	atomic_int sent;
	int count;
};

static void *
flood(void *argument)
{
	struct flood *f = argument;
	static char large[10000];

	memset(large, 'x', sizeof(large));
	for (int i = 0; i < f->count; i++) {
		f->sink->reply(f->sink->context, NULL, large, sizeof(large));
		atomic_fetch_add(&f->sent, 1);
	}
	return (NULL);
}

static void
floods_wait(void **state)
{
	struct box *b = *state;
	struct flood f = { .sink = b->sink, .count = 1000 };
	int64_t deadline = support_now() + SUPPORT_DEADLINE;
	pthread_t thread;
	size_t taken = 0;
	int before;

	atomic_init(&f.sent, 0);
	assert_int_equal(pthread_create(&thread, NULL, flood, &f), 0);
	while (atomic_load(&f.sent) < 104)
		assert_true(support_turn(deadline));
	/* Ten megabytes are to come, one is let in. */
	before = 0;
	for (int quiet = 0; quiet < 20; quiet++) {
		if (atomic_load(&f.sent) != before)
			quiet = 0;
		before = atomic_load(&f.sent);
		assert_true(support_turn(deadline));
	}
	assert_in_range(before, 104, 106);
	while (taken < 500 * 10001) {
		mailbox_take(b->mailbox, &b->replies, &b->notices);
		taken += b->replies.length;
		b->replies.length = 0;
		assert_true(support_now() < deadline);
	}
	mailbox_close(b->mailbox);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(atomic_load(&f.sent), 1000);
	mailbox_take(b->mailbox, &b->replies, &b->notices);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lines),
		TEST(escapes),
		TEST(notices_and_signals),
		TEST(floods_wait),
	};

	return (cmocka_run_group_tests_name("client_mailbox", tests, NULL,
	    NULL));
}
