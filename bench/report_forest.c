/*
 * Figures of the comparison: all ratios with the noise of the control, and
 * the blocks in the order in which they ran.
 */
#include "report_part.h"
#include "escape.h"

#include <math.h>
#include <string.h>

#define ROW 25.0
#define LEFT 290.0
#define RIGHT 250.0
#define TOP 22.0

static const struct results_ratio *
floor_of(const struct results *r, const struct results_ratio *ratio)
{

	return (results_find(r, ratio->point, results_control(r),
	    ratio->metric));
}

/*
 * Whether a ratio is drawn: one block has no interval, the control is a band,
 * and of an open loop that kept up the throughput is what was offered, which
 * compares nothing.
 */
static int
is_row(const struct results *r, const struct results_ratio *x, uint32_t point)
{

	if (x->point != point || results_shown(x)->n < 2 || x->control)
		return (0);
	return (x->metric != METRIC_THROUGHPUT ||
	    isnan(r->points[point].rate) ||
	    fabs(log(results_shown(x)->value)) > 0.005);
}

/*
 * The rows of the figure and the range they need; how many there are. Memory
 * may differ by a factor of 40 and would squeeze the others: what is far out
 * is drawn at the edge.
 */
static size_t
forest_range(const struct results *r, uint32_t point, double *low,
    double *high)
{
	size_t rows = 0;

	*low = 0.9;
	*high = 1.1;
	for (size_t i = 0; i < r->ratio_count; i++) {
		const struct results_ratio *x = &r->ratios[i];

		if (!is_row(r, x, point))
			continue;
		rows++;
		if (x->metric == METRIC_MEMORY_USER ||
		    x->metric == METRIC_MEMORY_KERNEL)
			continue;
		*low = fmin(*low, fmax(0.2, results_shown(x)->low));
		*high = fmax(*high, fmin(5, results_shown(x)->high));
	}
	return (rows);
}

static void
draw_ratio(const struct results *r, const struct svg_plot *plot,
    const struct results_ratio *x, double y)
{
	const struct stats_interval *v = results_shown(x);
	double low = svg_x(plot, v->low), high = svg_x(plot, v->high);
	char text[80];

	fprintf(plot->out, "<path class=\"line whisker s%u\" "
	    "d=\"M%.1f %.1fH%.1fm0-4v8M%.1f %.1fv8\"/>\n",
	    (unsigned)x->target % SVG_SERIES, low, y, high, low, y - 4);
	svg_marker(plot->out, x->target, svg_x(plot, v->value), y);
	/* Where the whisker leaves room for it. */
	if (v->value > plot->x.high && low > plot->left + 90)
		svg_text(plot->out, "soft", low - 9, y + 4.5, "end",
		    "off the scale");
	else if (v->value < plot->x.low &&
	    high < plot->left + plot->width - 90)
		svg_text(plot->out, "soft", high + 9, y + 4.5, "start",
		    "off the scale");
	snprintf(text, sizeof(text), "%.20s", r->targets[x->target].name);
	svg_text(plot->out, "key", plot->left - 14, y + 4.5, "end", text);
	snprintf(text, sizeof(text), "%.3f [%.3f, %.3f]", v->value, v->low,
	    v->high);
	svg_text(plot->out, "small", plot->left + plot->width + 14, y + 4.5,
	    "start", text);
	svg_text(plot->out, x->verdict == STATS_BETTER ||
	    x->verdict == STATS_WORSE ? "small head" : "soft", REPORT_WIDTH,
	    y + 4.5, "end", stats_verdict_name(x->verdict));
}

/* The name of a metric, and behind its rows what the control did by itself. */
static void
draw_group(const struct results *r, const struct svg_plot *plot,
    const struct results_ratio *x, double y, size_t rows)
{
	const struct metric_info *info = metric_info(x->metric);
	const struct results_ratio *floor = floor_of(r, x);
	char text[80];

	if (floor != NULL && floor->valid.n > 0) {
		double noise = stats_noise(&floor->valid);
		double left = svg_x(plot, 1 / noise);

		fprintf(plot->out, "<rect class=\"noise\" x=\"%.1f\" "
		    "y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n", left,
		    y - ROW / 2, fmax(1.5, svg_x(plot, noise) - left),
		    ROW * (double)rows);
	}
	if (y > plot->top + ROW)
		fprintf(plot->out, "<path class=\"grid\" "
		    "d=\"M0 %.1fH%.1f\"/>\n", y - ROW / 2, REPORT_WIDTH);
	snprintf(text, sizeof(text), "%s%s", info->title,
	    info->lower == 0 ? " (more is better)" : "");
	svg_text(plot->out, "key head", 0, y + 4.5, "start", text);
}

static size_t
rows_of(const struct results *r, uint32_t point, enum metric metric)
{
	size_t rows = 0;

	for (size_t i = 0; i < r->ratio_count; i++) {
		const struct results_ratio *x = &r->ratios[i];

		rows += x->metric == metric && is_row(r, x, point);
	}
	return (rows);
}

static void
draw_forest(const struct results *r, struct svg_plot *plot, uint32_t point)
{
	double y = plot->top + ROW / 2;
	int last = -1;

	svg_axis_x(plot);
	for (size_t i = 0; i < r->ratio_count; i++) {
		const struct results_ratio *x = &r->ratios[i];

		if (!is_row(r, x, point))
			continue;
		if (last != (int)x->metric) {
			draw_group(r, plot, x, y, rows_of(r, point,
			    x->metric));
			last = (int)x->metric;
		}
		draw_ratio(r, plot, x, y);
		y += ROW;
	}
	fprintf(plot->out, "<path class=\"one\" d=\"M%.1f %.1fV%.1f\"/>\n",
	    svg_x(plot, 1), plot->top, plot->top + plot->height);
}

void
report_forest(const struct results *r, FILE *out)
{
	uint32_t point = report_point(r), control = results_control(r);
	double low, high;
	size_t rows = forest_range(r, point, &low, &high);
	struct svg_plot plot = { .out = out, .left = LEFT, .top = TOP,
		.width = REPORT_WIDTH - LEFT - RIGHT,
		.height = ROW * (double)rows };
	char title[RESULTS_TEXT];

	if (rows == 0)
		return;
	/* A log axis has steps of 1, 2, 5: too wide for ratios near 1. */
	snprintf(title, sizeof(title), "ratio to %s%s",
	    r->targets[r->baseline].name, high / low < 4 ? "" :
	    ", logarithmic");
	plot.x = high / low < 4 ? svg_axis(low / 1.04, high * 1.04, 0,
	    SVG_RATIO, title) : svg_axis(low, high, 1, SVG_RATIO, title);
	fprintf(out, "<figure><h3>All ratios, with the noise floor</h3>\n");
	svg_begin(out, REPORT_WIDTH, TOP + plot.height + 46, title);
	draw_forest(r, &plot, point);
	svg_end(out);
	report_caption(r, point, control == RESULTS_NONE ?
	    "Median of the ratios of paired blocks, with its exact interval. "
	    "There was no A/A control, so the noise floor is not known." :
	    "Median of the ratios of paired blocks, with its exact interval. "
	    "Shaded: what the same program under two names differed by (A/A "
	    "control), the noise floor; a difference within it is no "
	    "difference.", out);
}

/* The hatch for voided blocks. */
static const char hatch[] = "<defs><pattern id=\"hatch\" width=\"7\" "
    "height=\"7\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0v7\"/>"
    "</pattern></defs>\n";

static const struct results_trial *
trial_of(const struct results_block *block, uint32_t target)
{

	for (size_t i = 0; i < block->trial_count; i++) {
		if (block->trials[i].target == target)
			return (&block->trials[i]);
	}
	return (NULL);
}

static double
ratio_in(const struct results *r, const struct results_block *block,
    uint32_t target, enum metric metric)
{
	const struct results_trial *a = trial_of(block, target);
	const struct results_trial *b = trial_of(block, r->baseline);

	if (a == NULL || b == NULL || a->failed[0] != '\0' ||
	    b->failed[0] != '\0' || !(b->value[metric] > 0))
		return (NAN);
	return (a->value[metric] / b->value[metric]);
}

static double
middle_of(const struct results_block *block)
{

	return (((double)block->start + (double)block->end) / 2e9);
}

/* The largest steal of the trials of a block; NAN: not read. */
static double
steal_of(const struct results_block *block)
{
	double steal = NAN;

	for (size_t i = 0; i < block->trial_count; i++)
		steal = fmax(steal, block->trials[i].readings.steal);
	return (steal);
}

static void
draw_voids(const struct results *r, const struct svg_plot *plot,
    double height)
{

	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];
		double x = svg_x(plot, (double)block->start / 1e9);
		double end = svg_x(plot, (double)block->end / 1e9);

		if (!block->void_)
			continue;
		fprintf(plot->out, "<rect fill=\"url(#hatch)\" x=\"%.1f\" "
		    "y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>", x,
		    plot->top, fmax(2, end - x), height);
		escape_html(block->reason, plot->out);
		fputs("</title></rect>\n", plot->out);
	}
}

static void
draw_steal(const struct results *r, const struct svg_plot *plot)
{

	svg_axes(plot);
	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];
		double steal = steal_of(block), x, end, y;

		if (isnan(steal))
			continue;
		x = svg_x(plot, (double)block->start / 1e9);
		end = svg_x(plot, (double)block->end / 1e9);
		y = svg_y(plot, steal);
		fprintf(plot->out, "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" "
		    "width=\"%.1f\" height=\"%.1f\"/>\n", x + .5, y,
		    fmax(1, end - x - 1), plot->top + plot->height - y);
	}
	if (!isnan(r->limits.steal))
		fprintf(plot->out, "<path class=\"limit\" "
		    "d=\"M%.1f %.1fh%.1f\"/>\n", plot->left, svg_y(plot,
		    r->limits.steal), plot->width);
}

static void
draw_ratios(const struct results *r, const struct svg_plot *plot,
    enum metric metric)
{

	svg_axis_y(plot);
	fprintf(plot->out, "<path class=\"one\" d=\"M%.1f %.1fh%.1f\"/>\n",
	    plot->left, svg_y(plot, 1), plot->width);
	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];

		for (uint32_t t = 0; t < r->target_count; t++) {
			double ratio = t == r->baseline ? NAN :
			    ratio_in(r, block, t, metric);

			if (report_drawn(r, t) && isfinite(ratio))
				svg_marker(plot->out, t, svg_x(plot,
				    middle_of(block)), svg_y(plot, ratio));
		}
	}
}

static int
timeline_axes(const struct results *r, enum metric metric,
    struct svg_plot *above, struct svg_plot *below)
{
	double low = 0.95, high = 1.05, steal = 0, end = 0;
	int any = 0;

	for (size_t b = 0; b < r->block_count; b++) {
		const struct results_block *block = &r->blocks[b];

		end = fmax(end, (double)block->end / 1e9);
		steal = fmax(steal, steal_of(block));
		for (uint32_t t = 0; t < r->target_count; t++) {
			double ratio = ratio_in(r, block, t, metric);

			if (t == r->baseline || !report_drawn(r, t) ||
			    !isfinite(ratio) || ratio <= 0)
				continue;
			any = 1;
			low = fmin(low, ratio);
			high = fmax(high, ratio);
		}
	}
	if (r->limits.steal > steal)
		steal = r->limits.steal;
	above->x = below->x = svg_axis(0, end, 0, SVG_SECONDS,
	    "time since the start");
	if (end > 0)
		above->x.high = below->x.high = end;
	above->y = svg_axis(low, high, high / low > 3, SVG_RATIO, NULL);
	below->y = svg_axis(0, steal, 0, SVG_PERCENT, "steal");
	return (any && end > 0);
}

void
report_timeline(const struct results *r, FILE *out)
{
	const struct results_ratio *ratio = results_main(r);
	enum metric metric = ratio != NULL ? ratio->metric : METRIC_CPU;
	struct svg_plot above = { .out = out, .left = 62, .top = 64,
		.width = REPORT_WIDTH - 72, .height = 170 };
	struct svg_plot below = { .out = out, .left = 62, .top = 272,
		.width = REPORT_WIDTH - 72, .height = 70 };
	char what[RESULTS_TEXT], title[RESULTS_TEXT];

	if (!timeline_axes(r, metric, &above, &below))
		return;
	snprintf(title, sizeof(title), "%s, ratio to %s",
	    metric_info(metric)->title, r->targets[r->baseline].name);
	above.y.title = title;
	fputs("<figure><h3>Blocks in the order they ran</h3>\n", out);
	svg_begin(out, REPORT_WIDTH, 392, "Blocks over time");
	fputs(hatch, out);
	report_legend(r, out, 0, 14);
	draw_voids(r, &above, below.top + below.height - above.top);
	draw_ratios(r, &above, metric);
	draw_steal(r, &below);
	svg_end(out);
	snprintf(what, sizeof(what), "One column per block: %s of each target "
	    "relative to the baseline, and the time that the hypervisor took "
	    "beneath, with its limit. Hatched: voided blocks, %zu of %zu.",
	    metric_info(metric)->title, results_voided(r), r->block_count);
	report_caption(r, report_point(r), what, out);
}
