#include "config.h"

#include "live.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

void
live_start(struct live *live, int quiet)
{
	struct winsize size;

	memset(live, 0, sizeof(*live));
	live->out = stderr;
	live->on = !quiet && isatty(STDERR_FILENO);
	live->ratio = "";
	live->target = "";
	live->width = 80;
	if (live->on && ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > 20)
		live->width = size.ws_col;
	live->begun = clock_now();
}

/* What the generators measure just now. */
static size_t
describe(const struct gen *gen, uint64_t t, char *text, size_t size)
{
	struct hist *h;
	uint64_t replies, begin;
	int n = 0;

	if (gen == NULL || (h = calloc(1, sizeof(*h))) == NULL)
		return (0);
	gen_peek(gen, &replies, &begin, h);
	if (h->count > h->infinite && t > begin)
		n = snprintf(text, size, " %.0f/s p50 %.0f p99 %.0f us",
		    (double)replies / ((double)(t - begin) / 1e9),
		    (double)hist_quantile(h, 0.5) / 1e3,
		    (double)hist_quantile(h, 0.99) / 1e3);
	free(h);
	return (n < 0 ? 0 : (size_t)n);
}

/* How far it is, and how long it takes: a search does not know. */
static size_t
where(const struct live *live, uint64_t t, char *text, size_t size)
{
	int n;

	if (live->blocks == 0)
		n = snprintf(text, size, "trial %u", live->block);
	else if (live->done > 0.02)
		n = snprintf(text, size, "block %u/%u, %.0f s left",
		    live->block, live->blocks, (double)(t - live->begun) /
		    1e9 * (1 / live->done - 1));
	else
		n = snprintf(text, size, "block %u/%u", live->block,
		    live->blocks);
	return ((size_t)n);
}

void
live_draw(struct live *live, const struct gen *gen)
{
	uint64_t t = clock_now();
	char text[512];
	uint64_t cpu;
	size_t n;

	if (!live->on || t - live->last < CLOCK_S)
		return;
	cpu = clock_of(CLOCK_THREAD_CPUTIME_ID);
	/* What matters most comes first: a narrow terminal cuts the rest. */
	n = where(live, t, text, sizeof(text));
	n += (size_t)snprintf(text + n, sizeof(text) - n, "  %s",
	    live->target);
	n += describe(gen, t, text + n, sizeof(text) - n);
	snprintf(text + n, sizeof(text) - n, "  %s", live->ratio);
	if (strlen(text) > live->width - 1)
		text[live->width - 1] = '\0';
	fprintf(live->out, "\r\033[K%s", text);
	fflush(live->out);
	live->last = t;
	live->draws++;
	live->spent += clock_of(CLOCK_THREAD_CPUTIME_ID) - cpu;
}

void
live_clear(struct live *live)
{

	if (live->on) {
		fputs("\r\033[K", live->out);
		fflush(live->out);
	}
}
