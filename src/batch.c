#include "batch.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

bool
batch_fits(const struct batch *b, size_t length)
{

	return (b->length + length <= LOG_LINE_MAX);
}

void
batch_add(struct batch *b, const char *text, size_t length)
{

	/* Behind a line that was cut, begin on a line of its own. */
	if (b->length == 0 && b->torn)
		b->bytes[b->length++] = '\n';
	memcpy(b->bytes + b->length, text, length);
	b->length += length;
}

bool
batch_is_late(const struct batch *b)
{
	/* Relaxed: a moment. */
	uint64_t deadline = atomic_load_explicit(&b->deadline,
	    memory_order_relaxed);

	return (deadline != 0 && clock_now() >= deadline);
}

/* Wait until a write will not have to. False: it is too late for that. */
static bool
await_room(struct batch *b)
{
	struct pollfd p = { .fd = b->fd, .events = POLLOUT };
	bool late;
	int rc;

	/* Without a descriptor poll would wait for ever. */
	if (p.fd < 0)
		return (true);
	do {
		late = batch_is_late(b);
		rc = poll(&p, 1, late ? 0 : BATCH_SLICE_MS);
		/* An error is the write's to find. */
		if (rc == 1 || (rc == -1 && errno != EINTR))
			return (true);
	} while (!late);
	return (false);
}

/*
 * What poll has said may be no longer true when others write to the same
 * pipe, so a write may hang. Return false if the thread was left meanwhile.
 */
static bool
write_some(struct batch *b, size_t at, ssize_t *n)
{
	int state = BATCH_WRITING;

	/* Release and acquire: whoever leaves this thread alone does so after
	 * all it did before. */
	atomic_store_explicit(&b->state, BATCH_WRITING, memory_order_release);
	*n = write(b->fd, b->bytes + at, b->length - at);
	return (atomic_compare_exchange_strong_explicit(&b->state, &state,
	    BATCH_RUNNING, memory_order_acq_rel, memory_order_acquire));
}

bool
batch_write(struct batch *b, uint64_t *lost)
{
	size_t at = 0;
	ssize_t n;

	*lost = 0;
	while (at < b->length && await_room(b)) {
		if (!write_some(b, at, &n))
			return (false);
		if (n > 0)
			at += (size_t)n;
		else if (n == 0 || (errno != EINTR && errno != EAGAIN))
			break;
	}
	if (at > 0)
		b->torn = b->bytes[at - 1] != '\n';
	if (at == 0 && b->length > 0 && b->bytes[0] == '\n')
		at = 1;
	for (; at < b->length; at++)
		*lost += b->bytes[at] == '\n';
	b->length = 0;
	return (true);
}

bool
batch_leave(struct batch *b)
{
	int state = BATCH_WRITING;

	/* Acquire and release: pairs with write_some(). */
	return (atomic_compare_exchange_strong_explicit(&b->state, &state,
	    BATCH_LEFT, memory_order_acq_rel, memory_order_relaxed));
}
