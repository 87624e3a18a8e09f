/*
 * The table of `tail`, as Markdown, which a terminal shows well enough.
 */
#include "config.h"

#include <inttypes.h>
#include <math.h>

#include "json.h"
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

int
tail_report(const struct cmdline *o, int argc, char **argv,
    const struct tail_row *rows, size_t count, FILE *out)
{
	char law[80];

	fprintf(out, "Percentiles of the response, relative to an ideal: one "
	    "queue, first come first served,\nbefore %" PRIu64 " servers, "
	    "which gets the same requests at the times at which they were "
	    "sent.\nOpen loop, Poisson, %.0f connections; medians over %"
	    PRIu64 " blocks of %.3g s, with their 95%% interval\n(or what "
	    "fewer blocks give), and both sides in ms.\n\n", o->workers,
	    o->connections.value[0], o->blocks, (double)o->trial / 1e9);
	fputs("| target | service | load |", out);
	for (unsigned f = 0; f < TAIL_FIGURES; f++)
		fprintf(out, " %s |", tail_name(f));
	fputs(" lateness p99 |\n|---|---|---:|", out);
	for (unsigned f = 0; f < TAIL_FIGURES; f++)
		fputs("---:|", out);
	fputs("---:|\n", out);
	for (size_t i = 0; i < count; i++) {
		fprintf(out, "| %s | %s | %.2f |", rows[i].target,
		    service_text(&rows[i].service, law, sizeof(law)),
		    rows[i].load);
		for (unsigned f = 0; f < TAIL_FIGURES; f++)
			figure(&rows[i], f, out);
		fprintf(out, " %.0f us |\n", rows[i].late_p99);
	}
	putc('\n', out);
	notes(rows, count, out);
	fputs("- command: `", out);
	for (int i = 0; i < argc; i++)
		fprintf(out, "%s%s", i > 0 ? " " : "", argv[i]);
	fprintf(out, "`, seed %" PRIu64 "\n", o->seed);
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

int
tail_json(const struct cmdline *o, int argc, char **argv,
    const struct tail_row *rows, size_t count, FILE *out)
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
	json_hex(&j, "seed", o->seed);
	json_whole(&j, "workers", o->workers);
	json_number(&j, "trial_s", (double)o->trial / 1e9);
	json_open(&j, "rows", '[');
	for (size_t i = 0; i < count; i++)
		row(&j, &rows[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	return (ferror(out) ? -1 : 0);
}
