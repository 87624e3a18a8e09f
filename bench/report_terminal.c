/*
 * The table for a terminal: a column per target, as many as fit, the rest
 * beneath.
 */
#include "report.h"
#include "escape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST 24
#define COLUMN 26

/** How to write, and where. */
struct page {
	FILE *out;
	unsigned columns; /* of targets, side by side */
	int colour;
	int owed;         /* blanks not yet written */
};

static const char *
on(const struct page *page, const char *code)
{

	return (page->colour ? code : "");
}

/* Write escaped text at the left of the first column; cut if too long. */
static void
label(struct page *page, const char *text)
{
	char cut[FIRST + 1];

	snprintf(cut, sizeof(cut), "%.*s", FIRST, text);
	escape_terminal(cut, page->out);
	page->owed = FIRST - (int)strlen(cut);
}

/*
 * Write escaped text at the right of a column; cut if too long. Blanks are
 * owed until something follows them, so that no line ends with any.
 */
static void
field(struct page *page, const char *text)
{
	char cut[COLUMN];

	snprintf(cut, sizeof(cut), "%.*s", COLUMN - 1, text);
	page->owed += COLUMN - (int)strlen(cut);
	if (cut[0] == '\0')
		return;
	fprintf(page->out, "%*s", page->owed, "");
	escape_terminal(cut, page->out);
	page->owed = 0;
}

static void
end_line(struct page *page)
{

	page->owed = 0;
	fprintf(page->out, "%s\n", on(page, "\033[0m"));
}

/* The targets of one stripe of the table, from `*next` on. */
static size_t
stripe(const struct results *r, struct page *page, uint32_t *next,
    uint32_t *targets)
{
	size_t n = 0;

	while (*next < r->target_count && n < page->columns) {
		uint32_t t = (*next)++;

		if (r->targets[t].skipped[0] == '\0')
			targets[n++] = t;
	}
	return (n);
}

static void
head_row(const struct results *r, struct page *page,
    const uint32_t *targets, size_t n)
{

	fputs(on(page, "\033[1m"), page->out);
	page->owed = FIRST;
	for (size_t i = 0; i < n; i++)
		field(page, r->targets[targets[i]].name);
	end_line(page);
}

/* "1.07 [1.04, 1.09] worse" */
static void
ratio_text(const struct results_ratio *x, char *text, size_t size)
{
	static const char *const short_names[] = { [STATS_BETTER] = "better",
		[STATS_WORSE] = "worse", [STATS_NOISE] = "noise",
		[STATS_VOID] = "void" };
	const struct stats_interval *shown = results_shown(x);

	if (shown->n < 2) {
		snprintf(text, size, "%.2fx, one block", shown->value);
		return;
	}
	snprintf(text, size, shown->high >= 10 ? "%.3gx [%.3g,%.3g] %s" :
	    "%.2fx [%.2f,%.2f] %s", shown->value, shown->low, shown->high,
	    x->control ? "A/A" : short_names[x->verdict]);
}

static void
ratio_row(const struct results *r, struct page *page, uint32_t point,
    enum metric metric, const uint32_t *targets, size_t n)
{
	char text[80];
	int any = 0;

	for (size_t i = 0; i < n; i++) {
		const struct results_ratio *x = results_find(r, point,
		    targets[i], metric);

		any |= x != NULL;
	}
	if (!any)
		return;
	fputs(on(page, "\033[2m"), page->out);
	page->owed = FIRST;
	for (size_t i = 0; i < n; i++) {
		const struct results_ratio *x = results_find(r, point,
		    targets[i], metric);

		text[0] = '\0';
		if (x != NULL)
			ratio_text(x, text, sizeof(text));
		else if (targets[i] == r->baseline)
			snprintf(text, sizeof(text), "baseline");
		field(page, text);
	}
	end_line(page);
}

static const char *
short_title(enum metric metric)
{

	return (metric == METRIC_SWITCH ? "switches" :
	    metric == METRIC_SWITCH_FORCED ? "  involuntary" :
	    metric == METRIC_CPU_USER ? "  user" :
	    metric == METRIC_CPU_SYSTEM ? "  system" :
	    metric_info(metric)->title);
}

static const char *
short_unit(const char *unit)
{

	return (strcmp(unit, "us/request") == 0 ? "us/req" :
	    strcmp(unit, "/request") == 0 ? "/req" :
	    strcmp(unit, "bytes/connection") == 0 ? "B/conn" :
	    strcmp(unit, "requests/s") == 0 ? "req/s" :
	    strcmp(unit, "connections/s") == 0 ? "conn/s" : unit);
}

/* A value; with one target there is room for its interval. */
static void
value_text(const struct stats_interval *v, enum metric metric, int interval,
    char *text, size_t size)
{
	char value[24], low[24], high[24];

	metric_format(metric, v->value, value, sizeof(value));
	if (!interval || v->n == 0 || !(v->coverage > 0)) {
		snprintf(text, size, "%s", value);
		return;
	}
	snprintf(text, size, "%s [%s,%s]", value, metric_format(metric,
	    v->low, low, sizeof(low)), metric_format(metric, v->high, high,
	    sizeof(high)));
}

static void
metric_rows(const struct results *r, struct page *page, uint32_t point,
    enum metric metric, const uint32_t *targets, size_t n)
{
	const struct metric_info *info = metric_info(metric);
	char text[80];
	int any = 0;

	for (size_t i = 0; i < n; i++)
		any |= results_cell(r, point, targets[i])->value[metric].n > 0;
	if (!any)
		return;
	snprintf(text, sizeof(text), "%s %s", short_title(metric),
	    short_unit(info->unit));
	label(page, text);
	for (size_t i = 0; i < n; i++) {
		const struct results_cell *c = results_cell(r, point,
		    targets[i]);

		value_text(&c->value[metric], metric, r->target_count == 1,
		    text, sizeof(text));
		field(page, text);
	}
	end_line(page);
	ratio_row(r, page, point, metric, targets, n);
}

static void
limiter_row(const struct results *r, struct page *page, uint32_t point,
    const uint32_t *targets, size_t n)
{

	label(page, "limited by");
	for (size_t i = 0; i < n; i++) {
		const struct results_cell *c = results_cell(r, point,
		    targets[i]);

		field(page, c->failed[0] != '\0' ? "DID NOT RUN" : c->overload ?
		    "OVERLOAD" : c->limiter);
	}
	end_line(page);
}

/* Why, in full: a column has no room for it. */
static void
failures(const struct results *r, struct page *page, uint32_t point)
{
	for (uint32_t t = 0; t < r->target_count; t++) {
		const char *why = results_failure(r, point, t);

		if (why == NULL)
			continue;
		escape_terminal(r->targets[t].name, page->out);
		fputs(" did not run: ", page->out);
		escape_terminal(why, page->out);
		putc('\n', page->out);
	}
}

static void
audit_rows(const struct results *r, struct page *page, uint32_t point,
    const uint32_t *targets, size_t n)
{
	char text[32];

	for (unsigned a = 0; a < RESULTS_AUDITS; a++) {
		label(page, results_audit(r, point, targets[0], a, text,
		    sizeof(text)));
		for (size_t i = 0; i < n; i++) {
			(void)results_audit(r, point, targets[i], a, text,
			    sizeof(text));
			field(page, text[0] != '\0' ? text : "-");
		}
		end_line(page);
	}
}

static void
point_table(const struct results *r, struct page *page,
    uint32_t point)
{
	uint32_t *targets, next = 0;
	char model[RESULTS_TEXT];
	size_t n;

	targets = malloc(r->target_count * sizeof(*targets));
	if (targets == NULL)
		return;
	putc('\n', page->out);
	escape_terminal(results_model(r, point, model, sizeof(model)),
	    page->out);
	putc('\n', page->out);
	if (results_cell(r, point, 0)->voided)
		fputs("NO BLOCK IS VALID: the figures are of void blocks\n",
		    page->out);
	while ((n = stripe(r, page, &next, targets)) > 0) {
		head_row(r, page, targets, n);
		for (unsigned m = 0; m < METRICS; m++)
			metric_rows(r, page, point, m, targets, n);
		limiter_row(r, page, point, targets, n);
		audit_rows(r, page, point, targets, n);
	}
	failures(r, page, point);
	free(targets);
}

static void
searches(const struct results *r, struct page *page)
{
	char text[RESULTS_TEXT * 2];

	for (size_t i = 0; i < r->search_count; i++) {
		const struct results_search *s = &r->searches[i];

		if (s->target < r->target_count)
			escape_terminal(r->targets[s->target].name,
			    page->out);
		fputs(results_where(r, s, text, sizeof(text)), page->out);
		putc(' ', page->out);
		escape_terminal(s->objective, page->out);
		fputs(": ", page->out);
		escape_terminal(results_answer(s, text, sizeof(text)),
		    page->out);
		if (s->rate > 0 && s->stopped[0] != '\0') {
			fputs("; above it: ", page->out);
			escape_terminal(s->stopped, page->out);
		}
		putc('\n', page->out);
	}
}

/* Write a sentence in lines no longer than the page. */
static void
sentence(const char *text, unsigned width, FILE *out)
{
	size_t at = 0;

	while (*text != '\0') {
		size_t word = strcspn(text, " ");
		char part[RESULTS_LONG];

		if (at > 0 && width > 0 && at + 1 + word > width) {
			putc('\n', out);
			at = 0;
		}
		snprintf(part, sizeof(part), "%s%.*s", at > 0 ? " " : "",
		    (int)word, text);
		escape_terminal(part, out);
		at += word + (at > 0);
		text += word + (text[word] == ' ');
	}
	putc('\n', out);
}

static void
voids(const struct results *r, struct page *page, unsigned width)
{
	size_t voided = results_voided(r);
	char unread[RESULTS_TEXT], text[RESULTS_TEXT + 32];

	putc('\n', page->out);
	for (size_t i = 0; i < r->note_count; i++) {
		fputs("note: ", page->out);
		escape_terminal(r->notes[i].text, page->out);
		putc('\n', page->out);
	}
	if (results_unread(r, unread, sizeof(unread))[0] != '\0') {
		snprintf(text, sizeof(text), "not read, so not judged: %s",
		    unread);
		sentence(text, width > 0 ? width : 100, page->out);
	}
	if (results_late(r, unread, sizeof(unread))[0] != '\0') {
		fputs("late: the client, by more than the p50 of the response, "
		    "at its p99:\n  ", page->out);
		escape_terminal(unread, page->out);
		putc('\n', page->out);
	}
	if (r->block_count > 0 || r->search_count == 0)
		fprintf(page->out, "void: %zu of %zu blocks\n", voided,
		    r->block_count);
	for (size_t b = 0; b < r->block_count; b++) {
		if (!r->blocks[b].void_)
			continue;
		fprintf(page->out, "  #%zu ", b + 1);
		escape_terminal(r->blocks[b].reason, page->out);
		putc('\n', page->out);
	}
}

int
report_terminal(const struct results *r, unsigned width, int colour,
    FILE *out)
{
	struct page page = { out, 1000, colour, 0 };

	if (width > 0)
		page.columns = width > FIRST + 2 * COLUMN ?
		    (width - FIRST) / COLUMN : 1;
	fputs(on(&page, "\033[1m"), out);
	sentence(r->headline[0] != '\0' ? r->headline :
	    "Nothing was measured.", width > 0 ? width : 100, out);
	fputs(on(&page, "\033[0m"), out);
	if (r->basis[0] != '\0')
		sentence(r->basis, width > 0 ? width : 100, out);
	if (r->partial)
		fputs("Interrupted: what is here is valid, but there is less "
		    "of it than was asked for.\n", out);
	searches(r, &page);
	if (r->cells != NULL && r->target_count > 0)
		for (uint32_t p = 0; p < r->point_count; p++)
			if (results_ran(r, p))
				point_table(r, &page, p);
	voids(r, &page, width);
	return (ferror(out) ? -1 : 0);
}
