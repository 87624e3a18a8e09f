/*
 * The figure of memory against idle connections.
 */
#include "report_part.h"
#include "escape.h"

#include <math.h>
#include <stdlib.h>

#define POINTS_MAX 64
#define PLOT_TOP 72.0
#define PLOT_HEIGHT 250.0
#define LEFT 62.0
#define GAP 84.0

static int
by_x(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
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

/* Bytes of a target at each number of connections, sorted. */
static size_t
memory_of(const struct results *r, uint32_t target, int kernel, double *x,
    double *y)
{
	struct { double x; double y; } rows[POINTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < r->memory_count && n < POINTS_MAX; i++) {
		const struct results_memory *m = &r->memory[i];
		double value = kernel ? m->kernel : m->user;

		if (m->target != target || m->active || m->connections == 0 ||
		    m->refused[0] != '\0' || !(value > 0))
			continue;
		rows[n].x = m->connections;
		rows[n++].y = value;
	}
	qsort(rows, n, sizeof(rows[0]), by_x);
	for (size_t i = 0; i < n; i++) {
		x[i] = rows[i].x;
		y[i] = rows[i].y;
	}
	return (n);
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

static void
slopes_text(const struct results *r, char *text, size_t size)
{
	size_t at = 0;
	char user[32], kernel[32];

	for (uint32_t t = 0; t < r->target_count && at < size; t++) {
		const struct results_slope *s = &r->slopes[2 * t];
		int n;

		if (!report_drawn(r, t) || isnan(s->user))
			continue;
		n = snprintf(text + at, size - at, " %s %s user%s%s,",
		    r->targets[t].name, svg_number(SVG_BYTES, s->user, user,
		    sizeof(user)), isnan(s->kernel) ? "" : " and kernel ",
		    isnan(s->kernel) ? "" : svg_number(SVG_BYTES, s->kernel,
		    kernel, sizeof(kernel)));
		at += n > 0 ? (size_t)n : 0;
	}
	if (at > 0 && at < size)
		text[at - 1] = '.';
}

void
report_memory(const struct results *r, FILE *out)
{
	double x[POINTS_MAX], y[POINTS_MAX], low = INFINITY, high = -INFINITY;
	char slopes[RESULTS_TEXT * 2] = "", what[RESULTS_TEXT * 3];
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
	    "connection:%s",
	    slopes[0] != '\0' ? slopes : " too few readings.");
	fputs("<figcaption>", out);
	escape_html(what, out);
	fputs("</figcaption></figure>\n", out);
}
