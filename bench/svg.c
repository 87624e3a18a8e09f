/*
 * Drawing plots. Numbers in the output have one decimal: enough for a screen,
 * and a page of a few tens of kilobytes.
 */
#include "svg.h"
#include "escape.h"

#include <math.h>
#include <string.h>

#define TICKS_MAX 24

/* The largest of 1, 2, 5 times a power of ten that is not above. */
static double
step_below(double value)
{
	double power = pow(10, floor(log10(value) + 1e-9));
	double digit = value / power;

	return (power * (digit >= 4.999999 ? 5 : digit >= 1.999999 ? 2 : 1));
}

static double
step_above(double value)
{
	double power = pow(10, floor(log10(value) + 1e-9));
	double digit = value / power;

	return (power * (digit <= 1.000001 ? 1 : digit <= 2.000001 ? 2 :
	    digit <= 5.000001 ? 5 : 10));
}

struct svg_axis
svg_axis(double low, double high, int log, enum svg_unit unit,
    const char *title)
{
	struct svg_axis axis = { low, high, log, unit, title };

	if (!isfinite(low) || !isfinite(high) || low > high ||
	    (log && low <= 0)) {
		axis.low = log ? 1 : 0;
		axis.high = log ? 10 : 1;
		return (axis);
	}
	if (log) {
		axis.low = step_below(low);
		axis.high = step_above(high);
		if (axis.high <= axis.low * 1.0001)
			axis.high = step_above(axis.low * 2);
	} else if (high > low) {
		double step = step_above((high - low) / 6);

		axis.low = step * floor(low / step + 1e-9);
		axis.high = step * ceil(high / step - 1e-9);
	} else {
		axis.low = low > 0 ? 0 : low - 1;
		axis.high = high > 0 ? high * 1.2 : high + 1;
	}
	return (axis);
}

void
svg_begin(FILE *out, double width, double height, const char *title)
{

	fprintf(out, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
	    "aria-label=\"", width, height);
	escape_html(title, out);
	fputs("\">\n", out);
}

void
svg_end(FILE *out)
{

	fputs("</svg>\n", out);
}

/* Where a value lies on its axis, 0..1 and not beyond. */
static double
share_of(const struct svg_axis *axis, double value)
{
	double share;

	if (isinf(value))
		return (value > 0);
	if (axis->log)
		share = value <= 0 ? 0 : log(value / axis->low) /
		    log(axis->high / axis->low);
	else
		share = (value - axis->low) / (axis->high - axis->low);
	return (fmin(1, fmax(0, share)));
}

double
svg_x(const struct svg_plot *p, double value)
{

	return (p->left + p->width * share_of(&p->x, value));
}

double
svg_y(const struct svg_plot *p, double value)
{

	return (p->top + p->height * (1 - share_of(&p->y, value)));
}

static const char *
time_text(double us, char *text, size_t size)
{

	if (us == 0)
		snprintf(text, size, "0");
	else if (us < 1)
		snprintf(text, size, "%.3g ns", us * 1e3);
	else if (us < 1e3)
		snprintf(text, size, "%.3g \xc2\xb5s", us);
	else if (us < 1e6)
		snprintf(text, size, "%.3g ms", us / 1e3);
	else
		snprintf(text, size, "%.4g s", us / 1e6);
	return (text);
}

static const char *
bytes_text(double bytes, char *text, size_t size)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	int unit = 0;

	/* Powers of ten, as the ticks are. */
	while (unit < 4 && fabs(bytes) >= 1000) {
		bytes /= 1000;
		unit++;
	}
	snprintf(text, size, "%.3g %s", bytes, units[unit]);
	return (text);
}

static const char *
plain_text(double value, char *text, size_t size)
{

	if (fabs(value) >= 1e6)
		snprintf(text, size, "%.3gM", value / 1e6);
	else if (fabs(value) >= 1e4)
		snprintf(text, size, "%.3gk", value / 1e3);
	else if (fabs(value) >= 1e3)
		snprintf(text, size, "%d,%03d", (int)value / 1000,
		    (int)value % 1000);
	else
		snprintf(text, size, "%.3g", value);
	return (text);
}

const char *
svg_number(enum svg_unit unit, double value, char *text, size_t size)
{

	switch (unit) {
	case SVG_TIME:
		return (time_text(value, text, size));
	case SVG_BYTES:
		return (bytes_text(value, text, size));
	case SVG_PERCENT:
		snprintf(text, size, "%.3g%%", value * 100);
		break;
	case SVG_RATIO:
		snprintf(text, size, "%.3g\xc3\x97", value);
		break;
	case SVG_TAIL:
		snprintf(text, size, "%.8g%%", 100 - 100 / value);
		break;
	case SVG_SECONDS:
		snprintf(text, size, "%.4g s", value);
		break;
	case SVG_PLAIN:
		return (plain_text(value, text, size));
	}
	return (text);
}

/* Which multiples within a decade become ticks, so that few remain. */
static size_t
log_ticks(const struct svg_axis *axis, double *ticks)
{
	double decades = log10(axis->high / axis->low);
	int every = (int)ceil(decades / 7), n = 0;
	double power = pow(10, floor(log10(axis->low) + 1e-9));

	for (int d = 0; power <= axis->high * 1.0001; power *= 10, d++) {
		static const double steps[] = { 1, 2, 5 };

		for (int i = 0; i < 3 && n < TICKS_MAX; i++) {
			double value = power * steps[i];

			if ((i > 0 && (decades > 2.5 || (axis->unit ==
			    SVG_TAIL && decades > 1))) || d % every != 0 ||
			    value < axis->low * .9999 ||
			    value > axis->high * 1.0001)
				continue;
			ticks[n++] = value;
		}
	}
	return ((size_t)n);
}

static size_t
ticks_of(const struct svg_axis *axis, double *ticks)
{
	double step;
	size_t n = 0;

	if (axis->log)
		return (log_ticks(axis, ticks));
	step = step_above((axis->high - axis->low) / 6.000001);
	for (double k = ceil(axis->low / step - 1e-9); n < TICKS_MAX &&
	    k * step <= axis->high + step * 1e-9; k++)
		ticks[n++] = k * step + 0.0; /* no -0 */
	return (n);
}

void
svg_axis_x(const struct svg_plot *p)
{
	double ticks[TICKS_MAX];
	size_t n = ticks_of(&p->x, ticks);
	char text[40];

	for (size_t i = 0; i < n; i++) {
		double x = svg_x(p, ticks[i]);

		fprintf(p->out, "<path class=\"grid\" "
		    "d=\"M%.1f %.1fv%.1f\"/>\n", x, p->top, p->height);
		svg_text(p->out, "tick", x, p->top + p->height + 16, "middle",
		    svg_number(p->x.unit, ticks[i], text, sizeof(text)));
	}
	fprintf(p->out, "<path class=\"axis\" d=\"M%.1f %.1fh%.1f\"/>\n",
	    p->left, p->top + p->height, p->width);
	if (p->x.title != NULL)
		svg_text(p->out, "name", p->left + p->width / 2,
		    p->top + p->height + 36, "middle", p->x.title);
}

void
svg_axis_y(const struct svg_plot *p)
{
	double ticks[TICKS_MAX];
	size_t n = ticks_of(&p->y, ticks);
	char text[40];

	for (size_t i = 0; i < n; i++) {
		double y = svg_y(p, ticks[i]);

		fprintf(p->out, "<path class=\"grid\" "
		    "d=\"M%.1f %.1fh%.1f\"/>\n", p->left, y, p->width);
		svg_text(p->out, "tick", p->left - 7, y + 4, "end",
		    svg_number(p->y.unit, ticks[i], text, sizeof(text)));
	}
	/* Above the axis, level: it is read without turning the head. */
	if (p->y.title != NULL)
		svg_text(p->out, "name", p->left - 7, p->top - 12, "start",
		    p->y.title);
}

void
svg_axes(const struct svg_plot *p)
{

	svg_axis_x(p);
	svg_axis_y(p);
}

void
svg_line(const struct svg_plot *p, const char *class, const double *x,
    const double *y, size_t n)
{
	int gap = 1;

	fprintf(p->out, "<path class=\"%s\" d=\"", class);
	for (size_t i = 0; i < n; i++) {
		if (isnan(x[i]) || isnan(y[i])) {
			gap = 1;
			continue;
		}
		fprintf(p->out, "%c%.1f %.1f", gap ? 'M' : 'L', svg_x(p, x[i]),
		    svg_y(p, y[i]));
		gap = 0;
	}
	fputs("\"/>\n", p->out);
}

void
svg_series(const struct svg_plot *p, unsigned series, const double *x,
    const double *y, size_t n)
{
	char class[24];

	snprintf(class, sizeof(class), "line s%u", series % SVG_SERIES);
	svg_line(p, class, x, y, n);
	for (size_t i = 0; i < n; i++) {
		if (!isnan(x[i]) && !isnan(y[i]))
			svg_marker(p->out, series, svg_x(p, x[i]),
			    svg_y(p, y[i]));
	}
}

void
svg_band(const struct svg_plot *p, unsigned series, const double *x,
    const double *low, const double *high, size_t n)
{
	size_t points = 0;

	fprintf(p->out, "<path class=\"band s%u\" d=\"", series % SVG_SERIES);
	for (size_t i = 0; i < n; i++) {
		if (!isnan(low[i]) && !isnan(high[i]))
			fprintf(p->out, "%c%.1f %.1f", points++ ? 'L' : 'M',
			    svg_x(p, x[i]), svg_y(p, low[i]));
	}
	for (size_t i = n; i-- > 0; ) {
		if (!isnan(low[i]) && !isnan(high[i]))
			fprintf(p->out, "L%.1f %.1f", svg_x(p, x[i]),
			    svg_y(p, high[i]));
	}
	fprintf(p->out, "%s\"/>\n", points > 0 ? "Z" : "");
}

void
svg_marker(FILE *out, unsigned series, double x, double y)
{
	static const char *const shapes[SVG_SERIES] = {
		"m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z", /* disc */
		"m-3.6-3.6h7.2v7.2h-7.2z",           /* square */
		"m0-4.6l4.4 7.8h-8.8z",              /* triangle */
		"m0-5l4.6 5l-4.6 5l-4.6-5z",         /* diamond */
		"m0 4.6l4.4-7.8h-8.8z",              /* triangle down */
		"m-5-1.5h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5z",
		"m-4.5 0l2-4h5l2 4l-2 4h-5z",        /* hexagon */
		"m-5-4l10 8v-8l-10 8z",              /* hourglass */
	};

	fprintf(out, "<path class=\"mark s%u\" d=\"M%.1f %.1f%s\"/>\n",
	    series % SVG_SERIES, x, y, shapes[series % SVG_SERIES]);
}

void
svg_text(FILE *out, const char *class, double x, double y,
    const char *anchor, const char *text)
{

	fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" "
	    "text-anchor=\"%s\">", class, x, y, anchor);
	escape_html(text, out);
	fputs("</text>\n", out);
}

double
svg_key(FILE *out, unsigned series, double x, double y, const char *text)
{

	fprintf(out, "<path class=\"line s%u\" d=\"M%.1f %.1fh34\"/>\n",
	    series % SVG_SERIES, x, y);
	svg_marker(out, series, x + 17, y);
	svg_text(out, "key", x + 41, y + 4.5, "start", text);
	/* As wide as text of this size is at most, near enough. */
	return (41 + 7.6 * (double)strlen(text) + 26);
}
