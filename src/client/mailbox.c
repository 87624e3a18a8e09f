#include "mailbox.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

/* Untaken text above which replies wait; one reply may be longer. */
#define WAITING_MAX ((size_t)1 << 20)

/* `lock` guards what follows it; it is the last one taken. */
struct mailbox {
	struct sink sink;
	const struct wakeup *wakeup;
	pthread_mutex_t lock;
	pthread_cond_t room;
	struct bytes replies;
	struct bytes notices;
	bool closed;
};

static void
append(struct bytes *to, const char *bytes, size_t length)
{
	char *room = bytes_reserve(to, length);

	/* Without memory for a line of text it is not shown. */
	if (room == NULL || length == 0)
		return;
	memcpy(room, bytes, length);
	to->length += length;
}

/*
 * How many bytes the character at `at` has if it may be shown as it is: 0 for
 * control characters (those of ASCII, DEL, and U+0080 to U+009F, the C1 set of
 * ECMA-48) and for what is not UTF-8.
 */
static size_t
showable(const uint8_t *at, size_t left)
{
	ucs4_t c;
	int n;

	if (*at == '\t' || *at == '\n')
		return (1);
	n = u8_mbtoucr(&c, at, left);
	if (n <= 0 || c < 0x20 || (c >= 0x7f && c <= 0x9f))
		return (0);
	return ((size_t)n);
}

static void
append_shown(struct bytes *to, const char *bytes, size_t length)
{
	const uint8_t *text = (const uint8_t *)bytes;
	size_t from = 0, at = 0, n;
	char escape[5];

	while (at < length) {
		if ((n = showable(text + at, length - at)) > 0) {
			at += n;
			continue;
		}
		append(to, bytes + from, at - from);
		snprintf(escape, sizeof(escape), "\\x%02x", text[at]);
		append(to, escape, 4);
		from = ++at;
	}
	append(to, bytes + from, at - from);
}

static void
on_reply(void *context, const char *label, const char *bytes, size_t length)
{
	struct mailbox *m = context;

	/* The line ending is the terminal's own. */
	if (length > 0 && bytes[length - 1] == '\n')
		length--;
	if (length > 0 && bytes[length - 1] == '\r')
		length--;
	pthread_mutex_lock(&m->lock);
	while (m->replies.length > WAITING_MAX && !m->closed)
		pthread_cond_wait(&m->room, &m->lock);
	if (!m->closed) {
		if (label != NULL) {
			append(&m->replies, label, strlen(label));
			append(&m->replies, ": ", 2);
		}
		append_shown(&m->replies, bytes, length);
		append(&m->replies, "\n", 1);
	}
	pthread_mutex_unlock(&m->lock);
}

static void
on_changed(void *context)
{

	wakeup_signal(((struct mailbox *)context)->wakeup);
}

static void
on_notice(void *context, const char *line)
{
	struct mailbox *m = context;

	pthread_mutex_lock(&m->lock);
	if (!m->closed) {
		append_shown(&m->notices, line, strlen(line));
		append(&m->notices, "\n", 1);
	}
	pthread_mutex_unlock(&m->lock);
	on_changed(m);
}

struct mailbox *
mailbox_new(const struct wakeup *wakeup)
{
	struct mailbox *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return (NULL);
	/* Replies become visible at a flush, as they do in a pipe. */
	m->sink = (struct sink){ m, on_reply, on_changed, on_notice,
	    on_changed };
	m->wakeup = wakeup;
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->room, NULL);
	return (m);
}

void
mailbox_free(struct mailbox *m)
{

	if (m == NULL)
		return;
	pthread_cond_destroy(&m->room);
	pthread_mutex_destroy(&m->lock);
	bytes_free(&m->replies);
	bytes_free(&m->notices);
	free(m);
}

const struct sink *
mailbox_sink(const struct mailbox *m)
{

	return (&m->sink);
}

void
mailbox_take(struct mailbox *m, struct bytes *replies, struct bytes *notices)
{

	pthread_mutex_lock(&m->lock);
	append(replies, m->replies.data, m->replies.length);
	append(notices, m->notices.data, m->notices.length);
	bytes_reset(&m->replies);
	bytes_reset(&m->notices);
	pthread_cond_broadcast(&m->room);
	pthread_mutex_unlock(&m->lock);
}

void
mailbox_close(struct mailbox *m)
{

	pthread_mutex_lock(&m->lock);
	m->closed = true;
	pthread_cond_broadcast(&m->room);
	pthread_mutex_unlock(&m->lock);
}
