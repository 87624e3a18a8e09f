/*
 * The figure of one run over time: whether it was steady, to the eye.
 */
#include "report_part.h"

#include <math.h>

#define STEPS 64
#define PLOT_TOP 64.0
#define PLOT_HEIGHT 190.0
#define LEFT 62.0
#define GAP 84.0

/** What one target did over the trial, by steps of it. */
struct series {
	double at[STEPS];     /* seconds, the middle of the step */
	double us[STEPS];     /* mean response; NAN without a reply */
	double rate[STEPS];   /* replies per second, by intended time */
};

static void
gather(const struct record *r, struct series *s)
{
	const unsigned each = RECORD_WINDOWS / STEPS;
	double length = (double)r->window * each / 1e9;

	for (unsigned i = 0; i < STEPS; i++) {
		uint64_t replies = 0, sum = 0;

		for (unsigned w = i * each; w < (i + 1) * each; w++) {
			replies += r->windows[w].replies;
			sum += r->windows[w].response_sum;
		}
		s->at[i] = (i + 0.5) * length;
		s->rate[i] = (double)replies / length;
		s->us[i] = replies > 0 ? (double)sum / (double)replies / 1e3 :
		    NAN;
	}
}

static const struct record *
only_trial(const struct results *r, uint32_t target)
{
	const struct results_cell *c = results_cell(r, 0, target);

	return (c != NULL && c->blocks == 1 && report_drawn(r, target) ?
	    c->pooled : NULL);
}

/* The ranges of both panels; whether there is anything to draw. */
static int
ranges(const struct results *r, struct svg_plot *left,
    struct svg_plot *right)
{
	double end = 0, low = INFINITY, high = 0, rate = 0;
	struct series s;

	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct record *record = only_trial(r, t);

		if (record == NULL || record->replies == 0)
			continue;
		gather(record, &s);
		end = fmax(end, s.at[STEPS - 1] * STEPS / (STEPS - 0.5));
		for (unsigned i = 0; i < STEPS; i++) {
			low = fmin(low, s.us[i]);
			high = fmax(high, s.us[i]);
			rate = fmax(rate, s.rate[i]);
		}
	}
	left->x = right->x = svg_axis(0, end, 0, SVG_SECONDS,
	    "time of the trial");
	if (end > 0)
		left->x.high = right->x.high = end;
	left->y = svg_axis(low, high, 1, SVG_TIME, "mean response");
	right->y = svg_axis(0, rate, 0, SVG_PLAIN, "replies per second");
	return (end > 0 && high > 0);
}

void
report_series(const struct results *r, FILE *out)
{
	double width = (REPORT_WIDTH - LEFT - GAP - 10) / 2;
	struct svg_plot left = { .out = out, .left = LEFT, .top = PLOT_TOP,
		.width = width, .height = PLOT_HEIGHT }, right = left;
	struct series s;
	char class[24];

	right.left = LEFT + width + GAP;
	if (r->block_count != 1 || !ranges(r, &left, &right))
		return;
	fputs("<figure><h3>Over the trial</h3>\n", out);
	svg_begin(out, REPORT_WIDTH, PLOT_TOP + PLOT_HEIGHT + 46,
	    "Response and rate over time");
	report_legend(r, out, 0, 14);
	svg_axes(&left);
	svg_axes(&right);
	for (uint32_t t = 0; t < r->target_count; t++) {
		const struct record *record = only_trial(r, t);

		if (record == NULL)
			continue;
		gather(record, &s);
		snprintf(class, sizeof(class), "line s%u", t % SVG_SERIES);
		svg_line(&left, class, s.at, s.us, STEPS);
		svg_line(&right, class, s.at, s.rate, STEPS);
	}
	svg_end(out);
	report_caption(r, 0, "Mean response and rate of good replies, by the "
	    "intended time of the request, in 64 steps of the trial.", out);
}
