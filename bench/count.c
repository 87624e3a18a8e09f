#include "config.h"

#include "count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter.h"

#define LENGTH 300000000u

/* One counting trial, between the edges of its measured time. */
struct counting {
	struct counter *counter;
	struct counter_result result;
	char why[160];
	int counted;
};

static void
edge(void *context, struct account_sessions sessions, int begin)
{
	struct counting *c = context;
	pid_t list[COUNTER_PROCESSES];

	if (begin) {
		c->counter = counter_start(list, account_processes(sessions,
		    list, COUNTER_PROCESSES), c->why, sizeof(c->why));
	} else if (c->counter != NULL) {
		c->counted = counter_stop(c->counter, &c->result) == 0;
		c->counter = NULL;
		if (!c->counted)
			snprintf(c->why, sizeof(c->why),
			    "not one was counted");
	}
}

static void
note(struct session *s, uint32_t point, uint32_t target,
    const struct counter_result *r, double requests)
{
	const struct results_point *p = &s->results->points[point];
	char text[RESULTS_TEXT];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < r->count && n < sizeof(text); i++) {
		double each = (double)r->names[i].calls / requests;

		if (each >= 0.005)
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "%s%s %.2f", n > 0 ? ", " : "", r->names[i].name,
			    each);
	}
	results_note(s->results, "system calls per request of %s at %u "
	    "connections%s: %s", s->options->targets[target].name,
	    p->connections, r->perturbing ? " (strace, perturbing)" : "",
	    text);
}

/* Every trial of that target at that point gets the value. */
static void
spread(struct results *r, uint32_t point, uint32_t target, double calls)
{
	for (size_t b = 0; b < r->block_count; b++) {
		struct results_block *block = &r->blocks[b];

		if (block->point != point)
			continue;
		for (size_t i = 0; i < block->trial_count; i++)
			if (block->trials[i].target == target)
				block->trials[i].value[METRIC_CALLS] = calls;
	}
}

static int
count_one(struct session *s, uint32_t point, uint32_t target)
{
	struct results_block block = { 0 };
	struct counting counting = { 0 };
	struct results_trial *trial = results_trial(&block, target);
	double requests = 0;

	if (trial == NULL)
		return (-1);
	s->edge = edge;
	s->edge_context = &counting;
	if (session_trial(s, point, target, s->options->seed, LENGTH,
	    trial) == 0 && counting.counted) {
		requests = (double)trial->record->sent;
		spread(s->results, point, target,
		    (double)counting.result.total / requests);
		note(s, point, target, &counting.result, requests);
	} else {
		results_note(s->results, "system calls of %s: %s",
		    s->options->targets[target].name, trial->failed[0] != '\0' ?
		    trial->failed : counting.why);
	}
	s->edge = NULL;
	free(trial->record);
	free(block.trials);
	return (requests > 0 ? 0 : -1);
}

int
count_trials(struct session *s)
{
	const struct results *r = s->results;
	int counted = 0;

	for (uint32_t p = 0; p < r->point_count; p++) {
		if (r->points[p].connections + r->points[p].idle >
		    COUNT_CONNECTIONS)
			continue;
		for (uint32_t t = 0; t < r->target_count; t++) {
			const struct target_spec *spec =
			    &s->options->targets[t];

			if (session_interrupted())
				return (-1);
			if (spec->same_as[0] == '\0' &&
			    spec->command[0] != '\0' &&
			    count_one(s, p, t) == 0)
				counted = 1;
		}
	}
	live_clear(&s->live);
	return (counted ? 0 : -1);
}
