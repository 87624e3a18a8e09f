/**
 * check.h - whether a server with these options would work here, without
 * being one.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

#include "machine.h"
#include "options.h"

/**
 * check_options(options, out):
 * Print what the options come to, and for each limit of the machine whether
 * it holds what was asked. Host names are resolved, but nothing is bound, so
 * that it can be asked beside a server that runs. Return the exit status: 0
 * all holds, 1 something does not, 2 a setting or an address is wrong, of
 * which one line is on standard error. Thread: main.
 */
int check_options(const struct options *options, FILE *out);

/**
 * check_limits(config, connections, limits, out):
 * Print a line for each limit, for a server of so many connections. Return
 * how many do not hold. Thread: any.
 */
unsigned check_limits(const throng_config *config, uint64_t connections,
    const struct machine *limits, FILE *out);

#endif /* CHECK_H */
