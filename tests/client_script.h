/**
 * client_script.h - a server for the client's tests whose every step the test
 * takes itself, each with a deadline. The functions assert, so they are for
 * the test's own thread.
 */
#ifndef CLIENT_SCRIPT_H
#define CLIENT_SCRIPT_H

#include <stddef.h>

/** Bytes of an address with its NUL. */
#define SCRIPT_ADDRESS 32

/**
 * script_listen(address):
 * Listen on a free port of 127.0.0.1 and write its address to `address`,
 * which has room for SCRIPT_ADDRESS bytes. Returns the descriptor.
 * Thread: the test's.
 */
int script_listen(char *address);

/**
 * script_accept(listener):
 * Wait for a connection and return its descriptor. Thread: the test's.
 */
int script_accept(int listener);

/**
 * script_hears(fd, text):
 * Wait for exactly these bytes. Thread: the test's.
 */
void script_hears(int fd, const char *text);

/**
 * script_says(fd, text):
 * Send these bytes. Thread: the test's.
 */
void script_says(int fd, const char *text);

/**
 * script_ends(fd):
 * Wait for the other side to close, then close, too. Thread: the test's.
 */
void script_ends(int fd);

#endif /* CLIENT_SCRIPT_H */
