#include "log.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "writer.h"

/* Room kept for what ends a field and a line: dots, quote, brace, newline. */
#define END_ROOM 8

/* Room that a field needs to begin: punctuation and the longest number. */
#define FIELD_ROOM 32

/** How long a notice waits for a slow reader. Milliseconds. */
#define NOTICE_PATIENCE 1000

/* Append as is, as far as there is room. */
static void
put(struct log_line *l, const char *text, size_t length)
{
	size_t room = l->size - END_ROOM - l->length;

	if (length > room)
		length = room;
	memcpy(l->text + l->length, text, length);
	l->length += length;
}

static void
put_text(struct log_line *l, const char *text)
{

	put(l, text, strlen(text));
}

/* One byte, so that the line stays printable and the value can be read
 * back. An escape goes in whole or not at all. */
static void
put_escaped(struct log_line *l, unsigned char byte)
{
	char escape[8];

	if (byte == '"' || byte == '\\')
		snprintf(escape, sizeof(escape), "\\%c", byte);
	else if (byte >= 0x20 && byte < 0x7f)
		snprintf(escape, sizeof(escape), "%c", byte);
	else if (byte == '\n')
		snprintf(escape, sizeof(escape), "\\n");
	else if (byte == '\r')
		snprintf(escape, sizeof(escape), "\\r");
	else if (byte == '\t')
		snprintf(escape, sizeof(escape), "\\t");
	else if (l->log->format == THRONG_LOG_JSON)
		snprintf(escape, sizeof(escape), "\\u%04x", byte);
	else
		snprintf(escape, sizeof(escape), "\\x%02x", byte);
	if (strlen(escape) <= l->size - END_ROOM - l->length)
		put_text(l, escape);
}

/* Begin a field. A full line takes no more: a field is never left half
 * made, so that the line can still be read by a program. */
static bool
put_key(struct log_line *l, const char *key)
{
	bool json = l->log->format == THRONG_LOG_JSON;

	if (l->length + strlen(key) + FIELD_ROOM > l->size - END_ROOM)
		return (false);
	put_text(l, json ? ",\"" : " ");
	put_text(l, key);
	put_text(l, json ? "\":" : "=");
	return (true);
}

/* Its end goes into the room kept for it, so it is always there. */
static void
put_quoted(struct log_line *l, const char *bytes, size_t length,
    const char *end)
{

	put_text(l, "\"");
	for (size_t i = 0; i < length; i++)
		put_escaped(l, (unsigned char)bytes[i]);
	memcpy(l->text + l->length, end, strlen(end));
	l->length += strlen(end);
}

static void
put_time(struct log_line *l)
{
	struct timespec now;
	struct tm tm;
	char text[80];
	size_t n;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, sizeof(text) - n, ".%03ldZ",
	    now.tv_nsec / 1000000);
	put_text(l, text);
}

static const char *const level_names[] = {
	[THRONG_LOG_ERROR] = "error",
	[THRONG_LOG_WARN] = "warn",
	[THRONG_LOG_INFO] = "info",
	[THRONG_LOG_DEBUG] = "debug",
};

const char *
log_level_name(throng_log_level level)
{

	if ((size_t)level >= sizeof(level_names) / sizeof(level_names[0]))
		return (NULL);
	return (level_names[level]);
}

/* Whether one more of these lines is too many. */
static bool
held_back(const struct log *log, throng_log_level level, const char *event,
    const char *reason)
{
	struct log_sink *sink = log->sink;
	struct writer *writer;

	if (sink == NULL || level == THRONG_LOG_ERROR ||
	    level == THRONG_LOG_DEBUG || log->level == THRONG_LOG_DEBUG ||
	    throttle_pass(&sink->throttle, event, reason, clock_now()))
		return (false);
	counter_add(&sink->counters->log_suppressed, 1);
	/* Acquire: pairs with writer_start(). */
	writer = atomic_load_explicit(&sink->writer, memory_order_acquire);
	if (throttle_announce(&sink->throttle) && writer != NULL)
		writer_wake(writer);
	return (true);
}

/* Whether the line would be lost anyhow: then nobody need make it. */
static bool
finds_no_room(const struct log *log)
{
	struct writer *writer;

	if (log->sink == NULL)
		return (false);
	/* Acquire: pairs with writer_start(). */
	writer = atomic_load_explicit(&log->sink->writer,
	    memory_order_acquire);
	return (writer != NULL && writer_refuses(writer));
}

/* Time, level, event: how every line begins. */
static void
put_head(struct log_line *l, throng_log_level level, const char *event)
{

	if (l->log->format == THRONG_LOG_JSON) {
		put_text(l, "{\"time\":\"");
		put_time(l);
		put_text(l, "\",\"level\":\"");
		put_text(l, level_names[level]);
		put_text(l, "\",\"event\":\"");
		put_text(l, event);
		put_text(l, "\"");
	} else {
		put_time(l);
		put_text(l, " ");
		put_text(l, level_names[level]);
		put_text(l, " ");
		put_text(l, event);
	}
}

/* Field by field: what has no value yet need not be cleared. */
static void
begin(struct log_line *l, const struct log *log, char *text, size_t size)
{

	l->log = log;
	l->length = 0;
	l->size = size;
	l->text = text;
	l->is_notice = false;
}

bool
log_begin(struct log_line *l, const struct log *log, throng_log_level level,
    const char *event)
{

	return (log_begin_kind(l, log, level, event, NULL));
}

bool
log_begin_kind(struct log_line *l, const struct log *log,
    throng_log_level level, const char *event, const char *reason)
{

	if (level > log->level || held_back(log, level, event, reason) ||
	    finds_no_room(log))
		return (false);
	begin(l, log, l->own, sizeof(l->own));
	put_head(l, level, event);
	return (true);
}

void
log_begin_notice(struct log_line *l, char *text, size_t size,
    const struct log *log, const char *event)
{

	begin(l, log, text, size);
	l->is_notice = true;
	put_head(l, THRONG_LOG_INFO, event);
}

void
log_text(struct log_line *l, const char *key, const char *value)
{

	if (!put_key(l, key))
		return;
	/* Words stand bare in text, so that the common case reads well. */
	if (l->log->format == THRONG_LOG_TEXT && value[0] != '\0' &&
	    strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789.:[]/_-") == strlen(value))
		put_text(l, value);
	else
		put_quoted(l, value, strlen(value), "\"");
}

void
log_vtext(struct log_line *l, const char *key, const char *format,
    va_list arguments)
{
	char text[256];

	vsnprintf(text, sizeof(text), format, arguments);
	log_text(l, key, text);
}

void
log_bytes(struct log_line *l, const char *key, const char *bytes,
    size_t length)
{
	size_t shown = length < LOG_BYTES_SHOWN ? length : LOG_BYTES_SHOWN;

	if (put_key(l, key))
		put_quoted(l, bytes, shown, shown < length ? "...\"" : "\"");
}

void
log_number(struct log_line *l, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	if (put_key(l, key))
		put_text(l, text);
}

void
log_errno(struct log_line *l, int error)
{
	char text[128];

	/* The GNU form returns the text; the POSIX one fills the buffer. */
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
	log_text(l, "reason", strerror_r(error, text, sizeof(text)));
#else
	if (strerror_r(error, text, sizeof(text)) != 0)
		snprintf(text, sizeof(text), "error %d", error);
	log_text(l, "reason", text);
#endif
}

/* Whether a line can be written without waiting for longer: a pipe is ready
 * while it has room for PIPE_BUF bytes, and no line is longer. */
static bool
has_room(int fd, int patience)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return (poll(&p, 1, patience) == 1 && (p.revents & POLLOUT));
}

/* There is no writer: here and now. */
static bool
write_now(const struct log_line *l)
{
	struct log_sink *sink = l->log->sink;
	bool wait = l->is_notice;
	ssize_t n = -1;

	/* Relaxed: a hint. */
	if (sink != NULL && atomic_load_explicit(&sink->given_up,
	    memory_order_relaxed))
		wait = false;
	if (!has_room(l->log->fd, wait ? NOTICE_PATIENCE : 0))
		return (false);
	do
		n = write(l->log->fd, l->text, l->length);
	while (n == -1 && errno == EINTR);
	return (n != -1);
}

void
log_finish(struct log_line *l)
{

	if (l->log->format == THRONG_LOG_JSON)
		l->text[l->length++] = '}';
	l->text[l->length++] = '\n';
}

void
log_end(struct log_line *l)
{
	struct log_sink *sink = l->log->sink;
	struct writer *writer = NULL;
	int saved = errno;

	log_finish(l);
	if (sink != NULL)
		/* Acquire: pairs with writer_start(). */
		writer = atomic_load_explicit(&sink->writer,
		    memory_order_acquire);
	if ((writer == NULL ||
	    !writer_put(writer, l->text, l->length)) && !write_now(l) &&
	    sink != NULL)
		counter_add(&sink->counters->log_lost, 1);
	errno = saved;
}
