/*
 * Building up results: appending, and freeing it all.
 */
#include "results.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Append one zeroed item of `size` bytes to the array at `*items` and return
 * it. The room doubles at powers of two, so it need not be stored.
 */
static void *
append(void *items, size_t *count, size_t size)
{
	void *array;
	char *grown;

	memcpy(&array, items, sizeof(array));
	if ((*count & (*count - (*count > 0))) == 0) {
		size_t room = *count > 0 ? 2 * *count : 1;

		grown = realloc(array, room * size);
		if (grown == NULL)
			return (NULL);
		array = grown;
		memcpy(items, &array, sizeof(array));
	}
	grown = (char *)array + *count * size;
	memset(grown, 0, size);
	++*count;
	return (grown);
}

static void
copy(char *to, size_t size, const char *from)
{

	snprintf(to, size, "%s", from);
}

struct results *
results_new(void)
{
	struct results *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return (NULL);
	r->confidence = 0.95;
	gates_defaults(&r->limits);
	r->client_floor_us = r->client_top_rate = NAN;
	r->floor_p50_us = r->floor_p99_us = NAN;
	r->load.arrival = PLAN_CLOSED;
	r->load.connections = 1;
	copy(r->framing, sizeof(r->framing), "line");
	return (r);
}

static void
free_cells(struct results *r)
{

	for (size_t i = 0; r->cells != NULL &&
	    i < r->point_count * r->target_count; i++)
		free(r->cells[i].pooled);
	free(r->cells);
}

void
results_free(struct results *r)
{

	if (r == NULL)
		return;
	free_cells(r);
	for (size_t i = 0; i < r->argument_count; i++)
		free(r->arguments[i]);
	for (size_t i = 0; i < r->block_count; i++) {
		for (size_t j = 0; j < r->blocks[i].trial_count; j++)
			free(r->blocks[i].trials[j].record);
		free(r->blocks[i].trials);
	}
	free(r->arguments);
	free(r->facts);
	free(r->notes);
	free(r->targets);
	free(r->points);
	free(r->blocks);
	free(r->memory);
	for (size_t i = 0; i < r->search_count; i++)
		free(r->searches[i].attempts);
	free(r->searches);
	free(r->theories);
	free(r->ratios);
	free(r->slopes);
	free(r);
}

int
results_argument(struct results *r, const char *text)
{
	char *word = strdup(text), **place;

	if (word == NULL)
		return (-1);
	place = append(&r->arguments, &r->argument_count, sizeof(*place));
	if (place == NULL) {
		free(word);
		return (-1);
	}
	*place = word;
	return (0);
}

int
results_fact(struct results *r, const char *group, const char *name,
    const char *format, ...)
{
	struct results_fact *fact;
	va_list ap;

	fact = append(&r->facts, &r->fact_count, sizeof(*fact));
	if (fact == NULL)
		return (-1);
	copy(fact->group, sizeof(fact->group), group);
	copy(fact->name, sizeof(fact->name), name);
	va_start(ap, format);
	vsnprintf(fact->value, sizeof(fact->value), format, ap);
	va_end(ap);
	return (0);
}

int
results_note(struct results *r, const char *format, ...)
{
	struct results_note *note;
	va_list ap;

	note = append(&r->notes, &r->note_count, sizeof(*note));
	if (note == NULL)
		return (-1);
	va_start(ap, format);
	vsnprintf(note->text, sizeof(note->text), format, ap);
	va_end(ap);
	return (0);
}

/* Cells and slopes are laid out by these counts: forget them first. */
static void
forget(struct results *r)
{

	free_cells(r);
	free(r->slopes);
	r->cells = NULL;
	r->slopes = NULL;
}

struct results_target *
results_target(struct results *r, const char *name, const char *command)
{
	struct results_target *target;

	forget(r);
	target = append(&r->targets, &r->target_count, sizeof(*target));
	if (target == NULL)
		return (NULL);
	copy(target->name, sizeof(target->name), name);
	copy(target->command, sizeof(target->command), command);
	target->same_as = RESULTS_NONE;
	return (target);
}

struct results_point *
results_point(struct results *r)
{
	struct results_point *point;

	forget(r);
	point = append(&r->points, &r->point_count, sizeof(*point));
	if (point == NULL)
		return (NULL);
	point->rate = point->load = NAN;
	point->connections = point->depth = 1;
	return (point);
}

struct results_block *
results_block(struct results *r, uint32_t point)
{
	struct results_block *block;

	block = append(&r->blocks, &r->block_count, sizeof(*block));
	if (block != NULL)
		block->point = point;
	return (block);
}

struct results_trial *
results_trial(struct results_block *block, uint32_t target)
{
	struct results_trial *trial;

	trial = append(&block->trials, &block->trial_count, sizeof(*trial));
	if (trial == NULL)
		return (NULL);
	trial->target = target;
	trial->position = (uint32_t)(block->trial_count - 1);
	trial->gap = trial->connect = NAN;
	for (unsigned i = 0; i < STATS_SPREAD; i++)
		trial->spread[i] = NAN;
	gates_unread(&trial->readings);
	for (unsigned m = 0; m < METRICS; m++)
		trial->value[m] = NAN;
	return (trial);
}

struct results_memory *
results_memory(struct results *r, uint32_t target, uint32_t connections)
{
	struct results_memory *memory;

	memory = append(&r->memory, &r->memory_count, sizeof(*memory));
	if (memory == NULL)
		return (NULL);
	memory->target = target;
	memory->connections = connections;
	memory->user = memory->kernel = NAN;
	return (memory);
}

struct results_search *
results_search(struct results *r, uint32_t target, uint32_t point,
    const char *objective)
{
	struct results_search *search;

	search = append(&r->searches, &r->search_count, sizeof(*search));
	if (search == NULL)
		return (NULL);
	search->target = target;
	search->point = point;
	search->measured = NAN;
	copy(search->objective, sizeof(search->objective), objective);
	return (search);
}

struct results_attempt *
results_attempt(struct results_search *search)
{
	struct results_attempt *attempt;

	attempt = append(&search->attempts, &search->attempt_count,
	    sizeof(*attempt));
	if (attempt != NULL)
		attempt->rate = attempt->measured = attempt->cpu = NAN;
	return (attempt);
}

struct results_theory *
results_theory(struct results *r, const char *name)
{
	struct results_theory *theory;

	theory = append(&r->theories, &r->theory_count, sizeof(*theory));
	if (theory != NULL)
		copy(theory->name, sizeof(theory->name), name);
	return (theory);
}

const struct results_cell *
results_cell(const struct results *r, uint32_t point, uint32_t target)
{

	if (r->cells == NULL || point >= r->point_count ||
	    target >= r->target_count)
		return (NULL);
	return (&r->cells[point * r->target_count + target]);
}

const char *
results_failure(const struct results *r, uint32_t point, uint32_t target)
{
	const struct results_cell *cell = results_cell(r, point, target);
	const char *name = r->targets[target].name;
	size_t n = strlen(name);

	if (cell == NULL || cell->failed[0] == '\0')
		return (NULL);
	if (strncmp(cell->failed, name, n) == 0 &&
	    strncmp(cell->failed + n, ": ", 2) == 0)
		return (cell->failed + n + 2);
	return (cell->failed);
}

const struct results_ratio *
results_find(const struct results *r, uint32_t point, uint32_t target,
    enum metric metric)
{

	for (size_t i = 0; i < r->ratio_count; i++) {
		const struct results_ratio *ratio = &r->ratios[i];

		if (ratio->point == point && ratio->target == target &&
		    ratio->metric == metric)
			return (ratio);
	}
	return (NULL);
}

const struct stats_interval *
results_shown(const struct results_ratio *ratio)
{

	return (ratio->valid.n > 0 ? &ratio->valid : &ratio->all);
}

uint32_t
results_control(const struct results *r)
{

	for (uint32_t t = 0; t < r->target_count; t++) {
		if (r->targets[t].same_as != RESULTS_NONE)
			return (t);
	}
	return (RESULTS_NONE);
}

int
results_ran(const struct results *r, uint32_t point)
{

	for (size_t b = 0; b < r->block_count; b++)
		if (r->blocks[b].point == point)
			return (1);
	return (0);
}

size_t
results_voided(const struct results *r)
{
	size_t n = 0;

	for (size_t b = 0; b < r->block_count; b++)
		n += r->blocks[b].void_ != 0;
	return (n);
}

void
results_order(const struct results *r, enum metric metric, uint64_t *more,
    uint64_t *less)
{
	uint32_t control = results_control(r), original;

	*more = *less = 0;
	if (control == RESULTS_NONE)
		return;
	original = r->targets[control].same_as;
	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];
		double first = NAN, second = NAN;

		for (size_t t = 0; t < block->trial_count; t++) {
			const struct results_trial *trial = &block->trials[t];

			if (block->void_ || (trial->target != control &&
			    trial->target != original))
				continue;
			if (isnan(first))
				first = trial->value[metric];
			else
				second = trial->value[metric];
		}
		*more += second > first;
		*less += second < first;
	}
}
