/*
 * Figures of whole distributions: the percentile spectrum, and how late the
 * client itself was.
 */
#include "report_part.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define LINE_MAX 1024
#define PLOT_TOP 64.0
#define PLOT_HEIGHT 290.0
#define LEFT 62.0

/** A line through a distribution: 1/(1-p) or the share above, and us. */
struct curve {
	double tail[LINE_MAX];
	double us[LINE_MAX];
	size_t n;
};

/* From the buckets; points closer than a screen can show are left out. */
static void
trace(const struct hist *h, struct curve *c)
{
	uint64_t seen = 0;
	double last = 0;

	c->n = 0;
	for (size_t i = 0; i < HIST_BUCKETS && c->n < LINE_MAX; i++) {
		uint64_t high = hist_bucket_low(i + 1) - 1, left;
		double tail;

		if (h->bucket[i] == 0)
			continue;
		seen += h->bucket[i];
		left = h->count - seen;
		tail = (double)h->count / (left > 0 ? (double)left : 0.5);
		if (tail < last * 1.01 && left > 0)
			continue;
		c->tail[c->n] = last = tail;
		c->us[c->n++] = (double)(high < h->max ? high : h->max) / 1e3;
	}
}

static const struct record *
pooled(const struct results *r, uint32_t point, uint32_t target)
{
	const struct results_cell *c = results_cell(r, point, target);

	return (c != NULL && report_drawn(r, target) ? c->pooled : NULL);
}

/* The ranges of all targets; whether there is anything. */
static int
spectrum_axes(const struct results *r, uint32_t point, struct svg_plot *plot)
{
	double low = INFINITY, high = 0, most = 0;

	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct record *record = pooled(r, point, t);
		const struct hist *h;

		if (record == NULL || record->response.count ==
		    record->response.infinite)
			continue;
		h = &record->response;
		low = fmin(low, (double)hist_rank(h, 1));
		high = fmax(high, (double)h->max);
		most = fmax(most, (double)h->count);
	}
	if (most == 0)
		return (0);
	plot->y = svg_axis(fmax(low, 1) / 1e3, fmax(high, 2) / 1e3, 1, SVG_TIME,
	    "response");
	/* As far as there are ten requests behind it. */
	plot->x = svg_axis(1, 10, 1, SVG_TAIL,
	    "percentile, 1 / (1 - p) on a logarithmic scale");
	plot->x.high = fmax(10, most / 10);
	return (1);
}

/* Draw on to the edge of the plot, if the line goes beyond it. */
static void
end_at_edge(const struct svg_plot *plot, const struct hist *h,
    struct curve *c)
{
	uint64_t value = hist_quantile(h, 1 - 1 / plot->x.high);

	if (value >= HIST_OVERFLOW || c->n == 0 || c->n == LINE_MAX)
		return;
	c->tail[c->n] = plot->x.high;
	c->us[c->n++] = (double)value / 1e3;
}

static void
draw_spectrum(const struct svg_plot *plot, unsigned series,
    const struct hist *h)
{
	static const double marks[] = { .5, .9, .99, .999, .9999, .99999 };
	struct curve c;
	char class[24], text[64];

	trace(h, &c);
	while (c.n > 0 && c.tail[c.n - 1] > plot->x.high)
		c.n--;
	end_at_edge(plot, h, &c);
	snprintf(class, sizeof(class), "line s%u", series % SVG_SERIES);
	svg_line(plot, class, c.tail, c.us, c.n);
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		uint64_t value = hist_quantile(h, marks[i]);

		if (value < HIST_OVERFLOW && 1 / (1 - marks[i]) <=
		    plot->x.high * 1.001)
			svg_marker(plot->out, series, svg_x(plot,
			    1 / (1 - marks[i])), svg_y(plot,
			    (double)value / 1e3));
	}
	if (h->infinite > 0 && c.n > 0) {
		double x = svg_x(plot, c.tail[c.n - 1]);

		fprintf(plot->out, "<path class=\"%s\" d=\"M%.1f %.1fV%.1f"
		    "m-4 7l4-7l4 7\"/>\n", class, x, svg_y(plot,
		    c.us[c.n - 1]), plot->top - 2);
		snprintf(text, sizeof(text), "%" PRIu64 " never answered",
		    h->infinite);
		svg_text(plot->out, "soft", x - 8, plot->top + 12, "end",
		    text);
	}
}

void
report_spectrum(const struct results *r, FILE *out)
{
	uint32_t point = report_point(r);
	struct svg_plot plot = { .out = out, .left = LEFT, .top = PLOT_TOP,
		.width = REPORT_WIDTH - LEFT - 20, .height = PLOT_HEIGHT };

	if (!spectrum_axes(r, point, &plot))
		return;
	fputs("<figure><h3>Percentile spectrum</h3>\n", out);
	svg_begin(out, REPORT_WIDTH, PLOT_TOP + PLOT_HEIGHT + 46,
	    "Response by percentile");
	report_legend(r, out, 0, 14);
	svg_axes(&plot);
	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct record *record = pooled(r, point, t);

		if (record != NULL)
			draw_spectrum(&plot, t, &record->response);
	}
	svg_end(out);
	report_caption(r, point, "Response from the intended time, the "
	    "blocks taken together. Marks at p50, p90, p99 and so on; the "
	    "rightmost end rests on ten requests or more.", out);
}

/* P(lateness > x), from the buckets upwards. */
static void
trace_lateness(const struct hist *h, struct curve *c)
{
	uint64_t seen = 0;

	c->n = 0;
	for (size_t i = 0; i < HIST_BUCKETS && c->n < LINE_MAX; i++) {
		if (h->bucket[i] == 0)
			continue;
		seen += h->bucket[i];
		c->us[c->n] = fmax(0.1, (double)hist_bucket_low(i + 1) / 1e3);
		c->tail[c->n] = (double)(h->count - seen) / (double)h->count;
		if (c->n > 0 && c->tail[c->n - 1] < c->tail[c->n] * 1.01 &&
		    seen < h->count && c->us[c->n - 1] > 0.1)
			continue;
		c->n++;
	}
}

void
report_lateness(const struct results *r, FILE *out)
{
	uint32_t point = report_point(r);
	struct svg_plot plot = { .out = out, .left = LEFT, .top = PLOT_TOP,
		.width = REPORT_WIDTH - LEFT - 20, .height = 210 };
	double high = 0, most = 0;
	struct curve c;
	char class[24];

	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct record *record = pooled(r, point, t);

		if (record == NULL || record->lateness.count == 0)
			continue;
		high = fmax(high, (double)record->lateness.max / 1e3);
		most = fmax(most, (double)record->lateness.count);
	}
	if (most == 0 || high <= 0)
		return;
	plot.x = svg_axis(fmin(1, high / 10), high, 1, SVG_TIME,
	    "sent later than intended by more than this");
	plot.y = svg_axis(fmax(1e-6, 1 / most), 1, 1, SVG_PERCENT,
	    "share of requests");
	fputs("<figure><h3>Lateness: the instrument&#39;s own error</h3>\n",
	    out);
	svg_begin(out, REPORT_WIDTH, PLOT_TOP + 210 + 46,
	    "Lateness of the client");
	report_legend(r, out, 0, 14);
	svg_axes(&plot);
	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct record *record = pooled(r, point, t);

		if (record == NULL || record->lateness.count == 0)
			continue;
		trace_lateness(&record->lateness, &c);
		snprintf(class, sizeof(class), "line s%u", t % SVG_SERIES);
		/* The last point is at 0, which a log axis does not have. */
		svg_line(&plot, class, c.us, c.tail, c.n > 1 ? c.n - 1 : c.n);
	}
	svg_end(out);
	report_caption(r, point, "How late the client sent, the blocks taken "
	    "together. Lateness is part of the response, so no response "
	    "shorter than this is known better than this.", out);
}
