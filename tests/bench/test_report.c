/*
 * The writers: that every kind of results comes out whole and well-formed,
 * and that nothing of the user's breaks out.
 */
#include "check.h"
#include "fixture.h"
#include "report.h"

#include <stdbool.h>

typedef int writer(const struct results *, FILE *);

static int
terminal(const struct results *r, FILE *out)
{

	return (report_terminal(r, 100, 0, out));
}

static writer *const writers[] = { report_json, report_markdown, report_html,
	terminal };

/* Write to memory; the caller frees it. */
static char *
written(writer *write, const struct results *r)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(write(r, out), 0);
	assert_int_equal(fclose(out), 0);
	return (text);
}

static size_t
count(const char *text, const char *what)
{
	size_t n = 0;

	for (text = strstr(text, what); text != NULL;
	    text = strstr(text + 1, what))
		n++;
	return (n);
}

/* Whether the text holds a number that is none. */
static int
has_nan(const char *text)
{

	for (const char *at = strstr(text, "nan"); at != NULL;
	    at = strstr(at + 1, "nan"))
		if (strchr("abcdefghijklmnopqrstuvwxyz", at[-1]) == NULL)
			return (1);
	return (0);
}

static struct results *
kind(int i)
{

	switch (i) {
	case 0:
		return (fixture_compare(8));
	case 1:
		return (fixture_sweep(0));
	case 2:
		return (fixture_sweep(1));
	case 3:
		return (fixture_hostile());
	case 4:
		return (fixture_lossy());
	case 5:
		return (fixture_compare(1));
	default:
		return (results_new());
	}
}

/* Skip one JSON value; return what follows, or NULL if it is malformed. */
static const char *
skip_value(const char *at, int depth);

/*
 * Where of `set` runs out. A loop, as find() below: the sanitizer measures a
 * whole text at every call of a string function, and these are long.
 */
static const char *
skip_set(const char *at, const char *set)
{

	while (*at != '\0' && strchr(set, *at) != NULL)
		at++;
	return (at);
}

static const char *
find(const char *at, char c)
{

	while (*at != '\0' && *at != c)
		at++;
	return (*at == c ? at : NULL);
}

static bool
begins(const char *at, const char *word)
{

	while (*word != '\0' && *at == *word) {
		at++;
		word++;
	}
	return (*word == '\0');
}

static const char *
skip_blank(const char *at)
{

	return (skip_set(at, " \n"));
}

static const char *
skip_string(const char *at)
{

	if (*at++ != '"')
		return (NULL);
	for (; *at != '"'; at++) {
		if ((unsigned char)*at < 0x20)
			return (NULL);
		if (*at == '\\' && strchr("\"\\u", *++at) == NULL)
			return (NULL);
	}
	return (at + 1);
}

static const char *
skip_items(const char *at, char end, int depth)
{

	at = skip_blank(at + 1);
	if (*at == end)
		return (at + 1);
	for (;;) {
		if (end == '}') {
			if ((at = skip_string(skip_blank(at))) == NULL ||
			    *at++ != ':')
				return (NULL);
		}
		if ((at = skip_value(at, depth + 1)) == NULL)
			return (NULL);
		at = skip_blank(at);
		if (*at == end)
			return (at + 1);
		if (*at++ != ',')
			return (NULL);
	}
}

static const char *
skip_value(const char *at, int depth)
{
	static const char *const words[] = { "null", "true", "false" };
	char number[64], *end;
	size_t length;

	at = skip_blank(at);
	if (depth > 20)
		return (NULL);
	if (*at == '{')
		return (skip_items(at, '}', depth));
	if (*at == '[')
		return (skip_items(at, ']', depth));
	if (*at == '"')
		return (skip_string(at));
	for (int i = 0; i < 3; i++)
		if (begins(at, words[i]))
			return (at + strlen(words[i]));
	length = (size_t)(skip_set(at, "-+.eE0123456789") - at);
	if (length == 0 || length >= sizeof(number))
		return (NULL);
	memcpy(number, at, length);
	number[length] = '\0';
	(void)strtod(number, &end);
	return (at + (end - number));
}

static void
json_is_json(void **state)
{

	(void)state;
	for (int i = 0; i < 7; i++) {
		struct results *r = kind(i);
		char *text = written(report_json, r);
		const char *end = skip_value(text, 0);

		assert_non_null(end);
		assert_string_equal(end, "\n");
		assert_non_null(strstr(text, "\"schema_version\": 3"));
		assert_false(has_nan(text));
		free(text);
		results_free(r);
	}
}

static void
json_holds_what_is_needed_to_run_it_again(void **state)
{
	static const char *const keys[] = { "arguments", "seed", "plan_hash",
		"command", "machine", "gates", "blocks", "trials", "void",
		"reason", "readings", "ratios", "verdict", "buckets", "theory",
		"searches", "service", "confidence", "generator" };
	struct results *r = fixture_sweep(0);
	char *text = written(report_json, r);

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char quoted[40];

		snprintf(quoted, sizeof(quoted), "\"%s\":", keys[i]);
		assert_non_null(strstr(text, quoted));
	}
	/* 5 points of 7 blocks of 5 trials. */
	assert_int_equal(count(text, "\"position\":"), 175);
	free(text);
	results_free(r);
}

static int
is_one_of(const char *name, size_t n, const char *const *names)
{

	for (; *names != NULL; names++)
		if (strlen(*names) == n && memcmp(*names, name, n) == 0)
			return (1);
	return (0);
}

/* Whether every tag that is opened is closed, in order. */
static int
balanced(const char *html)
{
	static const char *const empty[] = { "meta", "link", "br", NULL };
	char open[64][16];
	size_t depth = 0;

	while ((html = find(html, '<')) != NULL) {
		const char *name = html + 1 + (html[1] == '/');
		size_t n = (size_t)(skip_set(name,
		    "abcdefghijklmnopqrstuvwxyz0123456789") - name);
		const char *end = find(html, '>');

		if (end == NULL || n == 0 || n > 15) {
			if (!begins(html, "<!DOCTYPE"))
				return (0);
		} else if (html[1] == '/') {
			if (depth == 0 || strlen(open[depth - 1]) != n ||
			    memcmp(open[depth - 1], name, n) != 0)
				return (0);
			depth--;
		} else if (end[-1] != '/' && !is_one_of(name, n, empty)) {
			if (depth == 64)
				return (0);
			memcpy(open[depth], name, n);
			open[depth++][n] = '\0';
		}
		html = end == NULL ? html + 1 : end;
	}
	return (depth == 0);
}

static void
html_is_whole_and_needs_no_one(void **state)
{

	(void)state;
	for (int i = 0; i < 7; i++) {
		struct results *r = kind(i);
		char *text = written(report_html, r);

		assert_true(balanced(text));
		assert_non_null(strstr(text, "</html>"));
		assert_null(strstr(text, "<script"));
		assert_null(strstr(text, "http://"));
		assert_null(strstr(text, "https://"));
		assert_null(strstr(text, "@import"));
		assert_false(has_nan(text));
		assert_non_null(strstr(text, "prefers-color-scheme:dark"));
		free(text);
		results_free(r);
	}
}

static void
html_has_its_charts(void **state)
{
	static const char *const always[] = { "All ratios",
	    "Percentile spectrum", "Blocks in the order", "Lateness",
	    "Validity", "Response over time", "Fairness between", "Machine", "Run it again", "Poisson" };
	struct results *r = fixture_compare(12);
	char *text = written(report_html, r);

	(void)state;
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		assert_non_null(strstr(text, always[i]));
	assert_int_equal(count(text, "url(#hatch)"), 2);
	/* Each figure has a caption, and says under which load. */
	assert_int_equal(count(text, "<figure>"), 6);
	assert_int_equal(count(text, "Load: open loop, Poisson"), 7);
	/* The noise band of each of the metrics compared, and no more. */
	assert_int_equal(count(text, "class=\"noise\" x"), 8);
	/* Over time only where there is one trial of each. */
	assert_null(strstr(text, "Over the trial"));
	free(text);
	results_free(r);
	r = fixture_compare(1);
	text = written(report_html, r);
	assert_non_null(strstr(text, "Over the trial"));
	free(text);
	results_free(r);
	r = fixture_sweep(0);
	text = written(report_html, r);
	assert_non_null(strstr(text, "Latency against load"));
	assert_non_null(strstr(text, "M/M/2, one queue"));
	assert_non_null(strstr(text, "Highest rate"));
	free(text);
	results_free(r);
	r = fixture_sweep(1);
	text = written(report_html, r);
	assert_non_null(strstr(text, "Memory against idle"));
	assert_non_null(strstr(text, "CPU per request and throughput"));
	assert_non_null(strstr(text, "1 to 10,000 connections.</figcaption>"));
	free(text);
	results_free(r);
}

static void
the_unanswered_show(void **state)
{
	struct results *r = fixture_lossy();
	char *text = written(report_html, r);

	(void)state;
	assert_non_null(strstr(text, "never answered"));
	assert_non_null(strstr(text, "&gt; "));
	assert_non_null(strstr(text, "refused at 100: out of descriptors"));
	assert_non_null(strstr(text, "unanswered 2100"));
	free(text);
	results_free(r);
}

static void
hostile_text_stays_text(void **state)
{
	struct results *r = fixture_hostile();
	char *text = written(report_html, r);

	(void)state;
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "<b>$"));
	assert_non_null(strstr(text, "&lt;script&gt;"));
	free(text);
	text = written(report_markdown, r);
	assert_null(strstr(text, "<script"));
	assert_null(strstr(text, "<b>"));
	free(text);
	text = written(terminal, r);
	for (const char *c = text; *c != '\0'; c++)
		assert_true(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
	free(text);
	results_free(r);
}

static void
markdown_tables_have_their_columns(void **state)
{
	struct results *r = fixture_compare(8);
	char *text = written(report_markdown, r), *line, *rest = text;

	(void)state;
	while ((line = strsep(&rest, "\n")) != NULL) {
		/* 5 targets and the name of the row make 7 bars. */
		if (strncmp(line, "| server CPU", 12) == 0 ||
		    strncmp(line, "|---|---:|", 10) == 0)
			assert_int_equal(count(line, "|"), 7);
	}
	free(text);
	results_free(r);
}

/* A table without rows is no table. */
static void
one_point_has_no_slope(void **state)
{
	struct results *r = fixture_compare(1);
	char *text;

	(void)state;
	results_memory(r, 0, 100)->user = 1e6;
	assert_int_equal(results_close(r), 0);
	text = written(report_markdown, r);
	assert_null(strstr(text, "Memory per connection"));
	free(text);
	results_free(r);
	r = fixture_sweep(1);
	text = written(report_markdown, r);
	assert_non_null(strstr(text, "Memory per connection"));
	free(text);
	results_free(r);
}

static void
terminal_lines_fit(void **state)
{
	struct results *r = fixture_compare(8);
	char *text = written(terminal, r), *line, *rest = text;

	(void)state;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "  #", 3) != 0)
			assert_true(strlen(line) <= 110);
		assert_true(line[0] == '\0' || line[strlen(line) - 1] != ' ');
	}
	free(text);
	results_free(r);
}

static void
a_stream_that_fails_is_told(void **state)
{
	struct results *r = fixture_compare(1);

	(void)state;
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		FILE *full = fopen("/dev/full", "w");

		if (full == NULL)
			skip();
		(void)setvbuf(full, NULL, _IONBF, 0);
		assert_int_equal(writers[i](r, full), -1);
		(void)fclose(full);
	}
	results_free(r);
}

/* The rows of an .hgrm must rise in both columns, up to 1. */
static void
hgrm_is_monotonic(void **state)
{
	struct hist *h = calloc(1, sizeof(*h));
	char *text = NULL, *line, *rest;
	double value, share, last_value = -1, last_share = -1;
	unsigned long long seen, rows = 0;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(h);
	for (uint64_t i = 1; i <= 5000; i++)
		hist_record(h, i * i);
	hist_record_infinite(h, 2);
	assert_int_equal(report_hgrm(h, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "never answered"));
	assert_non_null(strstr(text, "#[Mean    ="));
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (sscanf(line, "%lf %lf %llu", &value, &share, &seen) != 3)
			continue;
		assert_true(value > last_value && share > last_share);
		last_value = value;
		last_share = share;
		rows++;
	}
	assert_true(rows > 100);
	assert_true(near(last_value, 25000, 0.001));
	assert_true(near(last_share, 5000.0 / 5002, 1e-9));
	free(text);
	free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_json),
		cmocka_unit_test(json_holds_what_is_needed_to_run_it_again),
		cmocka_unit_test(html_is_whole_and_needs_no_one),
		cmocka_unit_test(html_has_its_charts),
		cmocka_unit_test(the_unanswered_show),
		cmocka_unit_test(hostile_text_stays_text),
		cmocka_unit_test(markdown_tables_have_their_columns),
		cmocka_unit_test(one_point_has_no_slope),
		cmocka_unit_test(terminal_lines_fit),
		cmocka_unit_test(a_stream_that_fails_is_told),
		cmocka_unit_test(hgrm_is_monotonic),
	};

	return (cmocka_run_group_tests_name("report", tests, NULL, NULL));
}
