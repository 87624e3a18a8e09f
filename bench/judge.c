/*
 * Gates and an objective, weighed against each other.
 */
#include "judge.h"

#include <math.h>
#include <stdio.h>

#define BIT(gate) (1u << (gate))

/* Whose doing it is. */
#define OTHERS (BIT(GATE_STEAL) | BIT(GATE_FOREIGN))
#define CLIENT (BIT(GATE_CLIENT) | BIT(GATE_ADHERENCE))
#define KERNEL (BIT(GATE_DROPS) | BIT(GATE_LITTLE))

/* "void: foreign 90% (limit 5%)" */
static void
name_gates(const struct gates_limits *limits,
    const struct results_trial *trial, unsigned failed, const char *what,
    char *why, size_t size)
{
	char reason[RESULTS_TEXT];

	snprintf(why, size, "%s: %s", what, gates_reason(limits,
	    &trial->readings, failed, reason, sizeof(reason)));
}

/* "p99 7,310 us, limited by: server CPU" */
static void
name_miss(const struct results_trial *trial,
    const struct search_objective *objective, double measured, char *why,
    size_t size)
{
	char n[32];

	snprintf(why, size, "p%.4g %s us, limited by: %s",
	    100 * objective->p, metric_format(METRIC_P99, measured, n,
	    sizeof(n)), gates_limiter(&trial->readings));
}

enum results_outcome
judge_trial(const struct gates_limits *limits,
    const struct results_trial *trial,
    const struct search_objective *objective, double *measured, char *why,
    size_t size)
{
	const struct hist *response = &trial->record->response;
	const unsigned failed = gates_check(limits, &trial->readings);
	const unsigned others = failed & OTHERS, client = failed & CLIENT;
	const int met = search_objective_met(objective, response);
	uint64_t value = hist_quantile(response, objective->p);

	*measured = value >= HIST_OVERFLOW ? INFINITY : (double)value / 1e3;
	snprintf(why, size, "%s", "");
	if (others != 0) {
		name_gates(limits, trial, others, "void", why, size);
		return (RESULTS_UNSURE);
	}
	if ((client & BIT(GATE_CLIENT)) != 0 || (client != 0 &&
	    (met || search_objective_met(objective,
	    &trial->record->service)))) {
		name_gates(limits, trial, client, "the client is the limit",
		    why, size);
		return (RESULTS_LIMITED);
	}
	if (!met) {
		name_miss(trial, objective, *measured, why, size);
		return (RESULTS_MISSED);
	}
	if (failed & KERNEL) {
		name_gates(limits, trial, failed & KERNEL, "void", why, size);
		return (RESULTS_UNSURE);
	}
	/* What is left is about replies. */
	if (failed & ~BIT(GATE_STEADY)) {
		name_gates(limits, trial, failed & ~BIT(GATE_STEADY),
		    "replies", why, size);
		return (RESULTS_MISSED);
	}
	return (RESULTS_PASSED);
}
