/**
 * option_row.h - one option of the daemon, as its table has it.
 */
#ifndef OPTION_ROW_H
#define OPTION_ROW_H

#include <stddef.h>
#include <stdint.h>

/** How an option's argument is read. */
enum kind {
	KIND_HELP,
	KIND_VERSION,
	KIND_CHECK,
	KIND_LISTEN,
	KIND_HANDLER,
	KIND_CHOICE, /* one of a list of names, into an int */
	KIND_COUNT,  /* into an unsigned */
	KIND_SIZE,   /* into a size_t */
	KIND_MS      /* a time, into an unsigned of milliseconds */
};

/** How many options there are. */
#define OPTION_ROWS 33

/** What there is to know of it. */
struct option_row {
	const char *name;
	const char *argument; /* as help shows it; NULL: none */
	const char *help;
	const char *choices[6];
	enum kind kind;
	size_t offset; /* in throng_config */
	uint64_t min, max;
};

/**
 * option_row(index):
 * Return option `index`, in the order of --help, or NULL past the last one.
 * Thread: any.
 */
const struct option_row *option_row(size_t index);

#endif /* OPTION_ROW_H */
