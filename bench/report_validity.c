/*
 * The validity box: what was checked, how far from its limit it was, what
 * was voided and why, and what no gate can see.
 */
#include "report_part.h"
#include "escape.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/** A gate's worst reading over all trials, and how often it failed. */
struct tally {
	double limit;
	double worst;
	size_t failed;
	size_t unread;
	size_t trials;
};

static double
reading_of(const struct gates_readings *g, enum gate gate)
{

	switch (gate) {
	case GATE_STEAL:
		return (g->steal);
	case GATE_FOREIGN:
		return (g->foreign);
	case GATE_ADHERENCE:
		return (g->adherence);
	case GATE_CLIENT:
		return (g->client_busy);
	case GATE_LITTLE:
		return (g->little);
	case GATE_STEADY:
		return (g->drift);
	case GATE_DROPS:
		return (g->drops);
	case GATE_ERRORS:
		return (g->errors);
	case GATE_LOST:
		return (g->lost);
	case GATE_RUN:
	case GATES:
		break;
	}
	return (NAN);
}

static double
limit_of(const struct gates_limits *g, enum gate gate)
{

	switch (gate) {
	case GATE_STEAL:
		return (g->steal);
	case GATE_FOREIGN:
		return (g->foreign);
	case GATE_ADHERENCE:
		return (g->adherence);
	case GATE_CLIENT:
		return (g->client);
	case GATE_LITTLE:
		return (g->little);
	case GATE_STEADY:
		return (g->steady);
	case GATE_DROPS:
		return (g->drops);
	case GATE_ERRORS:
		return (g->errors);
	case GATE_LOST:
		return (g->lost);
	case GATE_RUN:
	case GATES:
		break;
	}
	return (NAN);
}

static void
count(struct tally *tally, const struct results_trial *trial, enum gate gate)
{
	double value = reading_of(&trial->readings, gate);

	tally->trials++;
	tally->failed += (trial->gates & 1u << gate) != 0;
	if (isnan(value)) {
		tally->unread++;
		return;
	}
	if (isnan(tally->worst) || (gate == GATE_ADHERENCE ?
	    value < tally->worst : fabs(value) > fabs(tally->worst)))
		tally->worst = value;
}

static const char *
what_it_says(enum gate gate)
{
	static const char *const texts[GATES] = {
		[GATE_RUN] = "the trial ran to its end",
		[GATE_STEAL] = "time the hypervisor took",
		[GATE_FOREIGN] = "processor time used by others",
		[GATE_ADHERENCE] = "requests sent when planned",
		[GATE_CLIENT] = "busiest thread of the client",
		[GATE_LITTLE] = "Little's law, X R / N - 1",
		[GATE_STEADY] = "drift within a trial",
		[GATE_DROPS] = "connection requests dropped by the kernel",
		[GATE_ERRORS] = "wrong replies",
		[GATE_LOST] = "requests without any reply",
	};

	return (texts[gate]);
}

static void
gate_row(const struct results *r, enum gate gate, FILE *out)
{
	struct tally tally = { limit_of(&r->limits, gate), NAN, 0, 0, 0 };
	double scale = gate == GATE_DROPS ? 1 : 100;
	const char *unit = gate == GATE_DROPS ? "" : "%";

	for (size_t b = 0; b < r->block_count; b++)
		for (size_t t = 0; t < r->blocks[b].trial_count; t++)
			count(&tally, &r->blocks[b].trials[t], gate);
	fprintf(out, "<tr><td class=\"text\">%s<small>", gates_name(gate));
	escape_html(what_it_says(gate), out);
	fputs("</small></td>", out);
	if (isnan(tally.worst))
		fputs(gate == GATE_RUN ? "<td></td>" : "<td>not read</td>",
		    out);
	else
		fprintf(out, "<td>%.4g%s</td>", scale * tally.worst, unit);
	if (gate == GATE_RUN)
		fputs("<td></td>", out);
	else if (isnan(tally.limit))
		fputs("<td>off</td>", out);
	else
		fprintf(out, "<td>%s%.4g%s</td>", gate == GATE_ADHERENCE ?
		    "\xe2\x89\xa5 " : "\xe2\x89\xa4 ", scale * tally.limit,
		    unit);
	fprintf(out, "<td>%zu of %zu</td></tr>\n", tally.failed,
	    tally.trials);
}

static void
gate_table(const struct results *r, FILE *out)
{
	char unread[RESULTS_TEXT], late[RESULTS_TEXT];

	fputs("<div class=\"wide\"><table><thead><tr><th>gate</th>"
	    "<th>worst reading</th><th>limit</th><th>trials failed</th></tr>"
	    "</thead><tbody>\n", out);
	for (unsigned g = 0; g < GATES; g++)
		gate_row(r, g, out);
	fputs("</tbody></table></div>\n", out);
	if (results_unread(r, unread, sizeof(unread))[0] != '\0')
		fprintf(out, "<p>Not read, so not judged: %s.</p>\n", unread);
	if (results_late(r, late, sizeof(late))[0] != '\0') {
		fputs("<p>" REPORT_LATE " ", out);
		escape_html(late, out);
		fputs(".</p>\n", out);
	}
}

static void
void_list(const struct results *r, FILE *out)
{

	if (results_voided(r) == 0) {
		fputs("<p>No block was voided.</p>\n", out);
		return;
	}
	fprintf(out, "<p>%zu of %zu blocks are void, for all targets alike:"
	    "</p>\n<ul>\n", results_voided(r), r->block_count);
	for (size_t b = 0; b < r->block_count; b++) {
		if (!r->blocks[b].void_)
			continue;
		fprintf(out, "<li>Block %zu: ", b + 1);
		escape_html(r->blocks[b].reason, out);
		fputs("</li>\n", out);
	}
	fputs("</ul>\n", out);
}

/* Whether voiding changed what is said. */
static void
with_and_without(const struct results *r, FILE *out)
{
	size_t changed = 0;

	for (size_t i = 0; i < r->ratio_count; i++)
		changed += r->ratios[i].verdict != r->ratios[i].verdict_all;
	/* Where no block is valid, there is no verdict that could change. */
	if (results_voided(r) == 0 || results_voided(r) == r->block_count)
		return;
	if (changed == 0) {
		fputs("<p>With the voided blocks put back, every verdict is "
		    "the same.</p>\n", out);
		return;
	}
	fputs("<p>With the voided blocks put back, these verdicts change:"
	    "</p>\n<ul>\n", out);
	for (size_t i = 0; i < r->ratio_count; i++) {
		const struct results_ratio *x = &r->ratios[i];

		if (x->verdict == x->verdict_all)
			continue;
		fprintf(out, "<li>%s of ", metric_info(x->metric)->title);
		escape_html(r->targets[x->target].name, out);
		fprintf(out, ": %s, %.3f [%.3f, %.3f] instead of %s</li>\n",
		    stats_verdict_name(x->verdict_all), x->all.value,
		    x->all.low, x->all.high, stats_verdict_name(x->verdict));
	}
	fputs("</ul>\n", out);
}

static void
error_list(const struct results *r, FILE *out)
{
	int any = 0;

	for (uint32_t p = 0; p < r->point_count; p++) {
		for (uint32_t t = 0; t < r->target_count; t++) {
			const struct results_cell *c = results_cell(r, p, t);

			if (c == NULL || c->pooled == NULL ||
			    record_bad_total(c->pooled) == 0)
				continue;
			fputs(any ? "" : "<p>Requests without a good reply, "
			    "in valid blocks:</p>\n<ul>\n", out);
			any = 1;
			fputs("<li>", out);
			escape_html(r->targets[t].name, out);
			for (unsigned e = 0; e < RECORD_ERRORS; e++)
				if (c->pooled->errors[e] > 0)
					fprintf(out, " %s %" PRIu64,
					    record_error_name(e),
					    c->pooled->errors[e]);
			fprintf(out, ", of %" PRIu64 "</li>\n",
			    c->pooled->planned);
		}
	}
	fputs(any ? "</ul>\n" : "", out);
}

/* The median and the largest of one more reading, as a line. */
static void
more_readings(const struct results *r, FILE *out)
{
	double hiccup = NAN, pressure = NAN, low = NAN, high = NAN;

	for (size_t b = 0; b < r->block_count; b++) {
		for (size_t t = 0; t < r->blocks[b].trial_count; t++) {
			const struct gates_readings *g =
			    &r->blocks[b].trials[t].readings;

			hiccup = fmax(hiccup, g->hiccup);
			pressure = fmax(pressure, g->pressure);
			low = fmin(low, g->spin);
			high = fmax(high, g->spin);
		}
	}
	fputs("<dl>\n", out);
	if (!isnan(r->client_floor_us))
		fprintf(out, "<dt>generator</dt><dd>%.3g \xc2\xb5s of client "
		    "CPU per request against a null target</dd>\n",
		    r->client_floor_us);
	if (!isnan(r->client_top_rate))
		fprintf(out, "<dt>its top rate</dt><dd>%.0f requests per "
		    "second</dd>\n", r->client_top_rate);
	if (!isnan(r->floor_p99_us))
		fprintf(out, "<dt>its floor</dt><dd>p50 %.4g \xc2\xb5s, p99 "
		    "%.4g \xc2\xb5s</dd>\n", r->floor_p50_us,
		    r->floor_p99_us);
	if (!isnan(hiccup))
		fprintf(out, "<dt>hiccups</dt><dd>p99 %.4g \xc2\xb5s in the "
		    "worst trial: quote no percentile below it</dd>\n",
		    hiccup / 1e3);
	if (!isnan(pressure))
		fprintf(out, "<dt>CPU pressure</dt><dd>%.3g%% in the worst "
		    "trial</dd>\n", 100 * pressure);
	if (low > 0)
		fprintf(out, "<dt>fixed spin loop</dt><dd>slowest trial %.3g "
		    "times the fastest</dd>\n", high / low);
	fputs("</dl>\n", out);
}

static void
fairness_list(const struct results *r, FILE *out)
{
	size_t flagged = 0, read = 0;

	for (size_t b = 0; b < r->block_count; b++) {
		for (size_t t = 0; t < r->blocks[b].trial_count; t++) {
			const struct stats_fairness *f =
			    &r->blocks[b].trials[t].fairness;

			if (!(f->jain > 0))
				continue;
			read++;
			flagged += f->p_uneven < 0.001 ||
			    (double)f->starved > f->starved_expected + 3;
		}
	}
	if (read > 0)
		fprintf(out, "<p>Fairness between connections: %zu of %zu "
		    "trials are less even than chance allows (p &lt; 0.1%%, "
		    "or starved connections).</p>\n", flagged, read);
}

/* Whether it matters which trial of a block comes first. */
static void
order_line(const struct results *r, FILE *out)
{
	uint64_t more, less;

	results_order(r, METRIC_CPU, &more, &less);
	if (more + less > 0)
		fprintf(out, "<p>Order: of two trials of the same program in a "
		    "block, the later one cost more CPU in %" PRIu64 " of %"
		    PRIu64 " blocks (sign test: p = %.2g).</p>\n", more,
		    more + less, stats_sign_test(more, less));
}

void
report_validity(const struct results *r, FILE *out)
{

	fputs("<h2>Validity</h2>\n", out);
	for (size_t i = 0; i < r->note_count; i++) {
		fputs("<p class=\"note\">", out);
		escape_html(r->notes[i].text, out);
		fputs("</p>\n", out);
	}
	if (r->block_count > 0) {
		void_list(r, out);
		with_and_without(r, out);
		gate_table(r, out);
		error_list(r, out);
		fairness_list(r, out);
		order_line(r, out);
		more_readings(r, out);
	}
	fputs("<details><summary>How to read these figures</summary>\n"
	    "<p>The unit of inference is the trial, not the request: requests "
	    "of one trial are correlated. Each block runs every target once, "
	    "in random order; a failed gate voids the whole block.</p>\n"
	    "<p>On loopback the sender pays for delivery: the server for "
	    "putting its reply into the client&#39;s socket and for waking "
	    "it. User and system time add up exactly; their split is sampled."
	    "</p>\n"
	    "<p>Where client and server share the processors, a client cost c "
	    "compresses every ratio of throughputs: a server that costs b "
	    "instead of a shows (b + c) / (a + c), not b / a. So server CPU "
	    "per request at equal offered load comes first.</p></details>\n",
	    out);
}
