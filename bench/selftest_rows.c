/*
 * One row per self-test: the command line that it is, and what must come out
 * of it. The target is throng-refd, whose faults and queue are known exactly.
 * The first row of a fault is the probe: 10 requests, which --skip spares.
 */
#include "config.h"

#include "selftest_part.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "theory.h"

#define MS 1e6

static const struct record *
record_of(const struct results *r)
{
	const struct results_trial *t;

	if (r->block_count == 0 || r->blocks[0].trial_count == 0)
		return (NULL);
	t = &r->blocks[0].trials[0];
	return (t->failed[0] == '\0' ? t->record : NULL);
}

static int
say(char *why, size_t size, int ok, const char *what, double got,
    double wanted)
{

	snprintf(why, size, "%s %.6g, expected %.6g", what, got, wanted);
	return (ok ? 0 : -1);
}

/* Exactly `n` of one kind of error, and no other. */
static int
only(const struct results *r, enum record_error kind, uint64_t n, char *why,
    size_t size)
{
	const struct record *record = record_of(r);
	uint64_t others;

	if (record == NULL) {
		snprintf(why, size, "%s", r->block_count > 0 &&
		    r->blocks[0].trial_count > 0 ?
		    r->blocks[0].trials[0].failed : "nothing ran");
		return (-1);
	}
	others = record_bad_total(record) - record->errors[kind];
	snprintf(why, size, "%llu planned, %llu %s, %llu other errors",
	    (unsigned long long)record->planned,
	    (unsigned long long)record->errors[kind],
	    record_error_name(kind), (unsigned long long)others);
	return (record->planned == 1000 && record->errors[kind] == n &&
	    others == 0 ? 0 : -1);
}

static int
clean(const struct results *r, char *why, size_t size)
{

	return (only(r, RECORD_UNANSWERED, 0, why, size));
}

static int
withheld(const struct results *r, char *why, size_t size)
{

	return (only(r, RECORD_UNANSWERED, 20, why, size));
}

static int
muted(const struct results *r, char *why, size_t size)
{

	return (only(r, RECORD_UNANSWERED, 400, why, size));
}

static int
corrupted(const struct results *r, char *why, size_t size)
{

	return (only(r, RECORD_CONTENT, 20, why, size));
}

static int
shortened(const struct results *r, char *why, size_t size)
{

	return (only(r, RECORD_LENGTH, 20, why, size));
}

static int
doubled(const struct results *r, char *why, size_t size)
{

	return (only(r, RECORD_SURPLUS, 20, why, size));
}

/* One connection of ten ends: a tenth of what was planned after it. */
static int
ended(const struct results *r, enum record_error kind, char *why,
    size_t size)
{
	const struct record *record = record_of(r);
	uint64_t n, rest;

	if (record == NULL)
		return (only(r, kind, 0, why, size));
	n = record->errors[RECORD_CLOSED] + record->errors[RECORD_RESET];
	rest = record_bad_total(record) - n;
	snprintf(why, size, "%llu of %llu planned ended with the connection",
	    (unsigned long long)n, (unsigned long long)record->planned);
	/* Requests on their way when it ended may add a few. */
	return (record->planned == 1000 && record->errors[kind] > 0 &&
	    n >= 40 && n <= 60 && rest == 0 ? 0 : -1);
}

static int
closed(const struct results *r, char *why, size_t size)
{

	return (ended(r, RECORD_CLOSED, why, size));
}

static int
reset(const struct results *r, char *why, size_t size)
{

	return (ended(r, RECORD_RESET, why, size));
}

static int
gone(const struct results *r, char *why, size_t size)
{
	const char *failed = r->block_count > 0 &&
	    r->blocks[0].trial_count > 0 ? r->blocks[0].trials[0].failed : "";

	snprintf(why, size, "%s", failed);
	return (strstr(failed, "ended with status 3") != NULL ? 0 : -1);
}

static double
value(const struct results *r, uint32_t target, enum metric metric)
{
	const struct results_cell *cell = results_cell(r, 0, target);

	return (cell == NULL ? NAN : cell->value[metric].value);
}

/* A stall of 0.5 s in 3 s: its requests are uniform on 0 to 0.5 s. */
static int
stalled(const struct results *r, char *why, size_t size)
{
	const double want = theory_stall_quantile(3e6, 0.5e6, 0.99);
	const double got = value(r, 0, METRIC_P99);

	return (say(why, size, fabs(got / want - 1) < 0.05 &&
	    value(r, 0, METRIC_P50) < 5000, "p99 in us", got, want));
}

/* M/M/2 at 0.7 of its capacity, services of 5 ms in the mean. */
static int
queued(const struct results *r, double tolerance, char *why, size_t size)
{
	const double want = theory_mmc_mean(2, 0.7) * 5 * MS;
	const struct record *record = record_of(r);
	double got = record == NULL ? NAN : hist_mean(&record->response);

	return (say(why, size, fabs(got / want - 1) < tolerance,
	    "mean response in us", got / 1e3, want / 1e3));
}

static int
queue(const struct results *r, char *why, size_t size)
{

	/* The samples of a queue hang together: 2,000 of them say little. */
	return (queued(r, record_of(r) != NULL &&
	    record_of(r)->planned > 10000 ? 0.1 : 0.25, why, size));
}

/* The second target burns 20 us more for each request. */
static int
difference(const struct results *r, char *why, size_t size)
{
	const double got = value(r, 1, METRIC_CPU) - value(r, 0, METRIC_CPU);

	return (say(why, size, got > 15 && got < 30,
	    "more server CPU per request in us", got, 20));
}

static int
same(const struct results *r, char *why, size_t size)
{
	const struct results_ratio *ratio = results_find(r, 0, 1, METRIC_CPU);

	if (ratio == NULL)
		return (-1);
	snprintf(why, size, "%s, ratio %.3f [%.3f, %.3f]",
	    stats_verdict_name(ratio->verdict), ratio->valid.value,
	    ratio->valid.low, ratio->valid.high);
	return (ratio->verdict == STATS_NOISE ? 0 : -1);
}

static int
little(const struct results *r, char *why, size_t size)
{
	const struct results_cell *cell = results_cell(r, 0, 0);
	double got = cell == NULL ? NAN : cell->readings.little;

	return (say(why, size, fabs(got) < 0.01, "residual", got, 0));
}

#define FAULT "run --quiet --gate off --warmup 0us --rate 2000 " \
	"--arrival constant --choice round-robin --connections 10 " \
	"--duration 500ms --drain 5s --target @ --skip 10 "
#define QUEUE "run --quiet --gate off --warmup 0us --rate 280 " \
	"--connections 100 --choice round-robin --service wait-exp:5ms " \
	"--drain 5s --target @ --servers 2 --duration "

static const struct selftest_row rows[] = {
	{ "clean", FAULT, clean, 1, NULL, 0 },
	{ "withheld", FAULT "--fault withhold:50", withheld, 1, NULL, 0 },
	{ "silent at the end", FAULT "--mute 601", muted, 1, NULL, 0 },
	{ "corrupted", FAULT "--fault corrupt:50", corrupted, 1, NULL, 0 },
	{ "too short", FAULT "--fault short:50", shortened, 1, NULL, 0 },
	{ "doubled", FAULT "--fault double:49", doubled, 1, NULL, 0 },
	{ "closed", FAULT "--fault close:500", closed, 0, NULL, 0 },
	{ "reset", FAULT "--fault reset:500", reset, 0, NULL, 0 },
	{ "target exits", FAULT "--fault exit:500", gone, 1, NULL, 0 },
	{ "stall", "run --quiet --gate off --warmup 0us --rate 2000 "
	    "--arrival constant --connections 10 --duration 3s --target @ "
	    "--skip 10 --stall 2000:500ms", stalled, 0, NULL, 0 },
	{ "M/M/2", QUEUE "8s", queue, 0, QUEUE "60s", 0 },
	{ "Little's law", "run --quiet --gate off --closed --depth 4 "
	    "--connections 500 --duration 500ms --target limit", little, 0,
	    NULL, 0 },
	{ "known difference", "compare --quiet --gate off --no-control "
	    "--blocks 5 --duration 400ms --rate 2000 --target a=@ "
	    "--target b=@ --spin 20us", difference, 0, NULL, 0 },
	{ "A/A", "compare --quiet --gate off --blocks 8 --rate 5000 "
	    "--duration 300ms --target limit", same, 0, NULL, 0 },
};

const struct selftest_row *
selftest_rows(size_t *count)
{

	*count = sizeof(rows) / sizeof(rows[0]);
	return (rows);
}
