/*
 * The report as Markdown: headline, tables, validity, machine.
 */
#include "report.h"
#include "report_part.h"
#include "escape.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static int
shown(const struct results *r, uint32_t target)
{

	return (r->targets[target].skipped[0] == '\0');
}

static void
table_head(const struct results *r, FILE *out)
{

	fputs("| |", out);
	for (uint32_t t = 0; t < r->target_count; t++) {
		if (!shown(r, t))
			continue;
		putc(' ', out);
		escape_markdown(r->targets[t].name, out);
		fputs(t == r->baseline && r->target_count > 1 ?
		    " (baseline) |" : " |", out);
	}
	fputs("\n|---|", out);
	for (uint32_t t = 0; t < r->target_count; t++)
		fputs(shown(r, t) ? "---:|" : "", out);
	putc('\n', out);
}

static void
value_cell(const struct results *r, uint32_t point, uint32_t target,
    enum metric metric, FILE *out)
{
	const struct stats_interval *v =
	    &results_cell(r, point, target)->value[metric];
	const struct results_ratio *x = results_find(r, point, target,
	    metric);
	char value[32], low[32], high[32];

	if (v->n == 0) {
		fputs(" - |", out);
		return;
	}
	fprintf(out, " %s", metric_format(metric, v->value, value,
	    sizeof(value)));
	if (v->coverage > 0)
		fprintf(out, " [%s, %s]", metric_format(metric, v->low, low,
		    sizeof(low)), metric_format(metric, v->high, high,
		    sizeof(high)));
	if (x != NULL && results_shown(x)->n < 2)
		fprintf(out, "<br>%.3fx, one block", results_shown(x)->value);
	else if (x != NULL)
		fprintf(out, "<br>%.3fx [%.3f, %.3f] %s",
		    results_shown(x)->value, results_shown(x)->low,
		    results_shown(x)->high, x->control ? "A/A" :
		    stats_verdict_name(x->verdict));
	fputs(" |", out);
}

static void
metric_row(const struct results *r, uint32_t point, enum metric metric,
    FILE *out)
{
	const struct metric_info *info = metric_info(metric);
	int any = 0;

	for (uint32_t t = 0; t < r->target_count; t++)
		any |= results_cell(r, point, t)->value[metric].n > 0;
	if (!any)
		return;
	fprintf(out, "| %s%s%s |", info->title, info->unit[0] != '\0' ? ", " :
	    "", info->unit);
	for (uint32_t t = 0; t < r->target_count; t++) {
		if (shown(r, t))
			value_cell(r, point, t, metric, out);
	}
	putc('\n', out);
}

static void
audit_rows(const struct results *r, uint32_t point, FILE *out)
{
	char text[32];

	for (unsigned a = 0; a < RESULTS_AUDITS; a++) {
		fprintf(out, "| %s |", results_audit(r, point, 0, a, text,
		    sizeof(text)));
		for (uint32_t t = 0; t < r->target_count; t++) {
			if (!shown(r, t))
				continue;
			(void)results_audit(r, point, t, a, text,
			    sizeof(text));
			fprintf(out, " %s |", text[0] != '\0' ? text : "-");
		}
		putc('\n', out);
	}
}

static void
point_table(const struct results *r, uint32_t point, FILE *out)
{
	char model[RESULTS_TEXT];

	fputs("\n**Load:** ", out);
	escape_markdown(results_model(r, point, model, sizeof(model)), out);
	fputs("\n\n", out);
	if (results_cell(r, point, 0)->voided)
		fputs("**No block at this load is valid:** these figures are "
		    "of void blocks.\n\n", out);
	table_head(r, out);
	for (unsigned m = 0; m < METRICS; m++)
		metric_row(r, point, m, out);
	fputs("| limited by |", out);
	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct results_cell *c = results_cell(r, point, t);

		if (!shown(r, t))
			continue;
		putc(' ', out);
		escape_markdown(c->failed[0] != '\0' ? c->failed : c->limiter,
		    out);
		fputs(c->overload ? " (overload) |" : " |", out);
	}
	putc('\n', out);
	audit_rows(r, point, out);
}

/* The trials of a search, one by one. */
static void
attempts(const struct results *r, const struct results_search *s, FILE *out)
{
	char text[80];

	if (s->attempt_count == 0)
		return;
	fputs("\n", out);
	if (s->target < r->target_count)
		escape_markdown(r->targets[s->target].name, out);
	fprintf(out, "%s, trial by trial:\n\n| requests/s | s | ",
	    results_where(r, s, text, sizeof(text)));
	escape_markdown(s->objective, out);
	fputs(", us | server CPU, us/request | | |\n"
	    "|---:|---:|---:|---:|---|---|\n", out);
	for (size_t i = 0; i < s->attempt_count; i++) {
		const struct results_attempt *a = &s->attempts[i];

		fprintf(out, "| %s", metric_format(METRIC_THROUGHPUT, a->rate,
		    text, sizeof(text)));
		fprintf(out, " | %.3g", (double)a->length / 1e9);
		fprintf(out, " | %s", metric_format(METRIC_P99, a->measured,
		    text, sizeof(text)));
		fprintf(out, " | %s | %s | ", metric_format(METRIC_CPU,
		    a->cpu, text, sizeof(text)), results_outcome(a->outcome));
		escape_markdown(a->why, out);
		fputs(" |\n", out);
	}
}

static void
searches(const struct results *r, FILE *out)
{
	char text[RESULTS_TEXT * 2];

	if (r->search_count == 0)
		return;
	fputs("\n## Highest rate within the objective\n\n"
	    "| target | objective | highest rate | above it | trials |\n"
	    "|---|---|---|---|---:|\n", out);
	for (size_t i = 0; i < r->search_count; i++) {
		const struct results_search *s = &r->searches[i];

		fputs("| ", out);
		if (s->target < r->target_count)
			escape_markdown(r->targets[s->target].name, out);
		fputs(results_where(r, s, text, sizeof(text)), out);
		fputs(" | ", out);
		escape_markdown(s->objective, out);
		fputs(" | ", out);
		escape_markdown(results_answer(s, text, sizeof(text)), out);
		fputs(" | ", out);
		escape_markdown(s->stopped, out);
		fprintf(out, " | %" PRIu32 " |\n", s->trials);
	}
	for (size_t i = 0; i < r->search_count; i++)
		attempts(r, &r->searches[i], out);
}

/* "| 3,977 (3,902 to 4,011) | 3,990 | 3,975, bends |": a slope, halves. */
static void
slope_cells(const struct results_slope_part *part, enum metric metric,
    FILE *out)
{
	const struct stats_interval *v = &part->slope;
	char value[32], low[32], high[32];

	if (v->n == 0) {
		fputs(" - | - | - |", out);
		return;
	}
	fprintf(out, " %s (%s to %s) |", metric_format(metric, v->value,
	    value, sizeof(value)), metric_format(metric, v->low, low,
	    sizeof(low)), metric_format(metric, v->high, high, sizeof(high)));
	fprintf(out, " %s | %s%s |", metric_format(metric, part->first, low,
	    sizeof(low)), metric_format(metric, part->last, high,
	    sizeof(high)), part->bends ? ", **bends**" : "");
}

static void
memory(const struct results *r, FILE *out)
{
	int any = 0;

	if (r->memory_count == 0 || r->slopes == NULL)
		return;
	for (size_t i = 0; i < 2 * r->target_count; i++) {
		const struct results_slope *s = &r->slopes[i];

		if (s->user.slope.n == 0)
			continue;
		fputs(any++ ? "" : "\n## Memory per connection (slope)\n\n"
		    "Bytes, by least squares over the numbers of connections: "
		    "the median over the blocks with its interval, and both "
		    "halves of the range. What the control differs by is "
		    "noise.\n\n| target | | user | lower half | upper half | "
		    "kernel | lower half | upper half |\n"
		    "|---|---|---:|---:|---:|---:|---:|---:|\n", out);
		fputs("| ", out);
		escape_markdown(r->targets[i / 2].name, out);
		fprintf(out, " | %s |", i % 2 ? "active" : "idle");
		slope_cells(&s->user, METRIC_MEMORY_USER, out);
		slope_cells(&s->kernel, METRIC_MEMORY_KERNEL, out);
		putc('\n', out);
	}
	for (size_t i = 0; i < r->memory_count; i++) {
		const struct results_memory *m = &r->memory[i];

		if (m->refused[0] == '\0' || m->target >= r->target_count)
			continue;
		fputs("\n- ", out);
		escape_markdown(r->targets[m->target].name, out);
		fprintf(out, " at %" PRIu32 " connections: ", m->connections);
		escape_markdown(m->refused, out);
		putc('\n', out);
	}
}

static void
validity(const struct results *r, FILE *out)
{
	char unread[RESULTS_TEXT], late[RESULTS_TEXT];

	fputs("\n## Validity\n\n", out);
	for (size_t i = 0; i < r->note_count; i++) {
		fputs("- ", out);
		escape_markdown(r->notes[i].text, out);
		putc('\n', out);
	}
	if (r->block_count > 0 || r->search_count == 0)
		fprintf(out, "- %zu of %zu blocks are void.\n",
		    results_voided(r), r->block_count);
	for (size_t b = 0; b < r->block_count; b++) {
		if (!r->blocks[b].void_)
			continue;
		fprintf(out, "- Block %zu is void: ", b + 1);
		escape_markdown(r->blocks[b].reason, out);
		putc('\n', out);
	}
	if (results_unread(r, unread, sizeof(unread))[0] != '\0')
		fprintf(out, "- Not read, so not judged: %s.\n", unread);
	if (results_late(r, late, sizeof(late))[0] != '\0') {
		fputs("- " REPORT_LATE " ", out);
		escape_markdown(late, out);
		fputs(".\n", out);
	}
	for (size_t i = 0; i < r->ratio_count; i++) {
		const struct results_ratio *x = &r->ratios[i];

		if (x->verdict == x->verdict_all)
			continue;
		fprintf(out, "- With void blocks put back, %s of ",
		    metric_info(x->metric)->title);
		escape_markdown(r->targets[x->target].name, out);
		fprintf(out, " is %s: %.3fx [%.3f, %.3f].\n",
		    stats_verdict_name(x->verdict_all), x->all.value,
		    x->all.low, x->all.high);
	}
	if (!isnan(r->client_floor_us))
		fprintf(out, "- The generator costs %.3g us per request "
		    "against a null target.\n", r->client_floor_us);
}

void
report_facts(const struct results *r, FILE *out)
{

	for (size_t i = 0; i < r->fact_count; i++) {
		fputs("| ", out);
		escape_markdown(r->facts[i].group, out);
		fputs(" | ", out);
		escape_markdown(r->facts[i].name, out);
		fputs(" | ", out);
		escape_markdown(r->facts[i].value, out);
		fputs(" |\n", out);
	}
}

void
report_targets(const struct results *r, FILE *out)
{

	for (size_t t = 0; t < r->target_count; t++) {
		fputs("- **", out);
		escape_markdown(r->targets[t].name, out);
		fputs("**: ", out);
		escape_markdown(r->targets[t].command, out);
		if (r->targets[t].version[0] != '\0') {
			fputs(" (", out);
			escape_markdown(r->targets[t].version, out);
			putc(')', out);
		}
		if (r->targets[t].skipped[0] != '\0') {
			fputs(" (skipped: ", out);
			escape_markdown(r->targets[t].skipped, out);
			putc(')', out);
		}
		putc('\n', out);
	}
}

static void
machine(const struct results *r, FILE *out)
{

	if (r->fact_count > 0)
		fputs("\n## Machine\n\n| | | |\n|---|---|---|\n", out);
	report_facts(r, out);
	fputs("\n## Targets\n\n", out);
	report_targets(r, out);
}

int
report_markdown(const struct results *r, FILE *out)
{

	fputs("# ", out);
	escape_markdown(r->headline[0] != '\0' ? r->headline :
	    "Nothing was measured.", out);
	fputs("\n\n", out);
	if (r->basis[0] != '\0') {
		escape_markdown(r->basis, out);
		fputs("\n\n", out);
	}
	escape_markdown(r->tool, out);
	putc(' ', out);
	escape_markdown(r->command, out);
	fputs(", ", out);
	escape_markdown(r->started, out);
	fprintf(out, ", %.0f s, seed %" PRIu64 ", schema %d.\n", r->seconds,
	    r->seed, RESULTS_SCHEMA);
	if (r->partial)
		fputs("\n**Interrupted:** what is here is valid, but there is "
		    "less of it than was asked for.\n", out);
	searches(r, out);
	if (r->cells != NULL && r->target_count > 0 && r->point_count > 0 &&
	    (r->block_count > 0 || r->search_count == 0)) {
		fputs("\n## Results\n\nMedians over the valid blocks with "
		    "their intervals; beneath, the ratio to the baseline over "
		    "paired blocks.\n", out);
		for (uint32_t p = 0; p < r->point_count; p++)
			if (results_ran(r, p))
				point_table(r, p, out);
	}
	memory(r, out);
	validity(r, out);
	machine(r, out);
	return (ferror(out) ? -1 : 0);
}
