/**
 * handlers.h - the handlers that throngd brings along.
 *
 * Each is one file which uses nothing but the public header, so that it
 * doubles as an example of how to write one; work.c alone also borrows
 * parse.h, for times and sizes. None has state, so each may run in any
 * number of threads at a time.
 *
 * By name, shortest first: greet.c, echo.c, reverse.c, hello.c, work.c.
 */
#ifndef HANDLERS_H
#define HANDLERS_H

#include "throng.h"

/**
 * handler_hello:
 * Answer `Hello ` and the input in upper case, without the white space at
 * its end; white space is what Python's str.rstrip() takes for it. Upper
 * case is one character for one character, so that a sharp s stays. Input
 * that is not UTF-8 is answered `!error invalid ...` and the connection
 * kept. A result with `--QUIT--` in it closes the connection without a
 * reply. Input of 5,120 bytes or more is answered too, with a warning in
 * the log; with raw framing no request is longer than that.
 */
extern const throng_handler handler_hello;

/**
 * handler_echo:
 * Answer the input's bytes; with raw framing 1,024 at most at a time.
 */
extern const throng_handler handler_echo;

/**
 * handler_reverse:
 * Answer the input's bytes, the last one first, whatever characters they
 * make; with raw framing 1,024 at most at a time.
 */
extern const throng_handler handler_reverse;

/**
 * handler_greet:
 * Answer `Hello from the server` to whatever comes first, and close.
 */
extern const throng_handler handler_greet;

/**
 * handler_work:
 * Do what the request says, for benches: steps with single spaces between
 * them, done in their order.
 *
 *     spin TIME   burn that much CPU time of the thread (120us, 5ms, 1s)
 *     wait TIME   sleep for that long
 *     reply SIZE  append that many bytes, each an `x` (4096, 64K, 1M)
 *
 * Without a reply step the answer is `ok`. The whole request is checked
 * before its first step is done; a wrong one is answered `!error invalid`
 * and what is wrong with which step. All times together are at most 60
 * seconds, all replies together at most 64 MiB; a reply above the server's
 * max_reply fails.
 */
extern const throng_handler handler_work;

#endif /* HANDLERS_H */
