/**
 * order.h - replies that came over several connections, put back in the
 * order of their requests.
 *
 * Requests are numbered from 0. A reply whose turn it is passes without being
 * copied; one that is early is held. The caller bounds what is held: no more
 * than `capacity` requests may be out, and a connection whose held bytes are
 * many is not read from. That cannot stop everything: the connection that
 * owes the next reply holds none, since its own replies come in order.
 *
 * Thread for all functions: one at a time; the caller locks.
 */
#ifndef CLIENT_ORDER_H
#define CLIENT_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct order;

/** A reply that was held. */
struct order_reply {
	char *bytes;    /* to be freed by who takes it; NULL when empty */
	size_t length;
	unsigned owner; /* the connection that brought it */
};

/**
 * order_new(capacity, owners):
 * Start with request 0; at most `capacity` may be out at a time, brought by
 * connections 0 to `owners` - 1. Return what goes back with order_free(), or
 * NULL if memory is short. Thread: caller's lock.
 */
struct order *order_new(size_t capacity, unsigned owners);

/**
 * order_free(order):
 * Free it and all replies held; NULL is allowed. Thread: caller's lock.
 */
void order_free(struct order *order);

/**
 * order_room(order, number):
 * Return whether request `number` may go out now. Thread: caller's lock.
 */
bool order_room(const struct order *order, uint64_t number);

/**
 * order_pass(order, number):
 * If it is the turn of `number`, move on to the next and return true: the
 * caller writes the reply out, then calls order_take(). Thread: caller's
 * lock.
 */
bool order_pass(struct order *order, uint64_t number);

/**
 * order_hold(order, number, owner, bytes, length):
 * Keep a copy of a reply until its turn. Return 0, or -1 if memory is short;
 * then nothing is kept. Thread: caller's lock.
 */
int order_hold(struct order *order, uint64_t number, unsigned owner,
    const char *bytes, size_t length);

/**
 * order_skip(order, number):
 * Note that no reply will come for `number`. Thread: caller's lock.
 */
void order_skip(struct order *order, uint64_t number);

/**
 * order_take(order, reply):
 * If the next reply is held, move it into `*reply` and return true; its
 * bytes are then the caller's to free. Thread: caller's lock.
 */
bool order_take(struct order *order, struct order_reply *reply);

/**
 * order_held(order, owner):
 * Return how many bytes are held for a connection. Thread: caller's lock.
 */
size_t order_held(const struct order *order, unsigned owner);

#endif /* CLIENT_ORDER_H */
