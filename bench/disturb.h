/**
 * disturb.h - clients that do not behave: which kinds, and how many of each.
 *
 * They are not measured. What is, is their effect on those who behave.
 */
#ifndef BENCH_DISTURB_H
#define BENCH_DISTURB_H

#include <stdint.h>

/** Kinds of clients. */
enum disturb_kind {
	DISTURB_SLOW_READ, /* asks without end, reads a little at a time */
	DISTURB_DRIBBLE,   /* sends a request byte by byte */
	DISTURB_HALF,      /* sends half of a request, then nothing */
	DISTURB_RESET,     /* resets the connection within a request */
	DISTURB_CHURN,     /* connects, asks once, closes */
	DISTURB_SILENT,    /* connects and sends nothing */
	DISTURB_KINDS
};

/** How many connections of each kind; all 0: none. */
struct disturb {
	uint32_t count[DISTURB_KINDS];
};

/**
 * disturb_parse(text, disturb):
 * Read "slow-read:50,dribble:10". Return 0, or -1 if it is something else.
 * Thread: any.
 */
int disturb_parse(const char *text, struct disturb *disturb);

/**
 * disturb_total(disturb):
 * Return how many connections there are in all. Thread: any.
 */
uint32_t disturb_total(const struct disturb *disturb);

/**
 * disturb_name(kind):
 * Return the name of a kind; a constant. Thread: any.
 */
const char *disturb_name(enum disturb_kind kind);

#endif /* BENCH_DISTURB_H */
