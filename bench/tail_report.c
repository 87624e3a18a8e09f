/*
 * The table of `tail`, as Markdown, which a terminal shows well enough.
 */
#include "config.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>

#include "escape.h"
#include "json.h"
#include "report_part.h"
#include "tail_run.h"

static const char *
service_text(const struct plan_service *s, char *text, size_t size)
{

	if (s->law == PLAN_EXPONENTIAL)
		snprintf(text, size, "exponential, mean %.4g ms",
		    s->low / 1e6);
	else if (s->law == PLAN_BIMODAL)
		snprintf(text, size, "%.4g%% %.4g ms, %.4g%% %.4g ms",
		    100 * s->share, s->low / 1e6, 100 - 100 * s->share,
		    s->high / 1e6);
	else
		snprintf(text, size, "fixed, %.4g ms", s->low / 1e6);
	return (text);
}

static void
figure(const struct tail_row *x, enum tail_figure f, FILE *out)
{
	const struct stats_interval *r = &x->ratio[f];

	if (r->n == 0) {
		fputs(" - |", out);
		return;
	}
	fprintf(out, " %.3f", r->value);
	if (r->n > 1)
		fprintf(out, " [%.3f, %.3f]", r->low, r->high);
	fprintf(out, " (%.4g/%.4g ms) |", x->value[f].measured / 1e6,
	    x->value[f].ideal / 1e6);
}

static void
notes(const struct tail_row *rows, size_t count, FILE *out)
{
	char law[80];

	for (size_t i = 0; i < count; i++) {
		const struct tail_row *x = &rows[i];

		if (x->valid == x->blocks)
			continue;
		fprintf(out, "- %s, %s, load %.2g: %u of %u blocks are "
		    "void%s: %s\n", x->target, service_text(&x->service, law,
		    sizeof(law)), x->load, x->blocks - x->valid, x->blocks,
		    x->valid == 0 ? ", and shown for want of better ones" :
		    "", x->reason);
	}
}

/* What the table is of, before it. */
static void
preface(const struct cmdline *o, const struct tail_table *t, FILE *out)
{
	unsigned least = UINT_MAX, most = 0;

	for (size_t i = 0; i < t->count; i++) {
		least = t->rows[i].blocks < least ? t->rows[i].blocks : least;
		most = t->rows[i].blocks > most ? t->rows[i].blocks : most;
	}
	if (t->partial)
		fputs("**Interrupted:** what is here is valid, but there is "
		    "less of it than was asked for.\n\n", out);
	fprintf(out, "Percentiles of the response, relative to an ideal: one "
	    "queue, first come first served,\nbefore %" PRIu64 " servers, "
	    "which gets the same requests at the times at which they were "
	    "sent.\nOpen loop, Poisson, %.0f connections; medians over ",
	    o->workers, o->connections.value[0]);
	if (least < most)
		fprintf(out, "%u to ", least);
	fprintf(out, "%u blocks of %.3g s, with their 95%% interval\n(or what "
	    "fewer blocks give), and both sides in ms.\n\n", most,
	    (double)o->trial / 1e9);
}

/* The machine and what ran, after it. */
static void
card(const struct results *r, FILE *out)
{

	fputs("\n| machine | | |\n|---|---|---|\n", out);
	report_facts(r, out);
	putc('\n', out);
	for (size_t i = 0; i < r->note_count; i++) {
		fputs("- ", out);
		escape_markdown(r->notes[i].text, out);
		putc('\n', out);
	}
	report_targets(r, out);
	fprintf(out, "- %s, %s\n", r->tool, r->started);
}

int
tail_report(const struct cmdline *o, int argc, char **argv,
    const struct tail_table *t, FILE *out)
{
	char law[80];

	preface(o, t, out);
	fputs("| target | service | load |", out);
	for (unsigned f = 0; f < TAIL_FIGURES; f++)
		fprintf(out, " %s |", tail_name(f));
	fputs(" lateness p99 |\n|---|---|---:|", out);
	for (unsigned f = 0; f < TAIL_FIGURES; f++)
		fputs("---:|", out);
	fputs("---:|\n", out);
	for (size_t i = 0; i < t->count; i++) {
		const struct tail_row *x = &t->rows[i];

		fprintf(out, "| %s | %s | %.2f |", x->target,
		    service_text(&x->service, law, sizeof(law)), x->load);
		for (unsigned f = 0; f < TAIL_FIGURES; f++)
			figure(x, f, out);
		if (x->blocks > 0)
			fprintf(out, " %.0f us |\n", x->late_p99);
		else
			fputs(" - |\n", out);
	}
	putc('\n', out);
	notes(t->rows, t->count, out);
	fputs("- command: `", out);
	for (int i = 0; i < argc; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "", argv[i]);
	fprintf(out, "`, seed %" PRIu64 "\n", o->seed);
	if (t->card != NULL)
		card(t->card, out);
	return (ferror(out) ? -1 : 0);
}

static void
row(struct json *j, const struct tail_row *x)
{
	char law[80];

	json_open(j, NULL, '{');
	json_text(j, "target", x->target);
	json_text(j, "service", plan_service_format(&x->service, law,
	    sizeof(law)));
	json_number(j, "load", x->load);
	json_whole(j, "blocks", x->blocks);
	json_whole(j, "valid_blocks", x->valid);
	json_text(j, "void_reason", x->reason);
	json_whole(j, "requests", x->requests);
	json_number(j, "lateness_p99_us", x->late_p99);
	json_open(j, "figures", '[');
	for (unsigned f = 0; f < TAIL_FIGURES; f++) {
		json_flat(j, NULL, '{');
		json_text(j, "name", tail_name(f));
		json_number(j, "ratio", x->ratio[f].value);
		json_number(j, "low", x->ratio[f].low);
		json_number(j, "high", x->ratio[f].high);
		json_number(j, "coverage", x->ratio[f].coverage);
		json_number(j, "measured_ns", x->value[f].measured);
		json_number(j, "ideal_ns", x->value[f].ideal);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void
facts(struct json *j, const struct results *r)
{

	json_text(j, "started", r->started);
	json_open(j, "machine", '[');
	for (size_t i = 0; i < r->fact_count; i++) {
		json_flat(j, NULL, '{');
		json_text(j, "group", r->facts[i].group);
		json_text(j, "name", r->facts[i].name);
		json_text(j, "value", r->facts[i].value);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_open(j, "targets", '[');
	for (size_t i = 0; i < r->target_count; i++) {
		json_flat(j, NULL, '{');
		json_text(j, "name", r->targets[i].name);
		json_text(j, "command", r->targets[i].command);
		json_text(j, "version", r->targets[i].version);
		json_close(j, '}');
	}
	json_close(j, ']');
}

int
tail_json(const struct cmdline *o, int argc, char **argv,
    const struct tail_table *t, FILE *out)
{
	struct json j = { .out = out };

	json_open(&j, NULL, '{');
	json_text(&j, "schema", "throng-bench-tail");
	json_whole(&j, "schema_version", 1);
	json_text(&j, "tool", "throng-bench " PACKAGE_VERSION);
	json_flat(&j, "arguments", '[');
	for (int i = 0; i < argc; i++)
		json_text(&j, NULL, argv[i]);
	json_close(&j, ']');
	json_truth(&j, "partial", t->partial);
	json_hex(&j, "seed", o->seed);
	json_whole(&j, "workers", o->workers);
	json_number(&j, "trial_s", (double)o->trial / 1e9);
	json_open(&j, "rows", '[');
	for (size_t i = 0; i < t->count; i++)
		row(&j, &t->rows[i]);
	json_close(&j, ']');
	facts(&j, t->card);
	json_close(&j, '}');
	return (ferror(out) ? -1 : 0);
}
