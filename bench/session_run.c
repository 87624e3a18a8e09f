/*
 * Blocks in their order, and those that take the place of void ones.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "session.h"

/* The ratio that the live line shows: CPU of the second to the first. */
static void
show_ratio(struct session *s, uint32_t point)
{
	static char text[256];
	const struct results_ratio *ratio;

	if (!s->live.on || s->options->target_count < 2 ||
	    results_close(s->results))
		return;
	ratio = results_find(s->results, point, 1, METRIC_CPU);
	if (ratio == NULL || ratio->valid.n == 0)
		return;
	snprintf(text, sizeof(text), "cpu %s/%s %.2f [%.2f,%.2f]",
	    s->options->targets[1].name, s->options->targets[0].name,
	    ratio->valid.value, ratio->valid.low, ratio->valid.high);
	s->live.ratio = text;
}

/* What is ahead: a trial also starts, connects and stops its target. */
static void
announce(const struct session *s, size_t points)
{
	const struct cmdline *o = s->options;
	double trial = (double)(o->warm + o->trial) / 1e9 + 0.15;
	double all = 0;

	for (size_t p = 0; p < points; p++) {
		const struct results_point *point = &s->results->points[p];

		all += trial + (point->connections + point->idle) / 12000.0;
	}
	all *= (double)o->blocks * o->target_count;
	fprintf(stderr, "%llu blocks x %u targets x %zu loads: about %.0f "
	    "s\n", (unsigned long long)o->blocks, o->target_count, points,
	    all);
}

/* How many blocks of a point are valid. */
static unsigned
valid_blocks(const struct results *r, uint32_t point)
{
	unsigned n = 0;

	for (size_t b = 0; b < r->block_count; b++)
		n += r->blocks[b].point == point && !r->blocks[b].void_;
	return (n);
}

/* More blocks in the place of void ones, half as many again at most; none
 * where the machine let no block be valid. What a block is void for has
 * nothing to do with which target looks better. */
static int
replace_void(struct session *s)
{
	const unsigned blocks = (unsigned)s->options->blocks;

	for (uint32_t p = 0; p < s->results->point_count; p++) {
		for (unsigned more = 0; more < blocks / 2; more++) {
			unsigned valid;

			if (results_close(s->results))
				return (-1);
			valid = valid_blocks(s->results, p);
			if (valid == 0 || valid >= blocks)
				break;
			s->live.block++;
			s->live.blocks++;
			if (session_block(s, p))
				return (-1);
		}
	}
	return (0);
}

int
session_run(struct session *s)
{
	const size_t points = s->results->point_count;
	const unsigned blocks = (unsigned)s->options->blocks;

	s->blocks_begun = s->live.begun = clock_now();
	s->live.blocks = blocks * (unsigned)points;
	if (s->live.on)
		announce(s, points);
	for (unsigned b = 0; b < blocks; b++) {
		for (uint32_t p = 0; p < points; p++) {
			s->live.block = b * (unsigned)points + p + 1;
			if (session_block(s, p))
				goto interrupted;
			s->live.done = (double)s->live.block /
			    s->live.blocks;
			show_ratio(s, p);
		}
	}
	if (replace_void(s))
		goto interrupted;
	live_clear(&s->live);
	return (0);
interrupted:
	live_clear(&s->live);
	s->results->partial = 1;
	return (-1);
}
