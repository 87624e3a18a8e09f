/*
 * Remarks rest on the counts of the trials, void ones too: a void one is
 * where the reader asks why.
 */
#include "remarks.h"

#include <inttypes.h>
#include <math.h>

/** The counts of one target at one load, over all its trials. */
struct counts {
	uint64_t planned;
	uint64_t unsent;
	uint64_t fewest; /* replies in time, of the trial with the fewest */
	size_t trials;
};

static struct counts
counts_of(const struct results *r, uint32_t point, uint32_t target)
{
	struct counts c = { 0, 0, UINT64_MAX, 0 };

	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];

		for (size_t t = 0; t < block->trial_count; t++) {
			const struct record *record = block->trials[t].record;

			if (block->point != point || record == NULL ||
			    block->trials[t].target != target)
				continue;
			c.planned += record->planned;
			c.unsent += record->errors[RECORD_UNSENT];
			if (record->in_time < c.fewest)
				c.fewest = record->in_time;
			c.trials++;
		}
	}
	return (c);
}

static int
remark(struct results *r, uint32_t point, uint32_t target)
{
	const struct results_point *p = &r->points[point];
	const struct counts c = counts_of(r, point, target);
	const char *name = r->targets[target].name;
	char model[RESULTS_TEXT];

	if (c.trials == 0)
		return (0);
	results_model(r, point, model, sizeof(model));
	if (c.unsent > 0 && results_note(r, "%s, %s: more than the client "
	    "can offer: %" PRIu64 " of %" PRIu64 " requests were never sent",
	    name, model, c.unsent, c.planned))
		return (-1);
	if (isnan(p->rate) && c.fewest < p->connections)
		return (results_note(r, "%s, %s: only %" PRIu64 " replies "
		    "within the measured time, fewer than connections: "
		    "measure for longer (--duration)", name, model,
		    c.fewest));
	return (0);
}

int
remarks_add(struct results *r)
{

	for (uint32_t p = 0; p < r->point_count; p++)
		for (uint32_t t = 0; t < r->target_count; t++)
			if (remark(r, p, t))
				return (-1);
	return (0);
}
