/**
 * listen.h - the sockets that connections arrive at.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "address.h"
#include "log.h"

/** One address; spread over several sockets if each reactor has its own. */
struct listener {
	int *fds;
	unsigned count;
	char text[ADDRESS_TEXT_MAX]; /* with the port it really has */
	char *path;                  /* of a local socket, to be unlinked */
	dev_t device;                /* of what was made there, */
	ino_t inode;                 /* to be told from another's */
};

/**
 * listener_open(listener, text, sockets, backlog, log):
 * Listen on the address in `text` with `sockets` sockets that share it (only
 * TCP can; a local address gets one). A local socket that nobody serves any
 * more is replaced. On failure write one line to `log`, return an error and
 * leave nothing behind; on success it goes back with listener_close().
 * Thread: any.
 */
throng_error listener_open(struct listener *listener, const char *text,
    unsigned sockets, unsigned backlog, const struct log *log);

/**
 * listener_close(listener):
 * Close the sockets; a local one is unlinked. Thread: any, when no reactor
 * accepts from it any more.
 */
void listener_close(struct listener *listener);

/**
 * listener_unlink(listener):
 * Remove the name of a local socket, unless another server has put its own
 * there meanwhile. Thread: any.
 */
void listener_unlink(const struct listener *listener);

#endif /* LISTEN_H */
