/*
 * The HTML page: headline, table, figures, validity, machine, how to repeat.
 */
#include "report.h"
#include "report_part.h"
#include "escape.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void
element(FILE *out, const char *tag, const char *class, const char *text)
{

	fprintf(out, class != NULL ? "<%s class=\"%s\">" : "<%s>", tag, class);
	escape_html(text, out);
	fprintf(out, "</%s>\n", tag);
}

static void
head(const struct results *r, FILE *out)
{

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width,"
	    "initial-scale=1\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" "
	    "content=\"default-src 'none'; style-src 'unsafe-inline'; "
	    "img-src data:\">\n"
	    "<link rel=\"icon\" href=\"data:,\">\n<title>", out);
	escape_html(r->tool, out);
	putc(' ', out);
	escape_html(r->command, out);
	fputs("</title>\n<style>\n", out);
	fputs(report_style(), out);
	fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

static void
lede(const struct results *r, FILE *out)
{
	char text[RESULTS_LONG], model[RESULTS_TEXT];
	size_t voided = results_voided(r);

	snprintf(text, sizeof(text), "%s %s \xc2\xb7 %s \xc2\xb7 %.0f s "
	    "\xc2\xb7 seed %" PRIu64, r->tool, r->command, r->started,
	    r->seconds, r->seed);
	element(out, "p", "over", text);
	element(out, "h1", NULL, r->headline[0] != '\0' ? r->headline :
	    "Nothing was measured.");
	if (r->basis[0] != '\0')
		element(out, "p", "lede", r->basis);
	if (r->block_count > 0) {
		snprintf(text, sizeof(text), "Load: %s.", results_model(r,
		    report_point(r), model, sizeof(model)));
		element(out, "p", "lede", text);
	}
	if (r->partial)
		element(out, "p", "warn", "This run was interrupted: what is "
		    "here is valid, but there is less of it than was asked "
		    "for.");
	if (voided > 0 && voided == r->block_count)
		element(out, "p", "warn", "Every block is void. The reasons "
		    "are under Validity.");
}

static const char *
arrow(enum stats_verdict verdict)
{

	switch (verdict) {
	case STATS_BETTER:
		return ("\xe2\x96\xb2 ");
	case STATS_WORSE:
		return ("\xe2\x96\xbc ");
	case STATS_NOISE:
		return ("\xe2\x89\x88 ");
	case STATS_VOID:
		break;
	}
	return ("");
}

/* The ratio beneath a value, with its verdict. */
static void
ratio_line(const struct results_ratio *x, FILE *out)
{
	const struct stats_interval *shown = results_shown(x);
	const char *class = x->control ? "control" :
	    x->verdict == STATS_BETTER ? "better" :
	    x->verdict == STATS_WORSE ? "worse" : "noise";

	if (shown->n < 2) {
		fprintf(out, "<small>%.3f\xc3\x97</small><small>one block: "
		    "no interval</small>", shown->value);
		return;
	}
	fprintf(out, "<small>%.3f\xc3\x97 [%.3f, %.3f]</small>"
	    "<small class=\"%s\">%s<b>%s</b></small>", shown->value,
	    shown->low, shown->high, class,
	    x->control ? "" : arrow(x->verdict), x->control ? "A/A control" :
	    stats_verdict_name(x->verdict));
}

/* What a cell says where the value is infinite: at least how long. */
static const char *
value_text(const struct results_cell *c, enum metric metric, char *text,
    size_t size)
{
	static const struct { enum metric metric; double p; } rows[] = {
		{ METRIC_P50, .5 }, { METRIC_P90, .9 }, { METRIC_P99, .99 },
		{ METRIC_P999, .999 }, { METRIC_MAX, 1 },
	};
	const struct stats_interval *v = &c->value[metric];
	char number[32];

	if (v->n == 0)
		return ("\xe2\x80\x93");
	for (size_t i = 0; i < 5 && isinf(v->value); i++) {
		if (rows[i].metric != metric || c->pooled == NULL)
			continue;
		snprintf(text, size, "> %s", metric_format(metric,
		    (double)hist_quantile_floor(&c->pooled->response,
		    &c->pooled->ages, rows[i].p) / 1e3, number,
		    sizeof(number)));
		return (text);
	}
	return (metric_format(metric, v->value, text, size));
}

static int
any_value(const struct results *r, uint32_t point, enum metric metric)
{

	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct results_cell *c = results_cell(r, point, t);

		if (c != NULL && c->value[metric].n > 0)
			return (1);
	}
	return (0);
}

static void
table_head(const struct results *r, const char *first, FILE *out)
{

	fprintf(out, "<thead><tr><th>%s</th>", first);
	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct results_target *x = &r->targets[t];

		if (x->skipped[0] != '\0')
			continue;
		fputs("<th>", out);
		escape_html(x->name, out);
		if (t == r->baseline && r->target_count > 1)
			fputs("<small>baseline</small>", out);
		else if (x->same_as < r->target_count) {
			fputs("<small>same as ", out);
			escape_html(r->targets[x->same_as].name, out);
			fputs("</small>", out);
		}
		fputs("</th>", out);
	}
	fputs("</tr></thead>\n", out);
}

/* A unit as it is set in type. */
static const char *
unit_text(const struct metric_info *info)
{

	if (strcmp(info->unit, "us") == 0)
		return ("\xc2\xb5s");
	if (strcmp(info->unit, "us/request") == 0)
		return ("\xc2\xb5s per request");
	if (strcmp(info->unit, "/request") == 0)
		return ("per request");
	return (info->unit);
}

static void
metric_row(const struct results *r, uint32_t point, enum metric metric,
    int intervals, FILE *out)
{
	const struct metric_info *info = metric_info(metric);
	char text[64], low[32], high[32];

	fprintf(out, "<tr%s><th>%s<small>%s</small></th>",
	    metric == METRIC_CPU ? " class=\"lead\"" : "", info->title,
	    unit_text(info));
	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct results_cell *c = results_cell(r, point, t);
		const struct stats_interval *v = &c->value[metric];
		const struct results_ratio *x = results_find(r, point, t,
		    metric);

		if (r->targets[t].skipped[0] != '\0')
			continue;
		fputs("<td>", out);
		escape_html(value_text(c, metric, text, sizeof(text)), out);
		if (intervals && v->n > 0 && v->coverage > 0)
			fprintf(out, "<small>[%s, %s]</small>"
			    "<small>%.1f%%, %s</small>",
			    metric_format(metric, v->low, low, sizeof(low)),
			    metric_format(metric, v->high, high,
			    sizeof(high)), 100 * v->coverage, v->n == 1 ?
			    "of the requests" : "over the blocks");
		else if (!intervals && x != NULL)
			ratio_line(x, out);
		fputs("</td>", out);
	}
	fputs("</tr>\n", out);
}

/* One row of text per target. */
static void
text_rows(const struct results *r, uint32_t point, FILE *out)
{

	fputs("<tr><th>limited by</th>", out);
	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct results_cell *c = results_cell(r, point, t);

		if (r->targets[t].skipped[0] != '\0')
			continue;
		fputs("<td class=\"words\">", out);
		escape_html(c->failed[0] != '\0' ? c->failed : c->limiter,
		    out);
		if (c->overload)
			fputs("<small class=\"worse\"><b>overload</b></small>",
			    out);
		fputs("</td>", out);
	}
	fputs("</tr>\n", out);
}

/* What audits the figures above, a row for each that was read. */
static void
audit_rows(const struct results *r, uint32_t point, FILE *out)
{

	for (unsigned a = 0; a < RESULTS_AUDITS; a++) {
		const char *name = "";
		char text[32];
		int any = 0;

		for (uint32_t t = 0; t < r->target_count; t++) {
			name = results_audit(r, point, t, a, text,
			    sizeof(text));
			any |= text[0] != '\0';
		}
		if (!any)
			continue;
		fputs("<tr class=\"audit\"><th>", out);
		escape_html(name, out);
		fputs("</th>", out);
		for (uint32_t t = 0; t < r->target_count; t++) {
			if (r->targets[t].skipped[0] != '\0')
				continue;
			(void)results_audit(r, point, t, a, text,
			    sizeof(text));
			fprintf(out, "<td>%s</td>", text);
		}
		fputs("</tr>\n", out);
	}
}

static void
point_table(const struct results *r, uint32_t point, int intervals,
    FILE *out)
{

	fputs("<div class=\"wide\"><table>\n", out);
	table_head(r, "", out);
	fputs("<tbody>\n", out);
	for (unsigned m = 0; m < METRICS; m++) {
		if (any_value(r, point, m))
			metric_row(r, point, m, intervals, out);
	}
	if (!intervals || r->target_count == 1) {
		text_rows(r, point, out);
		audit_rows(r, point, out);
	}
	fputs("</tbody></table></div>\n", out);
}

static void
tables(const struct results *r, FILE *out)
{
	uint32_t point = report_point(r);
	char model[RESULTS_TEXT];

	report_searches(r, out);
	if (r->cells == NULL || r->point_count == 0 ||
	    r->target_count == 0 || !results_ran(r, point))
		return;
	fputs("<h2>Results</h2>\n", out);
	if (results_cell(r, point, 0)->voided)
		element(out, "p", "warn", "No block at this load is valid: "
		    "these figures are of void blocks, shown only for want of "
		    "better ones.");
	/* With one target there are no ratios: there is room for these. */
	point_table(r, point, r->target_count == 1, out);
	fputs("<p class=\"over\">Values are medians over the valid blocks. "
	    "Latency counts from the intended time (response); a request "
	    "never answered is infinite.", out);
	if (r->target_count > 1)
		fputs(" Beneath, the ratio to the baseline: the median of the "
		    "ratios of paired blocks, with its exact order-statistic "
		    "interval.", out);
	fputs("</p>\n", out);
	if (r->target_count > 1) {
		fputs("<details><summary>The same values with their intervals"
		    "</summary>\n", out);
		point_table(r, point, 1, out);
		fputs("</details>\n", out);
	}
	for (uint32_t p = 0; p < r->point_count; p++) {
		if (p == point || !results_ran(r, p))
			continue;
		fputs("<details><summary>", out);
		escape_html(results_model(r, p, model, sizeof(model)), out);
		fputs("</summary>\n", out);
		point_table(r, p, r->target_count == 1, out);
		fputs("</details>\n", out);
	}
}

int
report_html(const struct results *r, FILE *out)
{

	head(r, out);
	lede(r, out);
	tables(r, out);
	if (r->block_count > 0 || r->memory_count > 0)
		fputs("<h2>Charts</h2>\n", out);
	report_forest(r, out);
	report_curves(r, out);
	report_spectrum(r, out);
	report_timeline(r, out);
	report_series(r, out);
	report_heat(r, out);
	report_fair(r, out);
	report_lateness(r, out);
	report_validity(r, out);
	report_machine(r, out);
	report_again(r, out);
	fputs("</main>\n</body>\n</html>\n", out);
	return (ferror(out) ? -1 : 0);
}
