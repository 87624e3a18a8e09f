/**
 * targets.h - from what --target says to what is started: built-in ones,
 * peers, commands, addresses.
 */
#ifndef BENCH_TARGETS_H
#define BENCH_TARGETS_H

#include <stddef.h>

#include "cmdline.h"

/**
 * targets_read(text, options):
 * Append the target that `text` describes: NAME=COMMAND, NAME=ADDRESS,
 * NAME=@OTHER, the name of a built-in one or of a peer, an address, or a
 * command. Return 0, or -1 with one line on standard error. Thread: main.
 */
int targets_read(const char *text, struct cmdline *options);

/**
 * targets_complete(options, skipped, context):
 * Add the default targets where none was named, the A/A control and the
 * peers asked for, and turn every built-in one into a command. `skipped` is
 * told which were left out and why. Return 0, or -1 with one line on standard
 * error. Thread: main.
 */
int targets_complete(struct cmdline *options,
    void (*skipped)(void *context, const char *name, const char *why),
    void *context);

/**
 * targets_program(name, path, size):
 * Find a program beside this one, where it is installed, or in the PATH, and
 * store its path. Return 0, or -1 if it is nowhere. Thread: main.
 */
int targets_program(const char *name, char *path, size_t size);

#endif /* BENCH_TARGETS_H */
