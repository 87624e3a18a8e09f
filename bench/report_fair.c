/*
 * The figure of fairness: completions per connection, sorted.
 */
#include "report_part.h"

#include <math.h>

#define PLOT_TOP 64.0
#define PLOT_HEIGHT 210.0
#define LEFT 62.0

/* With fewer requests on a connection, whole numbers are no normal law. */
#define CHANCE_FROM 5.0

static const struct results_cell *
spread_cell(const struct results *r, uint32_t point, uint32_t target)
{
	const struct results_cell *c = results_cell(r, point, target);

	return (c != NULL && report_drawn(r, target) &&
	    !isnan(c->spread[0]) ? c : NULL);
}

/* The quantile of the standard normal law, by bisection. */
static double
normal_quantile(double p)
{
	double low = -8, high = 8;

	for (int i = 0; i < 60; i++) {
		double middle = (low + high) / 2;

		if (0.5 * erfc(-middle / sqrt(2)) < p)
			low = middle;
		else
			high = middle;
	}
	return ((low + high) / 2);
}

/* What throwing a die for each request would give; whether it is drawn. */
static int
by_chance(const struct results *r, uint32_t point, double *y)
{
	const struct results_point *p = &r->points[point];
	double n = p->connections, each;

	if (isnan(p->rate) || r->load.choice != PLAN_RANDOM)
		return (0);
	each = p->rate * (double)r->trial / 1e9 / n;
	if (each < CHANCE_FROM)
		return (0);
	for (unsigned i = 0; i < STATS_SPREAD; i++) {
		/* The expected order statistic, near enough (G. Blom). */
		double rank = 1 + (n - 1) * i / (STATS_SPREAD - 1);

		y[i] = fmax(0, 1 + normal_quantile((rank - 0.375) /
		    (n + 0.25)) / sqrt(each));
	}
	return (1);
}

static void
draw(const struct results *r, uint32_t point, const struct svg_plot *plot,
    const double *x, const double *chance)
{
	char class[24];

	svg_axes(plot);
	if (chance != NULL)
		svg_line(plot, "theory", x, chance, STATS_SPREAD);
	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct results_cell *c = spread_cell(r, point, t);

		if (c == NULL)
			continue;
		snprintf(class, sizeof(class), "line s%u", t % SVG_SERIES);
		svg_line(plot, class, x, c->spread, STATS_SPREAD);
		for (unsigned i = 0; i < STATS_SPREAD; i += 8)
			svg_marker(plot->out, t, svg_x(plot, x[i]),
			    svg_y(plot, c->spread[i]));
	}
}

void
report_fair(const struct results *r, FILE *out)
{
	uint32_t point = report_point(r);
	struct svg_plot plot = { .out = out, .left = LEFT, .top = PLOT_TOP,
		.width = REPORT_WIDTH - LEFT - 20, .height = PLOT_HEIGHT };
	double x[STATS_SPREAD], chance[STATS_SPREAD], high = 1;
	int any = 0, is_chance;

	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct results_cell *c = spread_cell(r, point, t);

		any |= c != NULL;
		if (c != NULL)
			high = fmax(high, c->spread[STATS_SPREAD - 1]);
	}
	if (!any)
		return;
	for (unsigned i = 0; i < STATS_SPREAD; i++)
		x[i] = (double)i / (STATS_SPREAD - 1);
	is_chance = by_chance(r, point, chance);
	if (is_chance)
		high = fmax(high, chance[STATS_SPREAD - 1]);
	plot.x = svg_axis(0, 1, 0, SVG_PERCENT,
	    "connections, from the least served to the most");
	plot.y = svg_axis(0, high * 1.05, 0, SVG_RATIO,
	    "completions, relative to the mean");
	fputs("<figure><h3>Fairness between connections</h3>\n", out);
	svg_begin(out, REPORT_WIDTH, PLOT_TOP + PLOT_HEIGHT + 46,
	    "Completions per connection, sorted");
	report_legend(r, out, 0, 14);
	draw(r, point, &plot, x, is_chance ? chance : NULL);
	svg_end(out);
	report_caption(r, point, is_chance ? "Completions per connection, "
	    "sorted; the median over the blocks at each rank. Level is fair. "
	    "Dotted: what chance alone gives, since the plan draws a "
	    "connection for each request." : "Completions per connection, "
	    "sorted; the median over the blocks at each rank. Level is fair: "
	    "what sags at the left was starved.", out);
}
