/**
 * feed.h - the input that is no terminal: requests in, replies out.
 */
#ifndef CLIENT_FEED_H
#define CLIENT_FEED_H

#include "options.h"

/**
 * feed_run(options, in, out):
 * Connect, send the requests of descriptor `in` to every server, write the
 * replies to descriptor `out`, and say on standard error what went wrong.
 * Return the exit status. Thread: main.
 */
int feed_run(const struct options *options, int in, int out);

#endif /* CLIENT_FEED_H */
