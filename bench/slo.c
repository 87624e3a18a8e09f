#include "config.h"

#include "slo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"

/* A void trial says nothing: so often it is repeated. */
#define REPEATS 3

/* The trial that confirms is so many times longer. */
#define CONFIRM 3

#define TOLERANCE 0.05

/* What a trial at a rate came to. */
enum outcome { PASSED, MISSED, VOID, BROKEN };

static enum outcome
judge(const struct session *s, const struct results_trial *trial,
    const struct search_objective *objective, double *measured)
{
	const unsigned failed = gates_check(&s->options->gates,
	    &trial->readings);
	uint64_t value;

	value = hist_quantile(&trial->record->response, objective->p);
	*measured = value >= HIST_OVERFLOW ? INFINITY : (double)value / 1e3;
	if (!search_objective_met(objective, &trial->record->response))
		/* Also where the plan was not kept: the target blocks. */
		return (failed & (1u << GATE_STEAL | 1u << GATE_FOREIGN) ?
		    VOID : MISSED);
	return (failed & ~(1u << GATE_STEADY) ? VOID : PASSED);
}

static enum outcome
try_rate(struct session *s, uint32_t point, uint32_t target, double rate,
    uint64_t length, const struct search_objective *objective,
    double *measured)
{
	struct results_block block = { 0 };
	struct results_trial *trial = results_trial(&block, target);
	enum outcome outcome = BROKEN;

	s->results->points[point].rate = rate;
	if (trial != NULL && session_trial(s, point, target,
	    s->options->seed, length, trial) == 0)
		outcome = judge(s, trial, objective, measured);
	if (trial != NULL)
		free(trial->record);
	free(block.trials);
	return (outcome);
}

static int
search_one(struct session *s, uint32_t point, uint32_t target,
    const struct search_objective *objective, double capacity)
{
	struct results_search *answer;
	struct search search;
	enum outcome outcome;
	double measured = NAN, last = NAN;
	unsigned repeats = 0;

	search_start(&search, capacity / 100, capacity / 2, capacity * 1.5,
	    TOLERANCE);
	while (!search_ended(&search)) {
		uint64_t length = s->options->trial *
		    (search.step == SEARCH_CONFIRM ? CONFIRM : 1);

		s->live.block = search.trials + 1;
		outcome = try_rate(s, point, target, search.rate, length,
		    objective, &measured);
		if (outcome == BROKEN || session_interrupted())
			return (-1);
		if (outcome == VOID && ++repeats < REPEATS)
			continue;
		if (outcome == VOID)
			results_note(s->results, "%s at %.0f/s was void %d "
			    "times and counts as failed",
			    s->options->targets[target].name, search.rate,
			    REPEATS);
		repeats = 0;
		if (outcome == PASSED)
			last = measured;
		search_tell(&search, outcome == PASSED);
	}
	if ((answer = results_search(s->results, target,
	    s->options->slo)) == NULL)
		return (-1);
	answer->rate = search.step == SEARCH_NONE ? 0 : search.rate;
	answer->confirmed = search.step != SEARCH_NONE;
	answer->above = search.step == SEARCH_ALL;
	answer->trials = search.trials;
	answer->measured = last;
	return (0);
}

int
slo_run(struct session *s)
{
	struct search_objective objective;
	double capacity;
	int found = 0;

	if (search_objective_parse(s->options->slo, &objective))
		return (-1);
	s->spec.arrival = s->options->arrival;
	for (uint32_t p = 0; p < s->results->point_count; p++) {
		for (uint32_t t = 0; t < s->options->target_count; t++) {
			if (s->options->targets[t].same_as[0] != '\0')
				continue;
			capacity = session_capacity(s, t,
			    s->results->points[p].connections);
			if (capacity > 0 && search_one(s, p, t, &objective,
			    capacity) == 0)
				found = 1;
			if (session_interrupted()) {
				s->results->partial = 1;
				return (-1);
			}
		}
		s->results->points[p].rate = NAN;
	}
	live_clear(&s->live);
	return (found ? 0 : -1);
}
