/**
 * options.h - the daemon's command line.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdio.h>

#include "throng.h"

/** What the command line says. */
struct options {
	const char *program; /* as complaints name it */
	throng_config config;
	const throng_handler *handler;
};

/** What main is to do next. */
enum options_result {
	OPTIONS_SERVE, /* go on with the options */
	OPTIONS_CHECK, /* say whether that would work */
	OPTIONS_DONE,  /* help or the version was printed: exit 0 */
	OPTIONS_WRONG  /* one line was printed: exit 2 */
};

/**
 * options_parse(argc, argv, handlers, options, out, err):
 * Read the command line of a daemon with these handlers (a list that ends
 * with NULL). Help and version go to `out`, the one line about what is wrong
 * to `err`. The options point into `argv` and `handlers`.
 * Thread: main, before others exist (getopt_long).
 */
enum options_result options_parse(int argc, char **argv,
    const throng_handler *const *handlers, struct options *options,
    FILE *out, FILE *err);

#endif /* OPTIONS_H */
