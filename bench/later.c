#include "config.h"

#include "later.h"

#include <stdlib.h>
#include <string.h>

static int
before(const struct later_reply *a, const struct later_reply *b)
{

	return (a->at != b->at ? a->at < b->at : a->order < b->order);
}

static int
grow(struct later *l)
{
	size_t size = l->size * 2 + 64;
	struct later_reply **heap = realloc(l->heap, size *
	    sizeof(struct later_reply *));

	if (heap == NULL)
		return (-1);
	l->heap = heap;
	l->size = size;
	return (0);
}

int
later_add(struct later *l, uint64_t at, int fd, uint32_t life,
    const char *bytes, size_t length)
{
	struct later_reply *reply;
	size_t i = l->length;

	if (l->length == l->size && grow(l))
		return (-1);
	if ((reply = malloc(sizeof(*reply) + length)) == NULL)
		return (-1);
	*reply = (struct later_reply){ .at = at, .order = l->count++,
	    .fd = fd, .life = life, .length = length };
	memcpy(reply->bytes, bytes, length);
	l->length++;
	for (; i > 0 && before(reply, l->heap[(i - 1) / 2]); i = (i - 1) / 2)
		l->heap[i] = l->heap[(i - 1) / 2];
	l->heap[i] = reply;
	return (0);
}

uint64_t
later_next(const struct later *l)
{

	return (l->length > 0 ? l->heap[0]->at : UINT64_MAX);
}

struct later_reply *
later_take(struct later *l)
{
	struct later_reply *top = l->heap[0], *last = l->heap[--l->length];
	size_t i = 0, k;

	while ((k = 2 * i + 1) < l->length) {
		if (k + 1 < l->length && before(l->heap[k + 1], l->heap[k]))
			k++;
		if (!before(l->heap[k], last))
			break;
		l->heap[i] = l->heap[k];
		i = k;
	}
	l->heap[i] = last;
	return (top);
}
