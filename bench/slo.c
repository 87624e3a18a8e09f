#include "config.h"

#include "slo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "judge.h"
#include "search.h"

/* A void trial says nothing: so often it is repeated. */
#define REPEATS 3

/* The trial that confirms is so many times longer. */
#define CONFIRM 3

#define TOLERANCE 0.05

/* One search; the answer is known by its index, since it may move. */
struct hunt {
	struct session *session;
	const struct search_objective *objective;
	size_t answer;
	uint32_t point;
	uint32_t target;
};

static struct results_search *
answer_of(const struct hunt *h)
{

	return (&h->session->results->searches[h->answer]);
}

/* One trial, noted among those of the search; NULL without memory. */
static const struct results_attempt *
try_rate(const struct hunt *h, double rate, uint64_t length)
{
	struct session *s = h->session;
	struct results_block block = { 0 };
	struct results_trial *trial = results_trial(&block, h->target);
	struct results_attempt *a = results_attempt(answer_of(h));

	if (trial == NULL || a == NULL) {
		free(block.trials);
		return (NULL);
	}
	a->rate = rate;
	a->length = length;
	a->outcome = RESULTS_BROKEN;
	s->results->points[h->point].rate = rate;
	if (session_trial(s, h->point, h->target, s->options->seed, length,
	    trial) == 0) {
		a->outcome = judge_trial(&s->options->gates, trial,
		    h->objective, &a->measured, a->why, sizeof(a->why));
		a->cpu = trial->value[METRIC_CPU];
	} else {
		snprintf(a->why, sizeof(a->why), "%s", trial->failed);
	}
	free(trial->record);
	free(block.trials);
	return (a);
}

/* A rate, again if a trial said nothing; NULL without memory. */
static const struct results_attempt *
settle_rate(const struct hunt *h, double rate, uint64_t length)
{
	const struct results_attempt *a = NULL;

	for (unsigned i = 0; i < REPEATS; i++) {
		a = try_rate(h, rate, length);
		if (a == NULL || (a->outcome != RESULTS_UNSURE &&
		    a->outcome != RESULTS_LIMITED))
			break;
	}
	return (a);
}

/* What is known of the answer so far: after each trial, so that a search
 * which is cut short has what it has. */
static void
keep(const struct hunt *h, const struct search *search,
    const struct results_attempt *last)
{
	struct results_search *answer = answer_of(h);

	answer->trials = (uint32_t)answer->attempt_count;
	answer->confirmed = search->step == SEARCH_FOUND ||
	    search->step == SEARCH_ALL;
	answer->above = search->step == SEARCH_ALL;
	answer->rate = answer->confirmed ? search->rate : search->low;
	if (last->outcome == RESULTS_PASSED) {
		answer->measured = last->measured;
		answer->unjudged &= search->step != SEARCH_ALL;
		return;
	}
	answer->unjudged = last->outcome != RESULTS_MISSED;
	snprintf(answer->stopped, sizeof(answer->stopped), "%s", last->why);
}

static int
search_one(const struct hunt *h, double capacity)
{
	struct session *s = h->session;
	struct search search;

	search_start(&search, capacity / 100, capacity / 2, capacity * 1.5,
	    TOLERANCE);
	while (!search_ended(&search)) {
		const uint64_t length = s->options->trial *
		    (search.step == SEARCH_CONFIRM ? CONFIRM : 1);
		const struct results_attempt *a;

		s->live.block = (unsigned)answer_of(h)->attempt_count + 1;
		if ((a = settle_rate(h, search.rate, length)) == NULL)
			return (-1);
		if (a->outcome == RESULTS_BROKEN) {
			answer_of(h)->trials =
			    (uint32_t)answer_of(h)->attempt_count;
			answer_of(h)->unjudged = 1;
			snprintf(answer_of(h)->stopped, RESULTS_TEXT, "%s",
			    a->why);
			return (-1);
		}
		search_tell(&search, a->outcome == RESULTS_PASSED);
		keep(h, &search, a);
	}
	return (0);
}

/* One target at one point: what 100% is, then the search. */
static int
hunt(struct session *s, uint32_t point, uint32_t target,
    const struct search_objective *objective)
{
	struct hunt h = { s, objective, s->results->search_count, point,
	    target };
	double capacity;

	if (results_search(s->results, target, point, s->options->slo) ==
	    NULL)
		return (-1);
	answer_of(&h)->unjudged = 1;
	capacity = session_capacity(s, target,
	    s->results->points[point].connections);
	if (capacity > 0)
		return (search_one(&h, capacity));
	snprintf(answer_of(&h)->stopped, RESULTS_TEXT, "%s",
	    session_interrupted() ? "interrupted" : "its capacity could not "
	    "be measured");
	return (-1);
}

int
slo_run(struct session *s)
{
	struct search_objective objective;
	int found = 0;

	if (search_objective_parse(s->options->slo, &objective))
		return (-1);
	s->spec.arrival = s->options->arrival;
	for (uint32_t p = 0; p < s->results->point_count; p++) {
		for (uint32_t t = 0; t < s->options->target_count; t++) {
			if (s->options->targets[t].same_as[0] != '\0')
				continue;
			if (hunt(s, p, t, &objective) == 0)
				found = 1;
			if (session_interrupted()) {
				s->results->points[p].rate = NAN;
				s->results->partial = 1;
				return (-1);
			}
		}
		s->results->points[p].rate = NAN;
	}
	live_clear(&s->live);
	return (found ? 0 : -1);
}
