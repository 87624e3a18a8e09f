/*
 * The figure of memory against idle connections.
 */
#include "report_part.h"
#include "escape.h"

#include <math.h>
#include <stdio.h>

#define POINTS_MAX 64
#define PLOT_TOP 72.0
#define PLOT_HEIGHT 250.0
#define LEFT 62.0
#define GAP 84.0

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

/* Bytes of a target at each number of connections: what can be drawn on a
 * logarithmic axis. */
static size_t
memory_of(const struct results *r, uint32_t target, int kernel, double *x,
    double *y)
{
	size_t n = results_memory_curve(r, target, 0, kernel, POINTS_MAX, x,
	    y), kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (!(y[i] > 0) || !(x[i] > 0))
			continue;
		x[kept] = x[i];
		y[kept++] = y[i];
	}
	return (kept);
}

static void
draw_memory(const struct results *r, int kernel, struct svg_plot *plot)
{
	double x[POINTS_MAX], y[POINTS_MAX];
	double low = INFINITY, high = -INFINITY;

	for (uint32_t t = 0; t < r->target_count; t++) {
		size_t n = report_drawn(r, t) ?
		    memory_of(r, t, kernel, x, y) : 0;

		for (size_t i = 0; i < n; i++)
			widen(y[i], &low, &high);
	}
	plot->y = svg_axis(low, high, 1, SVG_BYTES, kernel ?
	    "kernel, bytes" : "user space, bytes");
	svg_axes(plot);
	for (uint32_t t = 0; t < r->target_count; t++) {
		if (report_drawn(r, t))
			svg_series(plot, t, x, y, memory_of(r, t, kernel, x,
			    y));
	}
}

/* "1.2 KiB (1.1 KiB to 1.3 KiB), bends" */
static size_t
part_text(const struct results_slope_part *part, const char *what,
    char *text, size_t size)
{
	const struct stats_interval *v = &part->slope;
	char value[32], low[32], high[32];
	int n;

	if (v->n == 0)
		return (0);
	n = snprintf(text, size, "%s %s (%s to %s)%s", what,
	    svg_number(SVG_BYTES, v->value, value, sizeof(value)),
	    svg_number(SVG_BYTES, v->low, low, sizeof(low)),
	    svg_number(SVG_BYTES, v->high, high, sizeof(high)),
	    part->bends ? ", but it bends" : "");
	return (n > 0 && (size_t)n < size ? (size_t)n : 0);
}

/* Of the control, too: what it differs by is noise. */
static void
slopes_text(const struct results *r, char *text, size_t size)
{
	size_t at = 0, one;
	int n;

	for (uint32_t t = 0; t < r->target_count && at < size; t++) {
		const struct results_slope *s = &r->slopes[2 * t];

		if (s->user.slope.n == 0)
			continue;
		n = snprintf(text + at, size - at, "%s %s", at > 0 ? ";" : "",
		    r->targets[t].name);
		if (n <= 0 || (at += (size_t)n) >= size)
			break;
		one = part_text(&s->user, " user", text + at, size - at);
		if (one > 0 && s->kernel.slope.n > 0)
			one += part_text(&s->kernel, ", kernel",
			    text + at + one, size - at - one);
		at += one;
	}
	if (at > 0 && at + 1 < size)
		snprintf(text + at, size - at, ".");
}

void
report_memory(const struct results *r, FILE *out)
{
	double x[POINTS_MAX], y[POINTS_MAX], low = INFINITY, high = -INFINITY;
	char slopes[RESULTS_TEXT * 4] = "", what[RESULTS_TEXT * 6];
	int kernel = 0;

	for (uint32_t t = 0; t < r->target_count; t++) {
		size_t n = report_drawn(r, t) ? memory_of(r, t, 0, x, y) : 0;

		for (size_t i = 0; i < n; i++)
			widen(x[i], &low, &high);
		kernel |= memory_of(r, t, 1, x, y) > 0;
	}
	if (!(low < high) || r->slopes == NULL)
		return;
	fputs("<figure><h3>Memory against idle connections</h3>\n", out);
	svg_begin(out, REPORT_WIDTH, PLOT_TOP + PLOT_HEIGHT + 46,
	    "Memory against idle connections");
	report_legend(r, out, 0, 14);
	for (int k = 0; k <= kernel; k++) {
		double width = kernel ? (REPORT_WIDTH - LEFT - GAP - 10) / 2 :
		    REPORT_WIDTH - LEFT - 10;
		struct svg_plot plot = { .out = out,
			.left = LEFT + k * (width + GAP), .top = PLOT_TOP,
			.width = width, .height = PLOT_HEIGHT,
			.x = svg_axis(low, high, 1, SVG_PLAIN,
			    "connections") };

		draw_memory(r, k, &plot);
	}
	svg_end(out);
	slopes_text(r, slopes, sizeof(slopes));
	snprintf(what, sizeof(what), "Private memory of the server, "
	    "connections without traffic; both axes logarithmic. Slope per "
	    "connection, by least squares, median over the blocks with its "
	    "interval:%s",
	    slopes[0] != '\0' ? slopes : " too few readings.");
	fputs("<figcaption>", out);
	escape_html(what, out);
	fputs("</figcaption></figure>\n", out);
}
