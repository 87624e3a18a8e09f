/*
 * What happened becomes figures here, and nowhere else.
 */
#include "record.h"

#include <string.h>

void
record_begin(struct record *r, uint64_t begin, uint64_t length)
{

	memset(r, 0, sizeof(*r));
	r->begin = begin;
	r->end = begin + length;
	r->window = length / RECORD_WINDOWS + 1;
}

void
record_sent(struct record *r, uint64_t intended, uint64_t sent,
    uint64_t bytes)
{

	r->planned++;
	r->sent++;
	r->bytes_out += bytes;
	hist_record_signed(&r->lateness, (int64_t)(sent - intended));
}

/* The window that a moment belongs to, or NULL outside of the trial. */
static struct record_window *
window_of(struct record *r, uint64_t when)
{
	uint64_t n;

	if (when < r->begin || r->window == 0)
		return (NULL);
	n = (when - r->begin) / r->window;
	return (n < RECORD_WINDOWS ? &r->windows[n] : NULL);
}

void
record_reply(struct record *r, uint64_t intended, uint64_t sent,
    uint64_t received, uint64_t bytes)
{
	struct record_window *window = window_of(r, intended);
	int64_t response = (int64_t)(received - intended);

	r->replies++;
	r->in_time += received < r->end;
	r->bytes_in += bytes;
	hist_record_signed(&r->response, response);
	hist_record_signed(&r->service, (int64_t)(received - sent));
	if (window != NULL) {
		window->replies++;
		window->response_sum += response > 0 ? (uint64_t)response : 0;
	}
}

void
record_bad(struct record *r, uint64_t intended, uint64_t now,
    enum record_error kind)
{

	r->errors[kind]++;
	if (kind == RECORD_UNSENT)
		r->planned++;
	else
		hist_record_infinite(&r->service, 1);
	hist_record_infinite(&r->response, 1);
	hist_record_signed(&r->ages, (int64_t)(now - intended));
}

void
record_event(struct record *r, enum record_error kind)
{

	r->errors[kind]++;
}

void
record_merge(struct record *into, const struct record *from)
{

	hist_merge(&into->response, &from->response);
	hist_merge(&into->service, &from->service);
	hist_merge(&into->lateness, &from->lateness);
	hist_merge(&into->ages, &from->ages);
	into->planned += from->planned;
	into->sent += from->sent;
	into->replies += from->replies;
	into->in_time += from->in_time;
	into->bytes_out += from->bytes_out;
	into->bytes_in += from->bytes_in;
	into->outstanding_sum += from->outstanding_sum;
	for (unsigned i = 0; i < RECORD_ERRORS; i++)
		into->errors[i] += from->errors[i];
	for (unsigned i = 0; i < RECORD_WINDOWS; i++) {
		into->windows[i].replies += from->windows[i].replies;
		into->windows[i].response_sum += from->windows[i].response_sum;
	}
	if (into->window == 0) {
		into->begin = from->begin;
		into->end = from->end;
		into->window = from->window;
	}
}

uint64_t
record_bad_total(const struct record *r)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < RECORD_ERRORS; i++)
		total += r->errors[i];
	return (total);
}

static const char *const names[RECORD_ERRORS] = {
	[RECORD_UNANSWERED] = "unanswered",
	[RECORD_LENGTH] = "length",
	[RECORD_CONTENT] = "content",
	[RECORD_ORDER] = "order",
	[RECORD_SURPLUS] = "surplus",
	[RECORD_FRAMING] = "framing",
	[RECORD_REFUSED] = "refused",
	[RECORD_CLOSED] = "closed",
	[RECORD_RESET] = "reset",
	[RECORD_CONNECT] = "connect",
	[RECORD_UNSENT] = "unsent",
};

const char *
record_error_name(enum record_error kind)
{

	return ((size_t)kind < RECORD_ERRORS ? names[kind] : "?");
}
