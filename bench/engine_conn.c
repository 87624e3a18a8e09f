#include "config.h"

#include "engine_conn.h"

#include <stdlib.h>
#include <string.h>

#define RING_FIRST 4

void
engine_conn_free(struct engine_conn *c)
{

	if (c->slab == NULL)
		return;
	free(c->slab->ring);
	free(c->slab->rest);
	free(c->slab->unsent);
	free(c->slab);
	c->slab = NULL;
}

void
engine_conn_renew(struct engine_conn *c)
{

	memset(&c->scan, 0, sizeof(c->scan));
	c->open = 0;
	if (c->slab == NULL)
		return;
	c->slab->rest_length = 0;
	c->slab->unsent_length = 0;
}

/* Borrow a slab; the request in the record moves to its ring. */
static struct engine_slab *
slab(struct engine_conn *c)
{
	struct engine_slab *s;

	if (c->slab != NULL)
		return (c->slab);
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return (NULL);
	if ((s->ring = calloc(RING_FIRST, sizeof(s->ring[0]))) == NULL) {
		free(s);
		return (NULL);
	}
	s->mask = RING_FIRST - 1;
	s->ring[0].intended = c->intended;
	s->ring[0].sent = c->sent;
	c->slab = s;
	return (s);
}

static int
grow(struct engine_conn *c, struct engine_slab *s)
{
	uint32_t size = (s->mask + 1) * 2;
	struct engine_request *ring;

	if (size == 0 || (ring = malloc(size * sizeof(ring[0]))) == NULL)
		return (-1);
	for (uint32_t i = 0; i < c->outstanding; i++)
		ring[i] = s->ring[(s->head + i) & s->mask];
	free(s->ring);
	s->ring = ring;
	s->head = 0;
	s->mask = size - 1;
	return (0);
}

int
engine_conn_push(struct engine_conn *c, const struct engine_request *request)
{
	struct engine_slab *s = c->slab;

	if (s == NULL && c->outstanding == 0) {
		c->intended = request->intended;
		c->sent = request->sent;
		c->outstanding = 1;
		return (0);
	}
	if ((s = slab(c)) == NULL ||
	    (c->outstanding > s->mask && grow(c, s)))
		return (-1);
	s->ring[(s->head + c->outstanding++) & s->mask] = *request;
	return (0);
}

struct engine_request
engine_conn_pop(struct engine_conn *c)
{
	struct engine_slab *s = c->slab;
	struct engine_request request = { .intended = c->intended,
	    .sent = c->sent };

	if (s != NULL) {
		request = s->ring[s->head];
		s->head = (s->head + 1) & s->mask;
	}
	c->outstanding--;
	return (request);
}

uint64_t
engine_conn_stamp(struct engine_conn *c, uint32_t back, uint64_t sent)
{
	struct engine_slab *s = c->slab;
	struct engine_request *r;

	if (s == NULL) {
		c->sent = sent;
		return (c->intended);
	}
	r = &s->ring[(s->head + c->outstanding - 1 - back) & s->mask];
	r->sent = sent;
	return (r->intended);
}

int
engine_conn_skip(struct engine_conn *c, const struct engine_request *request,
    uint32_t number)
{
	struct engine_slab *s = slab(c);

	if (s == NULL || c->skips == ENGINE_SKIPS)
		return (-1);
	s->skip[c->skips] = *request;
	s->skip[c->skips++].number = number;
	return (0);
}

int
engine_conn_unskip(struct engine_conn *c, uint32_t number,
    struct engine_request *request)
{

	for (unsigned i = 0; i < c->skips; i++) {
		if (c->slab->skip[i].number != number)
			continue;
		*request = c->slab->skip[i];
		c->slab->skip[i] = c->slab->skip[--c->skips];
		return (0);
	}
	return (-1);
}

size_t
engine_conn_rest(const struct engine_conn *c, char *out)
{

	if (c->slab == NULL || c->slab->rest_length == 0)
		return (0);
	memcpy(out, c->slab->rest, c->slab->rest_length);
	return (c->slab->rest_length);
}

int
engine_conn_keep_rest(struct engine_conn *c, const char *bytes,
    size_t length)
{
	struct engine_slab *s = c->slab;
	char *rest;

	if (length == 0) {
		if (s != NULL)
			s->rest_length = 0;
		return (0);
	}
	if ((s = slab(c)) == NULL ||
	    (rest = realloc(s->rest, length)) == NULL)
		return (-1);
	memcpy(rest, bytes, length);
	s->rest = rest;
	s->rest_length = length;
	return (0);
}

int
engine_conn_keep_unsent(struct engine_conn *c, const char *bytes,
    size_t length)
{
	struct engine_slab *s = slab(c);
	char *unsent;

	if (s == NULL || (unsent = realloc(s->unsent,
	    s->unsent_length + length)) == NULL)
		return (-1);
	memcpy(unsent + s->unsent_length, bytes, length);
	s->unsent = unsent;
	s->unsent_length += length;
	return (0);
}

size_t
engine_conn_unsent(const struct engine_conn *c, const char **bytes)
{

	if (c->slab == NULL)
		return (0);
	*bytes = c->slab->unsent;
	return (c->slab->unsent_length);
}

void
engine_conn_sent(struct engine_conn *c, size_t length)
{
	struct engine_slab *s = c->slab;

	s->unsent_length -= length;
	memmove(s->unsent, s->unsent + length, s->unsent_length);
}
