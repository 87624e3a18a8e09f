#include "order.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum slot_state { SLOT_AWAITED = 0, SLOT_HELD, SLOT_SKIPPED };

struct slot {
	struct order_reply reply;
	enum slot_state state;
};

/*
 * Request n has slot n % capacity while next <= n < next + capacity; no slot
 * is anything but SLOT_AWAITED outside that range.
 */
struct order {
	struct slot *slots;
	size_t *held; /* bytes, by owner */
	size_t capacity;
	unsigned owners;
	uint64_t next; /* whose turn it is */
};

struct order *
order_new(size_t capacity, unsigned owners)
{
	struct order *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return (NULL);
	o->slots = calloc(capacity, sizeof(*o->slots));
	o->held = calloc(owners, sizeof(*o->held));
	if (o->slots == NULL || o->held == NULL) {
		order_free(o);
		return (NULL);
	}
	o->capacity = capacity;
	o->owners = owners;
	return (o);
}

void
order_free(struct order *o)
{

	if (o == NULL)
		return;
	for (size_t i = 0; i < o->capacity; i++)
		free(o->slots[i].reply.bytes);
	free(o->slots);
	free(o->held);
	free(o);
}

static struct slot *
slot(struct order *o, uint64_t number)
{

	assert(number >= o->next && order_room(o, number));
	return (&o->slots[number % o->capacity]);
}

bool
order_room(const struct order *o, uint64_t number)
{

	return (number < o->next + o->capacity);
}

bool
order_pass(struct order *o, uint64_t number)
{

	if (number != o->next)
		return (false);
	o->next++;
	return (true);
}

int
order_hold(struct order *o, uint64_t number, unsigned owner,
    const char *bytes, size_t length)
{
	struct slot *s = slot(o, number);
	char *copy = NULL;

	assert(owner < o->owners && s->state == SLOT_AWAITED);
	if (length > 0) {
		if ((copy = malloc(length)) == NULL)
			return (-1);
		memcpy(copy, bytes, length);
	}
	s->reply = (struct order_reply){ copy, length, owner };
	s->state = SLOT_HELD;
	o->held[owner] += length;
	return (0);
}

void
order_skip(struct order *o, uint64_t number)
{

	slot(o, number)->state = SLOT_SKIPPED;
}

bool
order_take(struct order *o, struct order_reply *reply)
{
	struct slot *s;

	for (;;) {
		s = &o->slots[o->next % o->capacity];
		if (s->state == SLOT_AWAITED)
			return (false);
		o->next++;
		if (s->state == SLOT_HELD)
			break;
		s->state = SLOT_AWAITED;
	}
	*reply = s->reply;
	o->held[reply->owner] -= reply->length;
	*s = (struct slot){ .state = SLOT_AWAITED };
	return (true);
}

size_t
order_held(const struct order *o, unsigned owner)
{

	return (o->held[owner]);
}
