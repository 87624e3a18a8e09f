/**
 * vkernel_inside.h - what the parts of vkernel share, and nobody else.
 *
 * Thread for all functions: the simulation's.
 */
#ifndef VKERNEL_INSIDE_H
#define VKERNEL_INSIDE_H

#include <sys/epoll.h>

#include "bytes.h"
#include "vkernel.h"

/** Descriptors there are, and bytes a socket holds for the server. */
#define FDS_MAX 512
#define INBOUND_MAX (256u << 10)
#define PIPE_MAX 4
#define QUEUE_MAX 256

enum kind { KIND_FREE, KIND_SOCK, KIND_LISTENER, KIND_READ, KIND_WRITE,
	KIND_EPOLL };

/** A run of bytes that is taken from the front. */
struct queue {
	struct bytes bytes;
	size_t at;
};

struct vk_sock {
	struct queue in;  /* to the server */
	struct queue out; /* to the client */
	size_t window;
	bool fin;         /* the client sends no more */
	bool broken;      /* reset by either side */
	bool shut;        /* the server sends no more */
	bool closed;      /* the server has closed it */
	bool freed;       /* the client has */
	uint16_t port;
};

struct file {
	enum kind kind;
	struct vk_sock *sock;
	unsigned pipe;   /* of the pair's shared bytes, its number */
	bool blocking;
	uint64_t patience; /* nanoseconds that a blocking call waits; 0: ever */
	/* in the epoll */
	bool watched;
	struct epoll_event event;
};

struct vk_state {
	struct file files[FDS_MAX];
	unsigned in_pipe[FDS_MAX];
	struct vk_sock *waiting[QUEUE_MAX]; /* for accept4 */
	unsigned waiting_count;
	uint64_t now;
	uint64_t random;
	unsigned trouble;
	bool (*idle)(uint64_t);
	bool refusing; /* the listener is shut down */
	bool inside; /* others go on: not again within that */
	uint64_t calls;
	uint16_t ports;
};

extern struct vk_state vki;

/** vki_enter(): a call begins: time passes, others go on. * Thread: any. */
void vki_enter(void);

/** vki_trouble(): whether this call is to meet some. * Thread: any. */
bool vki_trouble(void);

/** vki_mine(fd): whether a descriptor is of this kernel. * Thread: any. */
bool vki_mine(int fd);

/** vki_file(fd): the file behind it. * Thread: any. */
struct file *vki_file(int fd);

/** vki_file_new(kind): the lowest free descriptor, or -1. * Thread: any. */
int vki_file_new(enum kind kind);

/** vki_length(queue): bytes in a queue. * Thread: any. */
size_t vki_length(const struct queue *queue);

/** vki_put(queue, bytes, length): append. * Thread: any. */
void vki_put(struct queue *queue, const void *bytes, size_t length);

/** vki_drop(queue, length): take from the front. * Thread: any. */
void vki_drop(struct queue *queue, size_t length);

/** vki_break(sock): reset it: nothing in it survives. * Thread: any. */
void vki_break(struct vk_sock *sock);

/** vki_release(sock): free it once both sides are done. * Thread: any. */
void vki_release(struct vk_sock *sock);

/** vki_refuse(): refuse who waits or comes later. * Thread: any. */
void vki_refuse(void);

/** vki_block(until): wait; false: in vain. * Thread: any. */
bool vki_block(uint64_t until);

/** vki_patience(file): until when a blocking call waits. * Thread: any. */
uint64_t vki_patience(const struct file *file);

/** vki_readable(file): whether reading would not wait. * Thread: any. */
bool vki_readable(const struct file *file);

/** vki_writable(file): whether writing would not wait. * Thread: any. */
bool vki_writable(const struct file *file);

#endif /* VKERNEL_INSIDE_H */
