/*
 * The blocks of all loads take turns, so that a bad minute of the machine
 * falls on all of them.
 */
#include "config.h"

#include "tail_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"
#include "session.h"
#include "targets.h"

/* Mean 10 ms each: long enough that a sleep is a service, and of the same
 * shapes as in the literature (bimodal-1; and 99/1, whose p99 lies on its
 * jump, so that the short ones and p99.9 are judged instead). */
static const struct plan_service laws[TAIL_LAWS] = {
	{ PLAN_EXPONENTIAL, PLAN_WAIT, 0, 10e6, 0 },
	{ PLAN_BIMODAL, PLAN_WAIT, 0.9, 5e6, 55e6 },
	{ PLAN_BIMODAL, PLAN_WAIT, 0.99, 5e6, 505e6 },
};

/** Everything of one invocation: rows, and of each its blocks. */
struct tail {
	struct session session;
	const struct cmdline *options;
	struct tail_row *rows;
	size_t count;
	struct tail_pair *pairs; /* [row * blocks + block][figure] */
	double *late;            /* [row * blocks + block] */
	unsigned char *done;     /* the block ran to its end */
	unsigned char *valid;
	size_t *requests;
};

/* The requests of a trial, with the work that its plan had for them. */
static struct tail_request *
requests_of(const struct trial_trace *trace, const struct plan_spec *spec)
{
	struct tail_request *requests = malloc((trace->count + 1) *
	    sizeof(*requests));
	struct plan plan;

	if (requests == NULL || plan_make(&plan, spec)) {
		free(requests);
		return (NULL);
	}
	for (size_t i = 0; i < trace->count; i++) {
		const struct engine_trace *one = &trace->items[i];

		requests[i] = (struct tail_request){ one->sent, tail_work(
		    &plan, one->intended, one->connection),
		    one->done - one->sent, 0 };
		if (requests[i].work == UINT64_MAX) {
			free(requests);
			requests = NULL;
			break;
		}
	}
	plan_free(&plan);
	return (requests);
}

/* What a trial came to goes to place `at`. */
static int
judge(struct tail *t, size_t row, size_t at, struct results_trial *trial,
    const struct trial_trace *trace, const struct plan_spec *spec)
{
	struct tail_request *requests = requests_of(trace, spec);
	struct tail_row *x = &t->rows[row];
	unsigned failed = gates_check(&t->options->gates, &trial->readings);
	int rc;

	/* The ideal of some requests is not that of all. */
	if (trace->count < trial->record->planned) {
		snprintf(x->reason, sizeof(x->reason), "%llu of %llu requests "
		    "without a good reply", (unsigned long long)
		    (trial->record->planned - trace->count),
		    (unsigned long long)trial->record->planned);
		t->valid[at] = 0;
	} else if ((failed &= ~(1u << GATE_STEADY)) != 0) {
		gates_reason(&t->options->gates, &trial->readings, failed,
		    x->reason, sizeof(x->reason));
		t->valid[at] = 0;
	} else {
		t->valid[at] = 1;
	}
	t->late[at] = trial->value[METRIC_LATE_P99];
	t->requests[at] = trace->count;
	rc = requests == NULL || tail_ideal(requests, trace->count,
	    (unsigned)t->options->workers) ||
	    tail_figures(requests, trace->count, &x->service,
	    t->pairs + at * TAIL_FIGURES);
	free(requests);
	return (rc ? -1 : 0);
}

static int
one_trial(struct tail *t, size_t row, unsigned block, uint32_t target,
    uint64_t seed)
{
	const size_t at = row * t->options->blocks + block;
	struct session *s = &t->session;
	struct results_block trials = { 0 };
	struct results_trial *trial = results_trial(&trials, target);
	struct results_point *p = &s->results->points[0];
	struct trial_trace trace = { 0 };
	struct plan_spec spec;
	int rc = -1;

	if (trial == NULL)
		return (-1);
	s->spec.service = t->rows[row].service;
	s->spec.arrival = PLAN_POISSON;
	s->trace = &trace;
	p->rate = t->rows[row].load * (double)t->options->workers /
	    (plan_service_mean(&s->spec.service) / 1e9);
	if (session_trial(s, 0, target, seed, t->options->trial, trial) == 0) {
		spec = s->spec;
		spec.seed = seed;
		spec.rate = p->rate;
		spec.duration = t->options->trial;
		spec.connections = p->connections;
		rc = judge(t, row, at, trial, &trace, &spec);
		t->done[at] = rc == 0;
	}
	free(trace.items);
	free(trial->record);
	free(trials.trials);
	return (rc);
}

/* The medians of one row over its valid blocks, of all that ran if none is
 * valid. */
static void
settle(struct tail *t, size_t row, double *room)
{
	const unsigned n = (unsigned)t->options->blocks;
	const unsigned char *done = t->done + row * n;
	const unsigned char *valid = t->valid + row * n;
	struct tail_row *x = &t->rows[row];
	size_t used = 0;

	x->blocks = x->valid = 0;
	for (unsigned b = 0; b < n; b++) {
		x->blocks += done[b];
		x->valid += done[b] && valid[b];
	}
	for (unsigned f = 0; f < TAIL_FIGURES; f++) {
		used = 0;
		for (unsigned b = 0; b < n; b++) {
			const size_t at = row * n + b;
			const struct tail_pair *p =
			    &t->pairs[at * TAIL_FIGURES + f];

			if (!done[b] || (x->valid > 0 && !valid[b]) ||
			    isnan(p->ideal))
				continue;
			room[used] = p->measured / p->ideal;
			room[n + used] = p->measured;
			room[2 * n + used++] = p->ideal;
			x->requests += f == TAIL_P50 ? t->requests[at] : 0;
		}
		stats_sort(room, used);
		stats_sort(room + n, used);
		stats_sort(room + 2 * n, used);
		stats_median_interval(room, used, 0.95, &x->ratio[f]);
		x->value[f].measured = stats_median(room + n, used);
		x->value[f].ideal = stats_median(room + 2 * n, used);
	}
	used = 0;
	for (unsigned b = 0; b < n; b++)
		if (done[b])
			room[used++] = t->late[row * n + b];
	stats_sort(room, used);
	x->late_p99 = stats_median(room, used);
}

static int
make_rows(struct tail *t)
{
	const struct cmdline *o = t->options;
	const int own = o->service_text != NULL;
	const size_t n = (size_t)o->target_count * o->loads.count *
	    (own ? 1 : TAIL_LAWS), cells = n * o->blocks;

	t->rows = calloc(n, sizeof(*t->rows));
	t->pairs = calloc(cells * TAIL_FIGURES, sizeof(*t->pairs));
	t->late = calloc(cells, sizeof(*t->late));
	t->done = calloc(cells, 1);
	t->valid = calloc(cells, 1);
	t->requests = calloc(cells, sizeof(*t->requests));
	if (t->rows == NULL || t->pairs == NULL || t->late == NULL ||
	    t->done == NULL || t->valid == NULL || t->requests == NULL)
		return (-1);
	for (size_t law = 0; law < (own ? 1 : TAIL_LAWS); law++)
		for (size_t l = 0; l < o->loads.count; l++)
			for (size_t k = 0; k < o->target_count; k++) {
				struct tail_row *x = &t->rows[t->count++];

				x->target = o->targets[k].name;
				x->service = own ? o->service : laws[law];
				x->load = o->loads.value[l];
			}
	return (0);
}

/* All blocks of all rows. Targets of one law, load and block share a seed. */
static int
blocks(struct tail *t)
{
	const uint32_t targets = t->options->target_count;
	struct session *s = &t->session;

	s->live.blocks = (unsigned)(t->count * t->options->blocks);
	for (unsigned b = 0; b < t->options->blocks; b++) {
		for (size_t i = 0; i < t->count; i += targets) {
			uint32_t order[CMDLINE_TARGETS];
			uint64_t seed = rng_next(&s->rng);

			for (uint32_t k = 0; k < targets; k++)
				order[k] = k;
			rng_shuffle(&s->rng, order, targets);
			for (uint32_t k = 0; k < targets; k++) {
				s->live.block++;
				if (one_trial(t, i + order[k], b, order[k],
				    seed) || session_interrupted())
					return (-1);
				s->live.done = (double)s->live.block /
				    s->live.blocks;
			}
		}
	}
	return (0);
}

/* The table of what there is, and the exit status that it gives. */
static int
finish(struct tail *t, int argc, char **argv)
{
	const struct cmdline *o = t->options;
	const struct tail_table table = { t->rows, t->count,
	    session_interrupted(), t->session.results };
	double *room = calloc(3 * (size_t)o->blocks, sizeof(*room));
	size_t valid = 0;

	live_clear(&t->session.live);
	if (room == NULL) {
		fprintf(stderr, "throng-bench: no memory\n");
		return (CMDLINE_FAILED);
	}
	for (size_t i = 0; i < t->count; i++) {
		settle(t, i, room);
		valid += t->rows[i].valid > 0;
	}
	free(room);
	if (output_tail(o, argc, argv, &table))
		return (CMDLINE_FAILED);
	return (valid == 0 ? CMDLINE_VOID : CMDLINE_HOLDS);
}

int
tail_run(struct cmdline *o, int argc, char **argv)
{
	struct tail t = { .options = o };
	int rc;

	if (o->target_count == 0)
		targets_read("pool", o);
	rc = session_open(&t.session, o, argc, argv);
	if (rc == 0 && session_points(&t.session) == 0 &&
	    make_rows(&t) == 0) {
		const int broken = blocks(&t) != 0 && !session_interrupted();

		/* What was cut short shows the blocks that it has. */
		rc = finish(&t, argc, argv);
		rc = broken ? CMDLINE_FAILED : rc;
	} else if (rc == 0) {
		fprintf(stderr, "throng-bench: no memory\n");
		rc = CMDLINE_FAILED;
	}
	session_close(&t.session);
	free(t.rows);
	free(t.pairs);
	free(t.late);
	free(t.done);
	free(t.valid);
	free(t.requests);
	return (rc);
}
