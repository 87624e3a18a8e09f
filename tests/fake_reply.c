#define _GNU_SOURCE /* vasprintf */
#include "fake_reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fake's own needs cannot fail: a test without memory is no test. */
static void *
must(void *p)
{

	if (p == NULL)
		abort();
	return (p);
}

int
fake_reply_call(const throng_handler *handler, const char *input, size_t length,
    size_t limit, throng_reply *reply)
{
	char *copy = must(malloc(length > 0 ? length : 1));
	int status;

	memset(reply, 0, sizeof(*reply));
	reply->bytes = must(calloc(1, 1));
	reply->limit = limit;
	/* At zero bytes the one byte of memory is past the end, too. */
	if (length > 0)
		memcpy(copy, input, length);
	status =
	    handler->process_input(length > 0 ? copy : copy + 1, length, reply);
	free(copy);
	return (status);
}

void
fake_reply_free(throng_reply *reply)
{

	free(reply->bytes);
	reply->bytes = NULL;
}

void *
throng_reply_reserve(throng_reply *reply, size_t length)
{
	char *place;

	if (length > reply->limit - reply->length)
		return (NULL);
	/* Always a byte more, so that the captured bytes end with NUL. */
	reply->bytes = must(realloc(reply->bytes, reply->length + length + 1));
	place = reply->bytes + reply->length;
	memset(place, '?', length);
	reply->length += length;
	reply->bytes[reply->length] = '\0';
	return (place);
}

int
throng_reply_append(throng_reply *reply, const void *bytes, size_t length)
{
	void *place = throng_reply_reserve(reply, length);

	if (place == NULL)
		return (-1);
	if (length > 0)
		memcpy(place, bytes, length);
	return (0);
}

int
throng_reply_vprintf(throng_reply *reply, const char *format, va_list arguments)
{
	char *text;
	int n = vasprintf(&text, format, arguments);

	if (n < 0)
		abort();
	n = throng_reply_append(reply, text, (size_t)n);
	free(text);
	return (n);
}

int
throng_reply_printf(throng_reply *reply, const char *format, ...)
{
	va_list arguments;
	int status;

	va_start(arguments, format);
	status = throng_reply_vprintf(reply, format, arguments);
	va_end(arguments);
	return (status);
}

int
throng_reply_error(throng_reply *reply, const char *code, const char *text)
{

	reply->error = 1;
	reply->length = 0;
	return (throng_reply_printf(reply, "!error %s %s", code, text));
}

void
throng_reply_close(throng_reply *reply)
{

	reply->close = 1;
}

void
throng_reply_none(throng_reply *reply)
{

	reply->none = 1;
	reply->length = 0;
	reply->bytes[0] = '\0';
}

void
throng_reply_log(const throng_reply *reply, throng_log_level level,
    const char *format, ...)
{
	throng_reply *mine = (throng_reply *)(uintptr_t)reply;
	va_list arguments;

	mine->logs++;
	mine->level = level;
	va_start(arguments, format);
	(void)vsnprintf(mine->log, sizeof(mine->log), format, arguments);
	va_end(arguments);
}

void *
throng_worker_state(const throng_reply *reply)
{

	(void)reply;
	return (NULL);
}

void *
throng_connection_state(const throng_reply *reply)
{

	(void)reply;
	return (NULL);
}
