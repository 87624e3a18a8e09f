/*
 * Figures with one line per target: against load, and against connections.
 */
#include "report_part.h"
#include "escape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_MAX 64
#define PLOT_TOP 72.0
#define PLOT_HEIGHT 250.0
#define LEFT 62.0
#define GAP 84.0

/** The points of one sweep, in order of what was swept. */
struct sweep {
	uint32_t point[POINTS_MAX];
	double x[POINTS_MAX];
	size_t n;
};

/** One half of a figure, or the whole. */
struct panel {
	enum metric metric;
	const char *title;
	enum svg_unit unit;
	int log;
	size_t theory; /* 1: the p50 of theories, 2: their p99 */
};

uint32_t
report_point(const struct results *r)
{
	const struct results_ratio *ratio = results_main(r);

	if (ratio != NULL)
		return (ratio->point);
	for (uint32_t p = (uint32_t)r->point_count; p-- > 0; ) {
		for (uint32_t t = 0; t < r->target_count; t++) {
			const struct results_cell *c = results_cell(r, p, t);

			if (c != NULL && c->blocks > 0)
				return (p);
		}
	}
	return (0);
}

int
report_drawn(const struct results *r, uint32_t target)
{

	return (r->targets[target].skipped[0] == '\0' &&
	    r->targets[target].same_as == RESULTS_NONE);
}

void
report_legend(const struct results *r, FILE *out, double x, double y)
{
	double left = x;

	for (uint32_t t = 0; t < r->target_count; t++) {
		double width = 68 + 7.6 * (double)strlen(r->targets[t].name);

		if (!report_drawn(r, t))
			continue;
		if (x > left && x + width > REPORT_WIDTH) {
			x = left;
			y += 20;
		}
		x += svg_key(out, t, x, y, r->targets[t].name);
	}
}

/* A caption for one point, or for all of a sweep. */
static void
caption(const struct results *r, const uint32_t *points, size_t n,
    const char *what, FILE *out)
{
	char model[RESULTS_TEXT];
	size_t voided = 0;

	fputs("<figcaption>", out);
	for (size_t i = 0; i < n; i++)
		voided += results_cell(r, points[i], 0)->voided != 0;
	if (voided > 0)
		fputs(voided == n ? "<b>Of void blocks.</b> " :
		    "<b>In part of void blocks.</b> ", out);
	escape_html(what, out);
	fputs(" Load: ", out);
	escape_html(results_models(r, points, n, model, sizeof(model)), out);
	fputs(".</figcaption></figure>\n", out);
}

void
report_caption(const struct results *r, uint32_t point, const char *what,
    FILE *out)
{

	caption(r, &point, 1, what, out);
}

static int
by_x(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

/* Put the points of the sweep in order; both arrays go together. */
static void
sort_sweep(struct sweep *s)
{
	struct { double x; uint32_t point; } rows[POINTS_MAX];

	for (size_t i = 0; i < s->n; i++) {
		rows[i].x = s->x[i];
		rows[i].point = s->point[i];
	}
	qsort(rows, s->n, sizeof(rows[0]), by_x);
	for (size_t i = 0; i < s->n; i++) {
		s->x[i] = rows[i].x;
		s->point[i] = rows[i].point;
	}
}

/* The points that differ from the one shown in their rate only. */
static void
sweep_of_rates(const struct results *r, struct sweep *s)
{
	const struct results_point *like = r->points + report_point(r);

	s->n = 0;
	for (uint32_t p = 0; p < r->point_count && s->n < POINTS_MAX; p++) {
		const struct results_point *point = &r->points[p];

		if (isnan(point->rate) || point->connections !=
		    like->connections || point->idle != like->idle)
			continue;
		s->point[s->n] = p;
		s->x[s->n++] = point->rate;
	}
	sort_sweep(s);
}

/* The points that differ from the one shown in their connections only. */
static void
sweep_of_connections(const struct results *r, struct sweep *s)
{
	const struct results_point *like = r->points + report_point(r);

	s->n = 0;
	for (uint32_t p = 0; p < r->point_count && s->n < POINTS_MAX; p++) {
		const struct results_point *point = &r->points[p];

		if (isnan(point->rate) != isnan(like->rate) ||
		    (!isnan(point->rate) && point->load != like->load &&
		    point->rate != like->rate) || point->depth != like->depth)
			continue;
		s->point[s->n] = p;
		s->x[s->n++] = (double)point->connections + point->idle;
	}
	sort_sweep(s);
}

static const struct stats_interval *
value_at(const struct results *r, const struct sweep *s, size_t i,
    uint32_t target, enum metric metric)
{
	const struct results_cell *c = results_cell(r, s->point[i], target);

	return (c != NULL && c->value[metric].n > 0 ? &c->value[metric] :
	    NULL);
}

static void
widen(double value, double *low, double *high)
{

	if (!isfinite(value))
		return;
	if (value < *low)
		*low = value;
	if (value > *high)
		*high = value;
}

/* The range of all finite values of the panels, so that they share an axis. */
static int
range_of(const struct results *r, const struct sweep *s,
    const struct panel *panel, double *low, double *high)
{

	*low = INFINITY;
	*high = -INFINITY;
	for (size_t i = 0; i < s->n; i++) {
		for (uint32_t t = 0; t < r->target_count; t++) {
			const struct stats_interval *v = value_at(r, s, i, t,
			    panel->metric);

			if (v == NULL || !report_drawn(r, t))
				continue;
			widen(v->low, low, high);
			widen(v->value, low, high);
			widen(v->high, low, high);
		}
	}
	if (*low > *high)
		return (0);
	/* Theory lies below: it is to be seen, but not to squeeze the rest. */
	for (size_t i = 0; panel->theory > 0 && i < r->theory_count; i++) {
		double least = panel->theory == 1 ? r->theories[i].p50[0] :
		    r->theories[i].p99[0];

		if (r->theories[i].count > 0 && least > 0)
			*low = fmin(*low, least);
	}
	if (!panel->log && *low > 0)
		*low = 0;
	return (1);
}

static void
draw_theories(const struct results *r, const struct svg_plot *plot,
    size_t which)
{

	for (size_t i = 0; which > 0 && i < r->theory_count; i++) {
		const struct results_theory *t = &r->theories[i];
		double shown[32];
		char class[24];

		for (size_t k = 0; k < t->count; k++) {
			double y = which == 1 ? t->p50[k] : t->p99[k];

			/* Not along the edge, where it would mislead. */
			shown[k] = y > plot->y.high || y < plot->y.low ||
			    t->rate[k] > plot->x.high ? NAN : y;
		}
		snprintf(class, sizeof(class), "theory theory%zu", i % 3);
		svg_line(plot, class, t->rate, shown, t->count);
	}
}

/* The legend of the theories, in a row beneath that of the targets. */
static void
theory_legend(const struct results *r, FILE *out, double y)
{
	double x = 0;

	for (size_t i = 0; i < r->theory_count; i++) {
		const char *name = r->theories[i].name;

		fprintf(out, "<path class=\"theory theory%zu\" "
		    "d=\"M%.1f %.1fh34\"/>\n", i % 3, x, y);
		svg_text(out, "soft", x + 41, y + 4.5, "start", name);
		x += 67 + 7 * (double)strlen(name);
	}
}

static void
draw_panel(const struct results *r, const struct sweep *s,
    const struct panel *panel, const struct svg_plot *plot)
{
	double y[POINTS_MAX], low[POINTS_MAX], high[POINTS_MAX];

	svg_axes(plot);
	draw_theories(r, plot, panel->theory);
	for (uint32_t t = 0; t < r->target_count; t++) {
		if (!report_drawn(r, t))
			continue;
		for (size_t i = 0; i < s->n; i++) {
			const struct stats_interval *v = value_at(r, s, i, t,
			    panel->metric);

			y[i] = v != NULL ? v->value : NAN;
			low[i] = v != NULL ? v->low : NAN;
			high[i] = v != NULL ? v->high : NAN;
		}
		svg_band(plot, t, s->x, low, high, s->n);
		svg_series(plot, t, s->x, y, s->n);
	}
}

/* One figure with up to two panels side by side. */
static void
draw_figure(const struct results *r, const struct sweep *s,
    const struct panel *panels, size_t count, struct svg_axis x,
    const char *title, const char *what, FILE *out)
{
	double width = count == 1 ? REPORT_WIDTH - LEFT - 10 :
	    (REPORT_WIDTH - LEFT - GAP - 10) / 2;

	fputs("<figure><h3>", out);
	escape_html(title, out);
	fputs("</h3>\n", out);
	svg_begin(out, REPORT_WIDTH, PLOT_TOP + PLOT_HEIGHT + 46, title);
	report_legend(r, out, 0, 14);
	if (panels[0].theory > 0)
		theory_legend(r, out, 34);
	for (size_t i = 0; i < count; i++) {
		struct svg_plot plot = { .out = out,
			.left = LEFT + (double)i * (width + GAP),
			.top = PLOT_TOP, .width = width,
			.height = PLOT_HEIGHT, .x = x };
		double low, high;

		(void)range_of(r, s, &panels[i], &low, &high);
		plot.y = svg_axis(low, high, panels[i].log, panels[i].unit,
		    panels[i].title);
		draw_panel(r, s, &panels[i], &plot);
	}
	svg_end(out);
	caption(r, s->point, s->n, what, out);
}

static int
any(const struct results *r, const struct sweep *s, enum metric metric)
{
	struct panel panel = { .metric = metric, .log = 1 };
	double low, high;

	return (range_of(r, s, &panel, &low, &high));
}

static int
distinct(const struct sweep *s)
{

	return (s->n > 1 && s->x[0] < s->x[s->n - 1]);
}

static const struct panel latency[] = {
	{ METRIC_P50, "response p50", SVG_TIME, 1, 1 },
	{ METRIC_P99, "response p99", SVG_TIME, 1, 2 },
};

static void
against_load(const struct results *r, FILE *out)
{
	struct sweep s;

	sweep_of_rates(r, &s);
	if (!distinct(&s) || !any(r, &s, METRIC_P50))
		return;
	draw_figure(r, &s, latency, 2, svg_axis(0, s.x[s.n - 1], 0, SVG_PLAIN,
	    "offered rate, requests per second"), "Latency against load",
	    "Median over the blocks with its interval; a line at the upper "
	    "edge means requests that were never answered. Grey: what an "
	    "ideal queue with the same law of service would do; the distance "
	    "to it is what the software costs.", out);
}

static void
against_connections(const struct results *r, FILE *out)
{
	static const struct panel cost[] = {
		{ METRIC_CPU, "server CPU per request", SVG_TIME, 0, 0 },
		{ METRIC_THROUGHPUT, "requests per second", SVG_PLAIN, 0, 0 },
	};
	static const struct panel plain[] = {
		{ METRIC_P50, "response p50", SVG_TIME, 1, 0 },
		{ METRIC_P99, "response p99", SVG_TIME, 1, 0 },
	};
	struct svg_axis x;
	struct sweep s;

	sweep_of_connections(r, &s);
	if (!distinct(&s))
		return;
	x = svg_axis(s.x[0], s.x[s.n - 1], 1, SVG_PLAIN, "connections");
	if (any(r, &s, METRIC_CPU))
		draw_figure(r, &s, cost, 2, x,
		    "CPU per request and throughput against connections",
		    "User and system time of the server by its process clock, "
		    "median over the blocks with its interval.", out);
	if (any(r, &s, METRIC_P50))
		draw_figure(r, &s, plain, 2, x,
		    "Latency against connections", "Response from the "
		    "intended time, median over the blocks with its interval.",
		    out);
}

void
report_curves(const struct results *r, FILE *out)
{

	if (r->point_count > 0) {
		against_load(r, out);
		against_connections(r, out);
	}
	report_memory(r, out);
}
