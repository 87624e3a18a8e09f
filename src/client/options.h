/**
 * options.h - the client's command line.
 */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lines.h"
#include "throng.h"

/** Most servers at a time. */
#define OPTIONS_SERVERS_MAX 64

/** Most connections to a server. */
#define OPTIONS_CONNECTIONS_MAX 256

/** Most requests in flight on a connection. */
#define OPTIONS_WINDOW_MAX 4096

/** What the user wants. Every value has been checked. */
struct options {
	throng_framing framing;
	enum lines_split split;
	unsigned connections;     /* per server */
	unsigned window;          /* requests in flight per connection */
	unsigned retries;         /* connection attempts after the first */
	uint64_t connect_timeout; /* nanoseconds */
	uint64_t timeout;         /* nanoseconds without an owed reply */
	size_t max_frame;         /* bytes of a reply */
	char **addresses;         /* within argv */
	unsigned servers;         /* how many addresses */
};

/** What a command line asks for. */
enum options_action {
	OPTIONS_RUN,
	OPTIONS_HELP,
	OPTIONS_VERSION,
	OPTIONS_WRONG
};

/**
 * options_parse(argc, argv, options, why, size):
 * Read a command line into `options`; `argv` is reordered and must stay.
 * Host names are not resolved. At OPTIONS_WRONG one line about the first
 * mistake is in `why`, cut to `size` bytes. Thread: main.
 */
enum options_action options_parse(int argc, char **argv,
    struct options *options, char *why, size_t size);

/**
 * options_help(out):
 * Write the text of --help. Thread: any.
 */
void options_help(FILE *out);

#endif /* CLIENT_OPTIONS_H */
