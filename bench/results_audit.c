/*
 * What audits a row of figures: laws that must hold, and what a percentile
 * hides.
 */
#include "results.h"

#include <math.h>
#include <stdio.h>

/* Jain's index if every request took a connection by chance. */
static double
even_by_chance(const struct results *r, uint32_t point,
    const struct results_cell *cell)
{
	double n = r->points[point].connections, each;

	if (cell->pooled == NULL || cell->blocks == 0 || n < 2 ||
	    cell->value[METRIC_JAIN].n == 0)
		return (NAN);
	each = (double)cell->pooled->replies / (double)cell->blocks;
	return (each / (each + n - 1));
}

/* The longest time that a connection had no reply, in ns, over the blocks
 * that the cell rests on. */
static double
longest_gap(const struct results *r, uint32_t point, uint32_t target)
{
	const struct results_cell *cell = results_cell(r, point, target);
	double longest = NAN;

	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];

		if (block->point != point || (block->void_ && !cell->voided))
			continue;
		for (size_t i = 0; i < block->trial_count; i++) {
			const struct results_trial *t = &block->trials[i];

			if (t->target == target && t->failed[0] == '\0' &&
			    t->fairness.jain > 0)
				longest = fmax(longest, t->gap);
		}
	}
	return (longest);
}

/* "2, 1": processes, the same in all trials of a cell; "" if not known. */
static void
processes(const struct results *r, uint32_t point, uint32_t target,
    char *text, size_t size)
{

	snprintf(text, size, "%s", "");
	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];

		for (size_t i = 0; i < block->trial_count; i++) {
			const struct results_trial *t = &block->trials[i];

			if (block->point == point && t->target == target &&
			    t->generators > 0)
				snprintf(text, size, "%u, %u",
				    (unsigned)t->generators,
				    (unsigned)t->servers);
		}
	}
}

/* By the medians over the blocks that the cell rests on. */
static int
is_late(const struct results_cell *cell)
{

	return (cell->blocks > 0 && cell->value[METRIC_LATE_P99].value >
	    cell->value[METRIC_P50].value);
}

const char *
results_audit(const struct results *r, uint32_t point, uint32_t target,
    enum results_audit audit, char *text, size_t size)
{
	const struct results_cell *cell = results_cell(r, point, target);
	static const char *const names[] = {
		[RESULTS_LITTLE] = "Little's law residual",
		[RESULTS_DRIFT] = "drift in a trial",
		[RESULTS_ADHERENCE] = "sent in time",
		[RESULTS_EVEN] = "Jain index by chance",
		[RESULTS_GAP] = "longest gap",
		[RESULTS_PROCESSES] = "generators, servers",
	};
	const double values[] = {
		[RESULTS_LITTLE] = cell->readings.little,
		[RESULTS_DRIFT] = cell->readings.drift,
		[RESULTS_ADHERENCE] = cell->readings.adherence,
		[RESULTS_EVEN] = even_by_chance(r, point, cell),
		[RESULTS_GAP] = longest_gap(r, point, target),
		[RESULTS_PROCESSES] = 0,
	};

	if (isnan(values[audit]) || cell->blocks == 0)
		snprintf(text, size, "%s", "");
	else if (audit == RESULTS_PROCESSES)
		processes(r, point, target, text, size);
	else if (audit == RESULTS_GAP)
		snprintf(text, size, "%.4g ms", values[audit] / 1e6);
	else if (audit == RESULTS_EVEN)
		snprintf(text, size, "%.4f", values[audit]);
	else if (audit == RESULTS_ADHERENCE)
		snprintf(text, size, "%.4g%%%s", 100 * values[audit],
		    is_late(cell) ? ", but late" : "");
	else
		snprintf(text, size, fabs(values[audit]) < 0.1 ? "%+.2g%%" :
		    "%+.0f%%", 100 * values[audit]);
	return (names[audit]);
}

const char *
results_unread(const struct results *r, char *text, size_t size)
{
	size_t at = 0;

	if (size > 0)
		text[0] = '\0';
	for (unsigned g = GATE_STEAL; g < GATES && at < size; g++) {
		size_t unread = 0, trials = 0;
		int n;

		for (size_t b = 0; b < r->block_count; b++) {
			for (size_t i = 0; i < r->blocks[b].trial_count; i++) {
				const struct results_trial *t =
				    &r->blocks[b].trials[i];

				if (t->failed[0] != '\0')
					continue;
				trials++;
				unread += (gates_unchecked(&r->limits,
				    &t->readings) & 1u << g) != 0;
			}
		}
		if (unread == 0)
			continue;
		n = snprintf(text + at, size - at, "%s%s in %zu of %zu%s",
		    at > 0 ? ", " : "", gates_name(g), unread, trials,
		    at > 0 ? "" : " trials");
		at += n > 0 ? (size_t)n : 0;
	}
	return (text);
}

const char *
results_late(const struct results *r, char *text, size_t size)
{
	size_t at = 0;

	if (size > 0)
		text[0] = '\0';
	for (uint32_t t = 0; r->cells != NULL && t < r->target_count &&
	    at < size; t++) {
		size_t late = 0, loads = 0;
		int n;

		for (uint32_t p = 0; p < r->point_count; p++) {
			loads += results_cell(r, p, t)->blocks > 0;
			late += is_late(results_cell(r, p, t)) != 0;
		}
		if (late == 0)
			continue;
		n = snprintf(text + at, size - at, "%s%s at %zu of %zu%s",
		    at > 0 ? ", " : "", r->targets[t].name, late, loads,
		    at > 0 ? "" : " loads");
		at += n > 0 ? (size_t)n : 0;
	}
	return (text);
}
