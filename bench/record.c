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

/* The window that a moment belongs to, or RECORD_WINDOWS outside. */
static uint64_t
window_of(const struct record *r, uint64_t when)
{

	if (when < r->begin || r->window == 0 ||
	    (when - r->begin) / r->window >= RECORD_WINDOWS)
		return (RECORD_WINDOWS);
	return ((when - r->begin) / r->window);
}

uint64_t
record_heat_low(unsigned bin)
{
	const unsigned half = bin > 0 ? bin - 1 : 0;

	if (bin == 0)
		return (0);
	return (((UINT64_C(2) + half % 2) << (half / 2)) << 9);
}

static unsigned
heat_bin(uint64_t ns)
{
	unsigned octave, bin;

	if (ns < record_heat_low(1))
		return (0);
	octave = 63 - (unsigned)__builtin_clzll(ns);
	bin = 1 + 2 * (octave - 10) + (ns >> (octave - 1) & 1);
	return (bin < RECORD_HEAT_BINS ? bin : RECORD_HEAT_BINS - 1);
}

static void
heat(struct record *r, uint64_t window, unsigned bin)
{

	if (window < RECORD_WINDOWS)
		r->heat[window * RECORD_HEAT_STEPS / RECORD_WINDOWS][bin]++;
}

void
record_reply(struct record *r, uint64_t intended, uint64_t sent,
    uint64_t received, uint64_t bytes)
{
	const uint64_t window = window_of(r, intended);
	int64_t response = (int64_t)(received - intended);

	r->replies++;
	r->in_time += received < r->end;
	r->bytes_in += bytes;
	hist_record_signed(&r->response, response);
	hist_record_signed(&r->service, (int64_t)(received - sent));
	heat(r, window, heat_bin(response > 0 ? (uint64_t)response : 0));
	if (window < RECORD_WINDOWS) {
		r->windows[window].replies++;
		r->windows[window].response_sum += response > 0 ?
		    (uint64_t)response : 0;
	}
}

/* No latency of this request will ever be known. */
static void
lost(struct record *r, uint64_t intended, uint64_t now,
    enum record_error kind)
{

	r->errors[kind]++;
	hist_record_infinite(&r->response, 1);
	heat(r, window_of(r, intended), RECORD_HEAT_BINS - 1);
	hist_record_signed(&r->ages, (int64_t)(now - intended));
}

void
record_bad(struct record *r, uint64_t intended, uint64_t now,
    enum record_error kind)
{

	if (kind == RECORD_UNSENT)
		r->planned++;
	else
		hist_record_infinite(&r->service, 1);
	lost(r, intended, now, kind);
}

void
record_unsendable(struct record *r, uint64_t intended, uint64_t now)
{

	r->planned++;
	hist_record_signed(&r->lateness, (int64_t)(now - intended));
	lost(r, intended, now, RECORD_CLOSED);
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
	for (unsigned i = 0; i < RECORD_HEAT_STEPS; i++)
		for (unsigned k = 0; k < RECORD_HEAT_BINS; k++)
			into->heat[i][k] += from->heat[i][k];
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
