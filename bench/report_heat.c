/*
 * The figure of latency over time, as a map: what a percentile hides, such as
 * a stall, two modes, or a slow drift, is seen in it.
 */
#include "report_part.h"

#include <math.h>
#include <string.h>

#define LEVELS 6
#define PANELS 4
#define PLOT_TOP 34.0
#define PLOT_HEIGHT 230.0
#define LEFT 62.0
#define GAP 34.0
#define LOST (RECORD_HEAT_BINS - 1)

/** The bins that hold anything, of all targets drawn. */
struct range {
	unsigned low;
	unsigned high;
	uint32_t most; /* requests in one cell of the map */
	double end;    /* s */
	unsigned panels;
};

static const struct record *
map_of(const struct results *r, uint32_t point, uint32_t target)
{
	const struct results_cell *c = results_cell(r, point, target);

	return (c != NULL && report_drawn(r, target) && c->pooled != NULL &&
	    c->pooled->response.count > 0 ? c->pooled : NULL);
}

static void
widen(const struct record *record, struct range *range)
{

	for (unsigned s = 0; s < RECORD_HEAT_STEPS; s++) {
		for (unsigned b = 0; b < RECORD_HEAT_BINS; b++) {
			uint32_t n = record->heat[s][b];

			if (n == 0)
				continue;
			range->most = n > range->most ? n : range->most;
			if (b == LOST)
				continue;
			range->low = b < range->low ? b : range->low;
			range->high = b > range->high ? b : range->high;
		}
	}
	range->end = fmax(range->end, (double)record->window *
	    RECORD_WINDOWS / 1e9);
}

/* How dark a cell is, 1 to LEVELS: by the logarithm of its requests. */
static unsigned
level_of(uint32_t n, uint32_t most)
{
	double share = most > 1 ? log(n) / log(most) : 1;

	return (1 + (unsigned)(share * (LEVELS - 0.001)));
}

/* All cells of one level are one path; runs within a column are joined. */
static void
draw_level(const struct svg_plot *plot, const struct record *record,
    const struct range *range, unsigned level)
{
	const unsigned rows = range->high - range->low + 1;
	const double w = plot->width / RECORD_HEAT_STEPS;
	const double h = plot->height / rows;
	int open = 0;

	for (unsigned s = 0; s < RECORD_HEAT_STEPS; s++) {
		for (unsigned b = range->low; b <= range->high; b++) {
			uint32_t n = record->heat[s][b];

			if (n == 0 || level_of(n, range->most) != level)
				continue;
			fprintf(plot->out, "%sM%.1f %.1fh%.1fv%.1fh-%.1fz",
			    open++ ? "" : "<path class=\"heat\" d=\"",
			    plot->left + s * w, plot->top + plot->height -
			    (b - range->low + 1) * h, w, h, w);
		}
	}
	if (open)
		fprintf(plot->out, "\" fill-opacity=\"%.2f\"/>\n",
		    (double)level / LEVELS);
}

/* Requests that never came back, on the upper edge. */
static void
draw_lost(const struct svg_plot *plot, const struct record *record)
{
	const double w = plot->width / RECORD_HEAT_STEPS;

	for (unsigned s = 0; s < RECORD_HEAT_STEPS; s++)
		if (record->heat[s][LOST] > 0)
			fprintf(plot->out, "<path class=\"lost\" "
			    "d=\"M%.1f %.1fh%.1fv-6h-%.1fz\"/>\n",
			    plot->left + s * w, plot->top - 2, w, w);
}

static void
panel(const struct results *r, const struct svg_plot *plot, uint32_t target,
    const struct record *record, const struct range *range, int first)
{

	if (first)
		svg_axis_y(plot);
	svg_axis_x(plot);
	svg_text(plot->out, "head", plot->left, plot->top - 14, "start",
	    r->targets[target].name);
	for (unsigned level = 1; level <= LEVELS; level++)
		draw_level(plot, record, range, level);
	draw_lost(plot, record);
}

void
report_heat(const struct results *r, FILE *out)
{
	struct range range = { LOST, 0, 0, 0, 0 };
	const uint32_t point = report_point(r);
	struct svg_plot plot = { .out = out, .left = LEFT, .top = PLOT_TOP,
		.height = PLOT_HEIGHT };
	unsigned drawn = 0;

	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct record *record = map_of(r, point, t);

		if (record == NULL || range.panels == PANELS)
			continue;
		widen(record, &range);
		range.panels++;
	}
	if (range.panels == 0 || range.low > range.high)
		return;
	plot.width = (REPORT_WIDTH - LEFT - 20 - GAP * (range.panels - 1)) /
	    range.panels;
	plot.x = svg_axis(0, range.end, 0, SVG_SECONDS, "time of the trial");
	plot.x.high = range.end;
	plot.y = svg_axis(1, 10, 1, SVG_TIME, NULL);
	plot.y.low = fmax(0.5, (double)record_heat_low(range.low) / 1e3);
	plot.y.high = (double)record_heat_low(range.high + 1) / 1e3;
	fputs("<figure><h3>Response over time</h3>\n", out);
	svg_begin(out, REPORT_WIDTH, PLOT_TOP + PLOT_HEIGHT + 46,
	    "Map of the response over time");
	for (uint32_t t = 0; t < r->target_count && drawn < PANELS; t++) {
		const struct record *record = map_of(r, point, t);

		if (record == NULL)
			continue;
		panel(r, &plot, t, record, &range, drawn++ == 0);
		plot.left += plot.width + GAP;
	}
	svg_end(out);
	report_caption(r, point, "How many requests, by their intended time, "
	    "had which response; stronger is more, on a logarithmic scale, the "
	    "blocks laid over each other. Marks above the map: requests "
	    "without a good reply.", out);
}
