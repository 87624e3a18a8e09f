#include "deadline.h"

#include <stddef.h>

void
deadlines_init(struct deadlines *ds)
{

	for (unsigned i = 0; i < DEADLINE_LISTS; i++)
		TAILQ_INIT(&ds->lists[i]);
}

void
deadline_drop(struct deadlines *ds, struct deadline *d)
{

	if (d->list == 0)
		return;
	TAILQ_REMOVE(&ds->lists[d->list - 1], d, link);
	d->list = 0;
}

/* The longest list that is not too long. */
static unsigned
list_for(uint32_t remaining)
{
	unsigned i = 0;

	while (i + 1 < DEADLINE_LISTS &&
	    remaining >= DEADLINE_MIN_MS << (i + 1))
		i++;
	return (i);
}

void
deadline_by(struct deadlines *ds, struct deadline *d, uint32_t now,
    uint32_t when)
{
	unsigned i;

	if (d->list != 0 && !deadline_before(when, d->due))
		return;
	deadline_drop(ds, d);
	i = list_for(deadline_before(when, now) ? 0 : when - now);
	d->due = now + (DEADLINE_MIN_MS << i);
	d->list = (uint8_t)(i + 1);
	TAILQ_INSERT_TAIL(&ds->lists[i], d, link);
}

struct deadline *
deadlines_due(struct deadlines *ds, uint32_t now)
{
	struct deadline *d;

	for (unsigned i = 0; i < DEADLINE_LISTS; i++) {
		d = TAILQ_FIRST(&ds->lists[i]);
		if (d == NULL || deadline_before(now, d->due))
			continue;
		deadline_drop(ds, d);
		return (d);
	}
	return (NULL);
}

bool
deadlines_next(const struct deadlines *ds, uint32_t *when)
{
	const struct deadline *d;
	bool any = false;

	for (unsigned i = 0; i < DEADLINE_LISTS; i++) {
		d = TAILQ_FIRST(&ds->lists[i]);
		if (d == NULL || (any && !deadline_before(d->due, *when)))
			continue;
		*when = d->due;
		any = true;
	}
	return (any);
}
