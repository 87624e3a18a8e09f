/**
 * mpsc.h - a lock-free queue for many producers and one consumer, in one
 * word.
 *
 * The link lives in the item, so a push allocates nothing and cannot fail.
 * Producers put items, or whole chains of them, in front of a list with one
 * compare-and-swap; the consumer takes everything with one exchange and
 * reverses it, so that it gets the oldest first. This is the shape of the
 * Linux kernel's llist (include/linux/llist.h, Huang Ying, 2011), without
 * its single-item removal: nobody takes a single item, so a head that
 * compares equal is truly the head and there is no ABA.
 *
 * Waking: the producer whose push found the queue empty must wake the
 * consumer, and nobody else needs to. An empty queue means that the consumer
 * has taken all and will look again only after a signal; one that is not
 * empty means that a signal is on its way. There is no sleep flag to race on.
 * The consumer must clear its signal before it takes.
 *
 * Progress: a push is lock-free (some producer always succeeds), not
 * wait-free. A take is one exchange and a private reversal. A producer that
 * is descheduled between its push and its signal delays what others pushed
 * behind it until it runs again.
 */
#ifndef MPSC_H
#define MPSC_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/** Bytes that two cores had better not share. */
#define MPSC_CACHE_LINE 64

/** The link within an item. Owned by whoever owns the item. */
struct mpsc_node {
	struct mpsc_node *next;
};

/** Items collected by one thread, to be pushed at once. All zero: empty. */
struct mpsc_chain {
	struct mpsc_node *newest;
	struct mpsc_node *oldest;
	unsigned count;
};

/** The queue; the head has its cache line to itself. All zero: empty. */
struct mpsc {
	alignas(MPSC_CACHE_LINE) _Atomic(struct mpsc_node *) head;
	char pad[MPSC_CACHE_LINE - sizeof(void *)];
};

/**
 * mpsc_chain_add(chain, node):
 * Put `node` behind the items of `chain`. Thread: the chain's owner.
 */
static inline void
mpsc_chain_add(struct mpsc_chain *chain, struct mpsc_node *node)
{

	node->next = chain->newest;
	chain->newest = node;
	if (chain->oldest == NULL)
		chain->oldest = node;
	chain->count++;
}

/**
 * mpsc_push(queue, chain):
 * Move the items of `chain`, at least one, into `queue`, and empty `chain`.
 * Return true if the queue was empty: the caller must then wake the
 * consumer. The items are the consumer's from here on. Thread: any.
 */
static inline bool
mpsc_push(struct mpsc *queue, struct mpsc_chain *chain)
{
	struct mpsc_node *head;

	/*
	 * Relaxed: the value is only linked and compared, never followed
	 * here; what it points to is for the consumer to read.
	 */
	head = atomic_load_explicit(&queue->head, memory_order_relaxed);
	do {
		chain->oldest->next = head;
		/*
		 * Release on success: orders the writes to the items and their
		 * links before the consumer's acquire exchange that takes
		 * them. Relaxed on failure: nothing was published.
		 */
	} while (!atomic_compare_exchange_weak_explicit(&queue->head, &head,
	    chain->newest, memory_order_release, memory_order_relaxed));
	*chain = (struct mpsc_chain){ 0 };
	return (head == NULL);
}

/**
 * mpsc_take(queue):
 * Take all items. Return the oldest, linked to the younger ones by `next`,
 * or NULL if there was none. A consumer that works on only some of them must
 * see to the rest by itself: nobody will signal for them again.
 * Thread: the consumer; others may take as well, since every item goes to
 * one taker only, but nobody is woken for what they put back.
 */
static inline struct mpsc_node *
mpsc_take(struct mpsc *queue)
{
	struct mpsc_node *node, *next, *oldest = NULL;

	/*
	 * Acquire: orders the reads of the items after the release pushes
	 * that published them; a push onto another's head continues its
	 * release sequence, so this one exchange sees every item in the list.
	 */
	node = atomic_exchange_explicit(&queue->head, NULL,
	    memory_order_acquire);
	for (; node != NULL; node = next) {
		next = node->next;
		node->next = oldest;
		oldest = node;
	}
	return (oldest);
}

#endif /* MPSC_H */
