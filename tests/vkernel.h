/**
 * vkernel.h - a kernel of the test's own: sockets, pipes, epoll and a clock
 * that exist in this process alone and do the same for the same seed.
 *
 * It stands behind the real libevent and the real throng, linked with
 * $(VKERNEL_LINK), which leads their system calls here. Descriptors from
 * VK_FIRST on are its own; others are the real kernel's. Calls are
 * interrupted, cut short or told to wait at random, as kernels may. Time
 * passes only while somebody waits, or a little with each call.
 *
 * It is hard where a kernel may be: a socket closed with unread input, or
 * sent to after that, loses what its client has not yet taken.
 *
 * Thread for all functions: the one that runs the simulation.
 */
#ifndef VKERNEL_H
#define VKERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The lowest of its descriptors. */
#define VK_FIRST 600

/** A connection, seen from the client. */
struct vk_sock;

/**
 * vk_open(seed, trouble, idle):
 * Begin with nothing open. Of 100 calls `trouble` are interrupted, cut short
 * or told to wait. While the program under test waits, `idle(until)` is to do
 * the next thing that happens before the moment `until`, and move the clock
 * there with vk_wait(); it returns false if there is none.
 * Thread: the simulation's.
 */
void vk_open(uint64_t seed, unsigned trouble, bool (*idle)(uint64_t until));

/**
 * vk_close():
 * Forget everything; return how many descriptors were still open.
 * Thread: the simulation's.
 */
unsigned vk_close(void);

/**
 * vk_now():
 * Return the time in nanoseconds. Thread: the simulation's.
 */
uint64_t vk_now(void);

/**
 * vk_wait(until):
 * Move the clock forward to `until`, never back. Thread: the simulation's.
 */
void vk_wait(uint64_t until);

/**
 * vk_calls():
 * Return how many system calls there were. Thread: the simulation's.
 */
uint64_t vk_calls(void);

/**
 * vk_random():
 * Return the next number of the seed's sequence. Thread: the simulation's.
 */
uint64_t vk_random(void);

/**
 * vk_listener():
 * Return a listening descriptor for accept4(). Thread: the simulation's.
 */
int vk_listener(void);

/**
 * vk_connect(listener, window):
 * Connect to it; the client takes at most `window` bytes before it reads. The
 * connection goes back with vk_sock_free(). Thread: the simulation's.
 */
struct vk_sock *vk_connect(int listener, size_t window);

/**
 * vk_accepted(sock):
 * Return the server's descriptor of a connection that is taken from its
 * listener's queue by nobody else, blocking. Thread: the simulation's.
 */
int vk_accepted(struct vk_sock *sock);

/**
 * vk_send(sock, bytes, length):
 * Send as a client; return how much fits. Thread: the simulation's.
 */
size_t vk_send(struct vk_sock *sock, const char *bytes, size_t length);

/**
 * vk_finish(sock):
 * The client sends no more. Thread: the simulation's.
 */
void vk_finish(struct vk_sock *sock);

/**
 * vk_reset(sock):
 * The client breaks the connection. Thread: the simulation's.
 */
void vk_reset(struct vk_sock *sock);

/**
 * vk_replies(sock, length):
 * Return what has come for the client and was not taken, `*length` bytes.
 * Thread: the simulation's.
 */
const char *vk_replies(struct vk_sock *sock, size_t *length);

/**
 * vk_take(sock, length):
 * The client takes that much of it. Thread: the simulation's.
 */
void vk_take(struct vk_sock *sock, size_t length);

/**
 * vk_ended(sock, broken):
 * Return whether the server has ended the connection, and in `*broken`
 * whether by a reset, which nothing survives that was not taken before.
 * Thread: the simulation's.
 */
bool vk_ended(const struct vk_sock *sock, bool *broken);

/**
 * vk_sock_free(sock):
 * The client is done with it. Thread: the simulation's.
 */
void vk_sock_free(struct vk_sock *sock);

#endif /* VKERNEL_H */
