/*
 * The functions of throng.h that a handler calls, without a server behind
 * them. They stand in for those of the library, which are not linked here.
 */
#include "config.h"

#include "handle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handlers/handlers.h"

/** The reply of one call. */
struct throng_reply {
	struct handle_bytes *out;
	size_t start; /* where it begins in `out` */
	int failed;
	int none;
	int close;
};

static int
reserve(struct handle_bytes *b, size_t more)
{
	size_t size = b->size > 0 ? b->size : 4096;
	char *bytes;

	if (b->size - b->length >= more)
		return (0);
	while (size - b->length < more)
		size *= 2;
	if ((bytes = realloc(b->bytes, size)) == NULL)
		return (-1);
	b->bytes = bytes;
	b->size = size;
	return (0);
}

int
handle_append(struct handle_bytes *b, const void *from, size_t length)
{

	if (reserve(b, length))
		return (-1);
	if (length > 0)
		memcpy(b->bytes + b->length, from, length);
	b->length += length;
	return (0);
}

void
handle_bytes_free(struct handle_bytes *b)
{

	free(b->bytes);
	memset(b, 0, sizeof(*b));
}

int
throng_reply_append(throng_reply *reply, const void *bytes, size_t length)
{

	if (handle_append(reply->out, bytes, length))
		reply->failed = 1;
	return (reply->failed ? -1 : 0);
}

void *
throng_reply_reserve(throng_reply *reply, size_t length)
{
	struct handle_bytes *b = reply->out;

	if (reserve(b, length)) {
		reply->failed = 1;
		return (NULL);
	}
	b->length += length;
	return (b->bytes + b->length - length);
}

int
throng_reply_vprintf(throng_reply *reply, const char *format,
    va_list arguments)
{
	char text[1024];
	int n = vsnprintf(text, sizeof(text), format, arguments);

	if (n < 0 || (size_t)n >= sizeof(text)) {
		reply->failed = 1;
		return (-1);
	}
	return (throng_reply_append(reply, text, (size_t)n));
}

int
throng_reply_printf(throng_reply *reply, const char *format, ...)
{
	va_list arguments;
	int rc;

	va_start(arguments, format);
	rc = throng_reply_vprintf(reply, format, arguments);
	va_end(arguments);
	return (rc);
}

int
throng_reply_error(throng_reply *reply, const char *code, const char *text)
{

	reply->out->length = reply->start;
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
}

void
throng_reply_log(const throng_reply *reply, throng_log_level level,
    const char *format, ...)
{

	/* The reference servers do not log. */
	(void)reply;
	(void)level;
	(void)format;
}

void *
throng_worker_state(const throng_reply *reply)
{

	/* No handler that comes with throng has a state. */
	(void)reply;
	return (NULL);
}

void *
throng_connection_state(const throng_reply *reply)
{

	(void)reply;
	return (NULL);
}

static const throng_handler *const table[] = {
	&handler_echo, &handler_work, &handler_hello, &handler_reverse,
	&handler_greet,
};

#define TABLE (sizeof(table) / sizeof(table[0]))

const throng_handler *
handle_by_name(const char *name)
{

	for (size_t i = 0; i < TABLE; i++)
		if (strcmp(table[i]->name, name) == 0)
			return (table[i]);
	return (NULL);
}

const char *
handle_names(void)
{

	return ("echo|work|hello|reverse|greet");
}

unsigned
handle_request(const throng_handler *handler, const char *input,
    size_t length, struct handle_bytes *out)
{
	struct throng_reply reply = { .out = out, .start = out->length };

	if (handler->process_input(input, length, &reply) != 0 ||
	    reply.failed) {
		out->length = reply.start;
		if (handle_append(out, "!error failed", 13))
			return (HANDLE_NOMEM);
	}
	if (reply.none)
		out->length = reply.start;
	if (reply.close || (handler->traits & THRONG_CLOSE_AFTER_REPLY))
		return (HANDLE_CLOSE | (reply.none ? HANDLE_NONE : 0));
	return (reply.none ? HANDLE_NONE : 0);
}
