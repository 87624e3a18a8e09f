/**
 * prompt.h - the conversation on a terminal.
 */
#ifndef CLIENT_PROMPT_H
#define CLIENT_PROMPT_H

#include "options.h"

/**
 * prompt_run(options, program):
 * Connect, then prompt for lines on standard input and output, which must be
 * a terminal, send each to every server and show replies as they come, until
 * `quit`, the end of file, or until no server is left. `program` names this
 * one in ~/.editrc. Return the exit status. Thread: main.
 */
int prompt_run(const struct options *options, const char *program);

#endif /* CLIENT_PROMPT_H */
