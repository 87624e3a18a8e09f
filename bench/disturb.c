#include "disturb.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"

/* All kinds together; they share the descriptors of one process. */
#define TOTAL_MAX 10000

static const char *const names[DISTURB_KINDS] = {
	[DISTURB_SLOW_READ] = "slow-read",
	[DISTURB_DRIBBLE] = "dribble",
	[DISTURB_HALF] = "half",
	[DISTURB_RESET] = "reset",
	[DISTURB_CHURN] = "churn",
	[DISTURB_SILENT] = "silent",
};

const char *
disturb_name(enum disturb_kind kind)
{

	return ((size_t)kind < DISTURB_KINDS ? names[kind] : "?");
}

uint32_t
disturb_total(const struct disturb *d)
{
	uint32_t total = 0;

	for (unsigned k = 0; k < DISTURB_KINDS; k++)
		total += d->count[k];
	return (total);
}

/* One "name:count" of the list. */
static int
parse_one(const char *text, size_t length, struct disturb *d)
{
	char number[16];
	uint64_t n;

	for (unsigned k = 0; k < DISTURB_KINDS; k++) {
		const size_t name = strlen(names[k]);

		if (length <= name + 1 || length - name > sizeof(number) ||
		    memcmp(text, names[k], name) != 0 || text[name] != ':')
			continue;
		memcpy(number, text + name + 1, length - name - 1);
		number[length - name - 1] = '\0';
		if (parse_number(number, 1, TOTAL_MAX, &n))
			return (-1);
		d->count[k] += (uint32_t)n;
		return (0);
	}
	return (-1);
}

int
disturb_parse(const char *text, struct disturb *d)
{
	struct disturb copy = { { 0 } };

	for (;;) {
		size_t length = strcspn(text, ",");

		if (parse_one(text, length, &copy) ||
		    disturb_total(&copy) > TOTAL_MAX)
			return (-1);
		if (text[length] == '\0')
			break;
		text += length + 1;
	}
	*d = copy;
	return (0);
}
