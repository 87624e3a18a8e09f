/**
 * ready.h - waiting for descriptors, to the nanosecond.
 */
#ifndef READY_H
#define READY_H

#include <sys/epoll.h>
#include <time.h>

/**
 * ready_wait(epoll, events, most, timeout):
 * The same as epoll_pwait2(), also where the kernel has none (before Linux
 * 5.11): `timeout` NULL is for ever. Return how many events there are, or -1
 * with errno set. Thread: any.
 */
int ready_wait(int epoll, struct epoll_event *events, int most,
    const struct timespec *timeout);

#endif /* READY_H */
