/**
 * sim_handler.h - the handler of simulations: it does as the first byte of a
 * request says.
 *
 *   f  fail            e  answer `!error invalid no`
 *   n  no reply        b  answer many bytes 'x'
 *   c  echo and close  s  answer how many requests there were
 *
 * All else is echoed.
 */
#ifndef SIM_HANDLER_H
#define SIM_HANDLER_H

#include <stdint.h>

#include "throng.h"

/** The most that 'b' answers. Bytes. */
#define SIM_BIG_MAX 40000

/** As above; the same with state; and one that echoes all. */
extern const throng_handler sim_handler;
extern const throng_handler sim_handler_state;
extern const throng_handler sim_handler_echo;

/** Calls of any of them, and states that are open. */
extern uint64_t sim_handler_calls;
extern int sim_handler_states;

/**
 * sim_handler_big(input, length):
 * Return how many bytes 'b' answers. Thread: any.
 */
size_t sim_handler_big(const char *input, size_t length);

#endif /* SIM_HANDLER_H */
