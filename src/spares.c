#include "spares.h"

/** How long buffers are kept that nobody wants. Seconds. */
#define IDLE_S 1

static int
look_later(struct spares *s)
{

	return (evtimer_add(s->look, &(struct timeval){ .tv_sec = IDLE_S }));
}

static void
drop_all(struct spares *s)
{

	while (s->count > 0)
		bytes_free(&s->kept[--s->count]);
	s->total = 0;
}

static void
on_look(evutil_socket_t fd, short what, void *argument)
{
	struct spares *s = argument;

	(void)fd;
	(void)what;
	if (!s->wanted || look_later(s) == -1)
		drop_all(s);
	s->wanted = false;
}

int
spares_open(struct spares *s, struct event_base *base, size_t most)
{

	*s = (struct spares){
		.most = most, .look = evtimer_new(base, on_look, s),
	};
	return (s->look == NULL ? -1 : 0);
}

void
spares_close(struct spares *s)
{

	drop_all(s);
	if (s->look != NULL)
		event_free(s->look);
	s->look = NULL;
}

bool
spares_take(struct spares *s, size_t size, struct bytes *to)
{
	unsigned best = s->count, i;

	/* Not one that is much too large: it counts as held by its user. */
	for (i = s->count; i-- > 0;)
		if (s->kept[i].size >= size &&
		    s->kept[i].size / 4 <= size && (best == s->count ||
		    s->kept[i].size < s->kept[best].size))
			best = i;
	if (best == s->count)
		return (false);
	bytes_free(to);
	*to = s->kept[best];
	s->total -= to->size;
	s->wanted = true;
	s->count--;
	for (i = best; i < s->count; i++)
		s->kept[i] = s->kept[i + 1];
	return (true);
}

void
spares_give(struct spares *s, struct bytes *b)
{

	if (b->size <= BYTES_KEEP || s->look == NULL ||
	    s->count == SPARES_COUNT || b->size > s->most - s->total ||
	    (!evtimer_pending(s->look, NULL) && look_later(s) == -1)) {
		bytes_free(b);
		return;
	}
	b->length = 0;
	s->total += b->size;
	s->kept[s->count++] = *b;
	*b = (struct bytes){ 0 };
}
