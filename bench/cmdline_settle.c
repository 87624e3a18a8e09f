/*
 * The second half of the command line: names, and what one option says about
 * another.
 */
#include "config.h"

#include <math.h>
#include <string.h>

#include "cmdline_part.h"
#include "search.h"

#define MS 1000000ull
#define SECOND (1000 * MS)

static int
one_of(const char *value, const char *const *names, int *index)
{

	for (*index = 0; names[*index] != NULL; (*index)++)
		if (strcmp(value, names[*index]) == 0)
			return (0);
	return (-1);
}

/* The texts that are names of something. */
static int
read_names(struct cmdline *o)
{
	static const char *const choices[] = { "round-robin", "random", "hot",
	    NULL };
	static const char *const layouts[] = { "shared", "split", NULL };
	static const char *const netns[] = { "auto", "yes", "no", NULL };
	char why[160];
	int i;

	if (o->frame_text != NULL && frame_by_name(o->frame_text, &o->frame))
		return (cmdline_wrong("frame", o->frame_text,
		    "not line, raw, len32, len16 or netstring"));
	if (o->arrival_text != NULL &&
	    (plan_arrival_by_name(o->arrival_text, &o->arrival) ||
	    o->arrival == PLAN_CLOSED))
		return (cmdline_wrong("arrival", o->arrival_text,
		    "not constant, poisson or burst"));
	if (o->choice_text != NULL) {
		if (one_of(o->choice_text, choices, &i))
			return (cmdline_wrong("choice", o->choice_text,
			    "not round-robin, random or hot"));
		o->choice = (enum plan_choice)i;
	}
	if (o->service_text != NULL &&
	    plan_service_parse(o->service_text, &o->service))
		return (cmdline_wrong("service", o->service_text, "not none, "
		    "fixed:T, exp:T or bimodal:SHARE:T:T, perhaps with wait- "
		    "before it"));
	if (o->gates_text != NULL && strcmp(o->gates_text, "off") == 0)
		gates_off(&o->gates);
	else if (o->gates_text != NULL &&
	    gates_parse(o->gates_text, &o->gates, why, sizeof(why)))
		return (cmdline_wrong("gate", o->gates_text, why));
	if (o->disturb_text != NULL &&
	    disturb_parse(o->disturb_text, &o->disturb))
		return (cmdline_wrong("disturb", o->disturb_text, "not as in "
		    "slow-read:50,dribble:10 (slow-read, dribble, half, "
		    "reset, churn, silent; at most 10000)"));
	if (one_of(o->layout, layouts, &i))
		return (cmdline_wrong("layout", o->layout, "not shared or split"));
	if (one_of(o->netns, netns, &i))
		return (cmdline_wrong("netns", o->netns, "not auto, yes or no"));
	return (0);
}

/* The defaults of `tail`: enough connections that none has two requests
 * outstanding, and time enough for the last one. */
static int
settle_tail(struct cmdline *o)
{

	if (o->rates.count > 0 || o->closed || o->churn)
		return (cmdline_wrong("rate", "R", "not with tail, which "
		    "takes --load"));
	if (o->service.law != PLAN_NONE && o->service.work != PLAN_WAIT)
		return (cmdline_wrong("service", o->service_text,
		    "not wait-..., which is what tail needs"));
	if (o->html != NULL)
		return (cmdline_wrong("html", o->html, "not with tail"));
	if (o->disturb_text != NULL)
		return (cmdline_wrong("disturb", o->disturb_text,
		    "not with tail"));
	if (o->workers == 0)
		o->workers = 16;
	if (o->blocks == 0)
		o->blocks = 5;
	if (o->trial == 0)
		o->trial = 4 * SECOND;
	if (o->loads.count == 0) {
		o->loads.value[o->loads.count++] = 0.5;
		o->loads.value[o->loads.count++] = 0.8;
	}
	if (o->connections.count == 0) {
		o->connections.value[0] = 1000;
		o->connections.count = 1;
	}
	for (unsigned i = 0; i < o->loads.count; i++)
		if (!(o->loads.value[i] >= 0.01 && o->loads.value[i] <= 0.95))
			return (cmdline_wrong("load", "L",
			    "not from 0.01 to 0.95"));
	/* The laws take turns; the first is what all is set up for. */
	if (o->service.law == PLAN_NONE)
		o->service = (struct plan_service){ PLAN_EXPONENTIAL,
		    PLAN_WAIT, 0, 10 * MS, 0 };
	o->warm = 0;
	o->drain = 10 * SECOND;
	o->choice = PLAN_ROUND_ROBIN;
	o->handler = "work";
	o->no_control = 1;
	return (0);
}

/* What does not go together with a closed or an open loop. */
static int
check_loop(const struct cmdline *o, int compare)
{

	if (o->visit > 1 && (o->closed || (!compare && o->rates.count == 0)))
		return (cmdline_wrong("visit", "N", "needs an open loop (--rate)"));
	if (o->closed && o->rates.count > 0)
		return (cmdline_wrong("rate", o->rate_text,
		    "not together with --closed"));
	if (o->churn && o->rates.count > 0)
		return (cmdline_wrong("rate", o->rate_text,
		    "not together with --churn"));
	if (o->churn && o->depth > 1)
		return (cmdline_wrong("depth", "D",
		    "not together with --churn"));
	return (0);
}

static double
largest(const struct cmdline_list *list)
{
	double most = 0;

	for (unsigned i = 0; i < list->count; i++)
		most = fmax(most, list->value[i]);
	return (most);
}

/* What goes with so many connections, or with each number of them. */
static int
check_connections(const struct cmdline *o)
{

	if (o->active > 0 && (double)o->active > largest(&o->connections))
		return (cmdline_wrong("active", "N",
		    "more than there are --connections"));
	if (o->capacities.count > 0 && o->rates_are_shares &&
	    o->capacities.count != o->connections.count)
		return (cmdline_wrong("capacity", "C", "not as many as "
		    "--connections"));
	return (0);
}

/* What one option says about another. */
static int
reconcile(struct cmdline *o)
{
	const int count = strcmp(o->command, "count") == 0;
	const int compare = strcmp(o->command, "compare") == 0 || count;
	struct search_objective objective;

	if (strcmp(o->command, "tail") == 0)
		return (settle_tail(o));
	if (o->loads.count > 0)
		return (cmdline_wrong("load", "L", "only with tail"));
	if (o->workers == 0)
		o->workers = 2;

	if (o->slo != NULL && search_objective_parse(o->slo, &objective))
		return (cmdline_wrong("slo", o->slo, "not as in p99<5ms"));
	if (o->slo != NULL && o->rates.count > 0)
		return (cmdline_wrong("slo", o->slo, "not together with --rate"));
	/* Counting trials come after one block, whose times do not matter. */
	if (count) {
		o->blocks = 1;
		o->no_control = 1;
	}
	if (o->slo != NULL) {
		o->closed = 1;
		o->no_control = 1;
		if (o->trial == 0)
			o->trial = SECOND;
	}
	if (o->trial == 0)
		o->trial = compare ? 600 * MS : 5 * SECOND;
	if (o->blocks == 0)
		o->blocks = compare ? 10 : 1;
	if (o->connections.count == 0) {
		o->connections.count = 1;
		o->connections.value[0] = o->active > 0 ?
		    (double)o->active : 100;
	}
	if (o->handler == NULL)
		o->handler = o->service.law != PLAN_NONE ||
		    o->reply_size > 0 ? "work" : "echo";
	if (o->request != NULL && o->service.law != PLAN_NONE)
		return (cmdline_wrong("service", o->service_text,
		    "not together with --request"));
	if (o->expect != NULL && o->request == NULL)
		return (cmdline_wrong("expect", o->expect, "needs --request"));
	if (check_loop(o, compare))
		return (-1);
	o->closed |= o->churn;
	if (compare && !o->closed && o->rates.count == 0)
		cmdline_rates("25%", o);
	if (check_connections(o))
		return (-1);
	/* Without a schedule a busy client is no fault: it is the limiter. A
	 * search has one in each of its trials. */
	if (o->rates.count == 0 && o->slo == NULL &&
	    (o->gates_text == NULL || strstr(o->gates_text, "client") == NULL))
		o->gates.client = NAN;
	return (0);
}

int
cmdline_settle(struct cmdline *o)
{

	return (read_names(o) || reconcile(o) ? -1 : 0);
}
