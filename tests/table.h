/**
 * table.h - one case, every model: the end-to-end tests are rows that run in
 * pool mode, in thread mode, with several reactors and, unless their handler
 * is `work`, which may wait, in inline mode, over every framing that they
 * name, and must put the same bytes on the wire in all of them.
 *
 * CASE=text in the environment runs only the rows whose name, with "/" and
 * the framing behind it, contains the text.
 *
 * Thread: main, all of them.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "caller.h"
#include "daemon.h"
#include "throng.h"

/** Framings as bits, and often used sets of them. */
#define TABLE_LINE (1u << THRONG_FRAME_LINE)
#define TABLE_RAW (1u << THRONG_FRAME_RAW)
#define TABLE_LEN32 (1u << THRONG_FRAME_LEN32)
#define TABLE_LEN16 (1u << THRONG_FRAME_LEN16)
#define TABLE_NETSTRING (1u << THRONG_FRAME_NETSTRING)
#define TABLE_COUNTED (TABLE_LEN32 | TABLE_LEN16 | TABLE_NETSTRING)
#define TABLE_FRAMED (TABLE_LINE | TABLE_COUNTED)
#define TABLE_ALL (TABLE_FRAMED | TABLE_RAW)

struct run;

/** One row. */
struct table_case {
	const char *name;
	unsigned framings;        /* TABLE_ bits */
	const char *handler;      /* for --handler */
	const char *arguments[8]; /* more of them, ended by NULL */
	void (*body)(struct run *run);
};

/** One row on its way: what the body may look at. */
struct run {
	const struct table_case *row;
	throng_framing framing;
	const char *model;      /* "pool", "thread", ... */
	struct daemon *daemon;
	const char *address;
	int status;             /* of the daemon, after table_end() */
};

/** Fail, saying which row and model and why. */
#define must(call) \
	do { \
		if ((call) != 0) \
			table_fail(run, #call, __FILE__, __LINE__); \
	} while (0)

/**
 * table_fail(run, call, file, line):
 * Fail the row with the reason of support_why(). Does not return.
 * Thread: main.
 */
void table_fail(const struct run *run, const char *call, const char *file,
    int line);

/**
 * table_open(run):
 * Connect to the daemon; fails the row if it cannot. Goes back with
 * table_close(), or with caller_close() or caller_reset() if what it received
 * may differ from run to run. Thread: main.
 */
struct caller *table_open(struct run *run);

/**
 * table_close(run, caller):
 * Close a connection; what it received must be the same in all models, the
 * connections being compared in the order of their closing. Thread: main.
 */
void table_close(struct run *run, struct caller *caller);

/**
 * table_end(run):
 * End the daemon with SIGTERM; it must exit with 0. Done after the body if
 * the body has not done it. Thread: main.
 */
void table_end(struct run *run);

/**
 * table_count(run, key):
 * Return a number of the daemon's last line; fails the row without it. After
 * table_end() only. Thread: main.
 */
uint64_t table_count(struct run *run, const char *key);

/**
 * table_expect_count(run, key, want):
 * Fail the row unless the daemon counted just so many. After table_end()
 * only. Thread: main.
 */
void table_expect_count(struct run *run, const char *key, uint64_t want);

/**
 * table_main(name, rows, count):
 * Run all rows; returns the exit status of the test program. Thread: main.
 */
int table_main(const char *name, const struct table_case *rows,
    size_t count);

#endif /* TABLE_H */
