/*
 * Axes that hold their data, numbers as people read them, and drawings that
 * stay within their frame.
 */
#include "check.h"
#include "svg.h"

static void
axes_hold_their_values(void **state)
{

	(void)state;
	for (double low = 1e-6; low < 1e9; low *= 3.7) {
		for (double by = 1; by < 1e8; by *= 6.1) {
			struct svg_axis log = svg_axis(low, low * by, 1,
			    SVG_PLAIN, "");
			struct svg_axis even = svg_axis(low, low * by, 0,
			    SVG_PLAIN, "");

			assert_true(log.low <= low * 1.000001);
			assert_true(log.high >= low * by * 0.999999);
			assert_true(log.high > log.low);
			assert_true(even.low <= low * 1.000001);
			assert_true(even.high >= low * by * 0.999999);
			assert_true(even.high > even.low);
		}
	}
}

static void
axes_of_nothing_have_a_width(void **state)
{
	static const double rows[][2] = { { NAN, NAN }, { INFINITY,
	    -INFINITY }, { 5, 3 }, { 0, 0 }, { -1, INFINITY }, { 7, 7 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int log = 0; log < 2; log++) {
			struct svg_axis a = svg_axis(rows[i][0], rows[i][1],
			    log, SVG_PLAIN, "");

			assert_true(isfinite(a.low) && a.high > a.low);
			assert_true(!log || a.low > 0);
		}
	}
}

static void
values_stay_in_the_plot(void **state)
{
	struct svg_plot p = { .left = 10, .top = 20, .width = 100,
		.height = 50 };

	(void)state;
	p.x = svg_axis(1, 1000, 1, SVG_PLAIN, "");
	p.y = svg_axis(0, 10, 0, SVG_PLAIN, "");
	assert_true(near(svg_x(&p, 1), 10, 1e-9));
	assert_true(near(svg_x(&p, 1000), 110, 1e-9));
	assert_true(near(svg_x(&p, sqrt(1000)), 60, 1e-9));
	assert_true(near(svg_x(&p, 0), 10, 1e-9));
	assert_true(near(svg_x(&p, -5), 10, 1e-9));
	assert_true(near(svg_x(&p, INFINITY), 110, 1e-9));
	assert_true(near(svg_y(&p, 0), 70, 1e-9));
	assert_true(near(svg_y(&p, 10), 20, 1e-9));
	assert_true(near(svg_y(&p, INFINITY), 20, 1e-9));
}

static void
numbers_read_well(void **state)
{
	static const struct {
		enum svg_unit unit;
		double value;
		const char *text;
	} rows[] = {
		{ SVG_PLAIN, 0.5, "0.5" }, { SVG_PLAIN, 2500, "2,500" },
		{ SVG_PLAIN, 10000, "10k" }, { SVG_PLAIN, 2e6, "2M" },
		{ SVG_TIME, 0, "0" }, { SVG_TIME, 0.1, "100 ns" },
		{ SVG_TIME, 50, "50 \xc2\xb5s" }, { SVG_TIME, 5000, "5 ms" },
		{ SVG_TIME, 2e6, "2 s" }, { SVG_BYTES, 512, "512 B" },
		{ SVG_BYTES, 36100, "36.1 kB" }, { SVG_BYTES, 1e7, "10 MB" },
		{ SVG_PERCENT, 0.05, "5%" }, { SVG_RATIO, 0.9, "0.9\xc3\x97" },
		{ SVG_TAIL, 1, "0%" }, { SVG_TAIL, 10, "90%" },
		{ SVG_TAIL, 100000, "99.999%" }, { SVG_SECONDS, 20, "20 s" },
	};
	char text[40];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(svg_number(rows[i].unit, rows[i].value,
		    text, sizeof(text)), rows[i].text);
}

/* The y coordinates of what is drawn for these values. */
static void
lines_have_gaps_and_no_nan(void **state)
{
	double x[] = { 1, 2, 3, 4, 5 }, y[] = { 1, 2, NAN, 4, INFINITY };
	struct svg_plot p = { .left = 0, .top = 0, .width = 100,
		.height = 100 };
	char *text = NULL;
	size_t size = 0;

	(void)state;
	p.out = open_memstream(&text, &size);
	p.x = svg_axis(0, 5, 0, SVG_PLAIN, "x & y");
	p.y = svg_axis(0, 10, 0, SVG_PLAIN, "<y>");
	svg_begin(p.out, 100, 100, "a \"title\"");
	svg_axes(&p);
	svg_series(&p, 9, x, y, 5);
	svg_band(&p, 1, x, y, y, 5);
	(void)svg_key(p.out, 3, 0, 0, "<name>");
	svg_end(p.out);
	assert_int_equal(fclose(p.out), 0);
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	assert_non_null(strstr(text, "class=\"line s1\" d=\"M20.0 90.0L40.0 "
	    "80.0M80.0 60.0L100.0 0.0\""));
	assert_non_null(strstr(text, "&lt;name&gt;"));
	assert_non_null(strstr(text, "x &amp; y"));
	assert_non_null(strstr(text, "a &quot;title&quot;"));
	assert_null(strstr(text, ">-0<"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(axes_hold_their_values),
		cmocka_unit_test(axes_of_nothing_have_a_width),
		cmocka_unit_test(values_stay_in_the_plot),
		cmocka_unit_test(numbers_read_well),
		cmocka_unit_test(lines_have_gaps_and_no_nan),
	};

	return (cmocka_run_group_tests_name("svg", tests, NULL, NULL));
}
