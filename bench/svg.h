/**
 * svg.h - plots as inline SVG: axes, lines, bands, marks, labels.
 *
 * Colours come from the style sheet by class: `s0` to `s7` for series, each
 * with a dash pattern and a marker of its own, so that a plot can be read in
 * grey. Coordinates given are those of the data. Thread: any.
 */
#ifndef BENCH_SVG_H
#define BENCH_SVG_H

#include <stddef.h>
#include <stdio.h>

/** Series that look different from each other; then they repeat. */
#define SVG_SERIES 8

/** How numbers on an axis are written. */
enum svg_unit {
	SVG_PLAIN,   /* 0.5, 20, 3,000, 10k */
	SVG_TIME,    /* microseconds: 20 us, 5 ms, 1 s */
	SVG_BYTES,   /* 4 kB, 16 MB */
	SVG_PERCENT, /* a share, 0..1 */
	SVG_RATIO,   /* 0.9x */
	SVG_TAIL,    /* 1/(1-p) as 50%, 90%, 99% */
	SVG_SECONDS
};

/** One axis. */
struct svg_axis {
	double low;
	double high;
	int log;
	enum svg_unit unit;
	const char *title;
};

/** Where a plot lies in its drawing; all in user units of the SVG. */
struct svg_plot {
	FILE *out;
	double left, top, width, height;
	struct svg_axis x, y;
};

/**
 * svg_axis(low, high, log, unit, title):
 * Return an axis that holds the values from `low` to `high`, widened to
 * where ticks fall; a log axis widens to 1, 2 or 5 times a power of ten.
 * Whatever is given, the range has a width and is finite. Thread: any.
 */
struct svg_axis svg_axis(double low, double high, int log,
    enum svg_unit unit, const char *title);

/**
 * svg_begin(out, width, height, title):
 * Open a drawing that scales to its column; `title` is read out to those who
 * cannot see it. Thread: any.
 */
void svg_begin(FILE *out, double width, double height, const char *title);

/**
 * svg_end(out):
 * Close the drawing. Thread: any.
 */
void svg_end(FILE *out);

/**
 * svg_x(plot, value):
 * Return where a value lies, kept within the plot. Thread: any.
 */
double svg_x(const struct svg_plot *plot, double value);

/**
 * svg_y(plot, value):
 * Return where a value lies, kept within the plot. Thread: any.
 */
double svg_y(const struct svg_plot *plot, double value);

/**
 * svg_axes(plot):
 * Draw the grid, the ticks and the titles of both axes. Thread: any.
 */
void svg_axes(const struct svg_plot *plot);

/**
 * svg_axis_x(plot):
 * Draw the ticks and the title of the x axis, with its grid. Thread: any.
 */
void svg_axis_x(const struct svg_plot *plot);

/**
 * svg_axis_y(plot):
 * Draw the ticks and the title of the y axis, with its grid. Thread: any.
 */
void svg_axis_y(const struct svg_plot *plot);

/**
 * svg_line(plot, class, x, y, n):
 * Draw a line through the points; it has gaps where a value is NAN, and stays
 * at the edge of the plot where one is infinite. Thread: any.
 */
void svg_line(const struct svg_plot *plot, const char *class,
    const double *x, const double *y, size_t n);

/**
 * svg_series(plot, series, x, y, n):
 * Draw the line of a series, with its dashes and a marker on each point.
 * Thread: any.
 */
void svg_series(const struct svg_plot *plot, unsigned series,
    const double *x, const double *y, size_t n);

/**
 * svg_band(plot, series, x, low, high, n):
 * Draw the area between two lines in the tint of a series. Thread: any.
 */
void svg_band(const struct svg_plot *plot, unsigned series, const double *x,
    const double *low, const double *high, size_t n);

/**
 * svg_marker(out, series, x, y):
 * Draw the marker of a series at a place of the drawing. Thread: any.
 */
void svg_marker(FILE *out, unsigned series, double x, double y);

/**
 * svg_text(out, class, x, y, anchor, text):
 * Write escaped text at a place of the drawing; `anchor` is "start",
 * "middle" or "end". Thread: any.
 */
void svg_text(FILE *out, const char *class, double x, double y,
    const char *anchor, const char *text);

/**
 * svg_key(out, series, x, y, text):
 * Draw one entry of a legend and return how wide it is. Thread: any.
 */
double svg_key(FILE *out, unsigned series, double x, double y,
    const char *text);

/**
 * svg_number(unit, value, text, size):
 * Write a number as on an axis. Returns `text`. Thread: any.
 */
const char *svg_number(enum svg_unit unit, double value, char *text,
    size_t size);

#endif /* BENCH_SVG_H */
