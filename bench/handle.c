#include "config.h"

#include "handle.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "parse.h"

/* One request may ask for no more than this of the server. */
#define TIME_MAX_NS (60ull * 1000 * 1000 * 1000)
#define REPLY_MAX (64u << 20)

static int
reserve(struct handle_bytes *b, size_t more)
{
	size_t size = b->size > 0 ? b->size : 1024;
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
handle_append(struct handle_bytes *reply, const void *bytes, size_t length)
{

	if (reserve(reply, length))
		return (-1);
	if (length > 0)
		memcpy(reply->bytes + reply->length, bytes, length);
	reply->length += length;
	return (0);
}

void
handle_bytes_free(struct handle_bytes *bytes)
{

	free(bytes->bytes);
	memset(bytes, 0, sizeof(*bytes));
}

static int
echo(const char *input, size_t length, struct handle_bytes *reply)
{

	return (handle_append(reply, input, length));
}

static int
hello(const char *input, size_t length, struct handle_bytes *reply)
{

	if (handle_append(reply, "Hello ", 6) || reserve(reply, length))
		return (-1);
	for (size_t i = 0; i < length; i++) {
		char c = input[i];

		reply->bytes[reply->length++] =
		    c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	return (0);
}

/* Burn CPU time of this thread, so that being preempted is not work done. */
static void
spin(uint64_t ns)
{
	struct timespec t;
	uint64_t now, end;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	end = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec + ns;
	do {
		for (volatile unsigned i = 0; i < 64; i++)
			;
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
		now = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
	} while (now < end);
}

static void
wait_ns(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000u),
	    .tv_nsec = (long)(ns % 1000000000u) };

	while (nanosleep(&t, &t) != 0)
		;
}

/* The next word of a request, or 0 at its end. */
static size_t
word(const char **at, const char *end, const char **start)
{

	while (*at < end && **at == ' ')
		(*at)++;
	*start = *at;
	while (*at < end && **at != ' ')
		(*at)++;
	return ((size_t)(*at - *start));
}

static int
size_word(const char *text, size_t length, uint64_t *size)
{
	char copy[24];

	if (length >= sizeof(copy))
		return (-1);
	memcpy(copy, text, length);
	copy[length] = '\0';
	return (parse_size(copy, 0, REPLY_MAX, size));
}

/* Do one step; -1 if it cannot be understood. */
static int
step(const char *verb, size_t verb_length, const char *value,
    size_t value_length, uint64_t *size)
{
	uint64_t ns;

	if (verb_length == 5 && memcmp(verb, "reply", 5) == 0)
		return (size_word(value, value_length, size));
	if (parse_time(value, value_length, 0, TIME_MAX_NS, &ns))
		return (-1);
	if (verb_length == 4 && memcmp(verb, "spin", 4) == 0)
		spin(ns);
	else if (verb_length == 4 && memcmp(verb, "wait", 4) == 0)
		wait_ns(ns);
	else
		return (-1);
	return (0);
}

static int
work(const char *input, size_t length, struct handle_bytes *reply)
{
	static const char bad[] = "!error invalid not understood";
	const char *at = input, *end = input + length, *verb, *value;
	uint64_t size = UINT64_MAX;
	size_t verb_length, value_length;

	while ((verb_length = word(&at, end, &verb)) > 0) {
		value_length = word(&at, end, &value);
		if (step(verb, verb_length, value, value_length, &size))
			return (handle_append(reply, bad, sizeof(bad) - 1));
	}
	if (size == UINT64_MAX)
		return (handle_append(reply, "ok", 2));
	if (reserve(reply, size))
		return (-1);
	memset(reply->bytes + reply->length, 'x', size);
	reply->length += size;
	return (0);
}

handle_fn
handle_by_name(const char *name)
{
	static const struct {
		const char *name;
		handle_fn handle;
	} table[] = {
		{ "echo", echo },
		{ "work", work },
		{ "hello", hello },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].name, name) == 0)
			return (table[i].handle);
	return (NULL);
}
