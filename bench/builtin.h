/**
 * builtin.h - the targets that need no command line of the user's.
 */
#ifndef BENCH_BUILTIN_H
#define BENCH_BUILTIN_H

#include <stddef.h>

#include "cmdline.h"

/**
 * builtin_find(name):
 * Return the index of the built-in target of that name, or -1.
 * Thread: any.
 */
int builtin_find(const char *name);

/**
 * builtin_build(options, index, target, why, size):
 * Store the command of a built-in target. Return 0, or -1 with one line of
 * why not: its program is not there, or does not have what it takes.
 * Thread: main.
 */
int builtin_build(const struct cmdline *options, int index,
    struct target_spec *target, char *why, size_t size);

/**
 * builtin_offers(help, option, word):
 * Return whether the text of a --help has that option and, on its line, that
 * word among those separated by bars; NULL: any. Thread: any.
 */
int builtin_offers(const char *help, const char *option, const char *word);

#endif /* BENCH_BUILTIN_H */
