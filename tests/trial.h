/**
 * trial.h - one server of libthrong within the test and a few clients of it,
 * for tests in which something is made to fail: what comes of it is a clean
 * error, a right reply or a closed connection.
 *
 * Thread for all functions: the test's own, since they assert.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include <pthread.h>

#include "throng.h"
#include "unit.h"

/** One server, how far it has come, and how its clients have fared. */
struct trial {
	throng_config config;
	throng_server *server;
	pthread_t thread;
	throng_error error;
	int news[2]; /* s: started, e: ended */
	/** Called when an answer takes long: what fails is to fail no more.
	 *  NULL: nothing does that for long. */
	void (*relent)(void);
	/** The name of the local socket may be there at the end. */
	bool may_leave_socket;
	unsigned good, refused, closed;
};

/** A long answer: it does not fit into a socket's buffer. Bytes. */
#define TRIAL_BIG 600000

/** Connections at a time. */
#define TRIAL_FULL 4

/**
 * trial_config(trial, mode):
 * Prepare a trial with a TCP and a local listener, a log to nowhere
 * and room for TRIAL_FULL connections. A server that was killed has left the
 * name of its local socket.
 * Thread: the test's own.
 */
void trial_config(struct trial *trial, throng_mode mode);

/**
 * trial_create(trial):
 * Create the server. Return whether that succeeded; if not, it is as it was.
 * Thread: the test's own.
 */
bool trial_create(struct trial *trial);

/**
 * trial_start(trial):
 * Run it in a thread. Return whether it serves; if not, throng_run() has
 * failed. Thread: the test's own.
 */
bool trial_start(struct trial *trial);

/**
 * trial_stop(trial):
 * Stop a server that serves; it must end well. Thread: the test's own.
 */
void trial_stop(struct trial *trial);

/**
 * trial_end(trial):
 * Wait for the thread, if there is one, and free all; check that descriptors
 * and states are as before trial_config(). Thread: the test's own.
 */
void trial_end(struct trial *trial);

/**
 * trial_dial(trial, index):
 * Connect to a listener: 0 TCP, 1 local. Return the descriptor.
 * Thread: the test's own.
 */
int trial_dial(struct trial *trial, unsigned index);

/**
 * trial_ask(trial, fd, question, x, length):
 * Ask, and take what comes: `length` bytes `x` and a newline, a refusal, or
 * the end, which is counted in the trial; a smaller digit where '2' is wanted
 * will do. Anything else fails the test. Thread: the test's own.
 */
void trial_ask(struct trial *trial, int fd, const char *question, char x,
    size_t length);

/**
 * trial_last(trial, fd):
 * Ask for the end of the connection, with a request behind that, and take
 * what comes as trial_ask() does. Thread: the test's own.
 */
void trial_last(struct trial *trial, int fd);

/**
 * trial_full(trial):
 * Check that TRIAL_FULL clients at a time are served, which is to be the
 * most that there may be: no place has been lost. Thread: the test's own.
 */
void trial_full(struct trial *trial);

/**
 * trial_press(trial):
 * With every place taken, but by one who has said nothing yet, have new
 * clients come, each in the place of the one before. With two reactors most
 * of them are passed from one to the other. Thread: the test's own.
 */
void trial_press(struct trial *trial);

#endif /* TRIAL_H */
