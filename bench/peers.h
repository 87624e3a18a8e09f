/**
 * peers.h - servers of others, each a recipe in bench/peers/NAME.sh.
 *
 * A recipe is a shell script that knows three words:
 *
 *   check        exit 0 if all it needs is installed, and print its version;
 *                else print what is missing and exit 1
 *   about        print lines `frame F`, `crlf`, `request TEXT` where it does
 *                not speak the frame and echo that were asked for
 *   run HOST PORT FRAME HANDLER   become the server
 */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include <stddef.h>

#include "cmdline.h"

/**
 * peers_exists(name):
 * Return whether there is a recipe of that name. Thread: main.
 */
int peers_exists(const char *name);

/**
 * peers_add(options):
 * Add the peers that --peers names. Return 0, or -1 with one line on standard
 * error. Thread: main.
 */
int peers_add(struct cmdline *options);

/**
 * peers_resolve(options, target, why, size):
 * Turn a peer into a command with what it speaks, or say in one line why it
 * is left out. Thread: main.
 */
void peers_resolve(const struct cmdline *options, struct target_spec *target,
    char *why, size_t size);

#endif /* BENCH_PEERS_H */
