/*
 * Escaping: rows of what goes in and what comes out, for each format.
 */
#include "check.h"
#include "escape.h"
#include "json.h"
#include "metric.h"

typedef void escaper(const char *, FILE *);

static int
gives(escaper *escape, const char *text, const char *expected)
{
	char *result = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&result, &size);
	int same;

	assert_non_null(out);
	escape(text, out);
	assert_int_equal(fclose(out), 0);
	same = strcmp(result, expected) == 0;
	if (!same)
		print_message("'%s' instead of '%s'\n", result, expected);
	free(result);
	return (same);
}

#define BAD "\xef\xbf\xbd"

static void
html(void **state)
{

	(void)state;
	assert_true(gives(escape_html, "", ""));
	assert_true(gives(escape_html, "a<b>&\"'", "a&lt;b&gt;&amp;&quot;"
	    "&#39;"));
	assert_true(gives(escape_html, "\xc3\xa9\xf0\x9f\x98\x80",
	    "\xc3\xa9\xf0\x9f\x98\x80"));
	/* Bytes that are not UTF-8, cut, overlong, a surrogate. */
	assert_true(gives(escape_html, "\xff", BAD));
	assert_true(gives(escape_html, "a\xc3", "a" BAD));
	assert_true(gives(escape_html, "\x01\x1b[2J\x7f", BAD BAD "[2J" BAD));
	assert_true(gives(escape_html, "a\nb", "a b"));
}

static void
json(void **state)
{

	(void)state;
	assert_true(gives(escape_json, "", "\"\""));
	assert_true(gives(escape_json, "a\"b\\c\n\x01", "\"a\\\"b\\\\c\\u000a"
	    "\\u0001\""));
	assert_true(gives(escape_json, "\xff</script>", "\"" BAD
	    "</script>\""));
}

static void
markdown(void **state)
{

	(void)state;
	assert_true(gives(escape_markdown, "a|b", "a\\|b"));
	assert_true(gives(escape_markdown, "<b>&*_`", "&lt;b\\>&amp;\\*\\_"
	    "\\`"));
	assert_true(gives(escape_markdown, "a\n# b", "a \\# b"));
}

static void
terminal(void **state)
{

	(void)state;
	assert_true(gives(escape_terminal, "a\x1b[31m\xc3\xa9\xff", "a?[31m"
	    "??"));
}

static void
json_documents(void **state)
{
	char *text = NULL;
	size_t size = 0;
	struct json j = { .out = open_memstream(&text, &size) };

	(void)state;
	json_open(&j, NULL, '{');
	json_number(&j, "n", NAN);
	json_number(&j, "i", -INFINITY);
	json_number(&j, "d", 0.1);
	json_number(&j, "e", 1.0 / 3);
	json_flat(&j, "f", '[');
	json_open(&j, NULL, '[');
	json_whole(&j, NULL, 1);
	json_whole(&j, NULL, UINT64_MAX);
	json_close(&j, ']');
	json_truth(&j, NULL, 1);
	json_close(&j, ']');
	json_open(&j, "g", '{');
	json_close(&j, '}');
	json_close(&j, '}');
	assert_int_equal(fclose(j.out), 0);
	assert_string_equal(text, "{\n \"n\": null,\n \"i\": \"-inf\",\n"
	    " \"d\": 0.1,\n \"e\": 0.3333333333333333,\n"
	    " \"f\": [[1, \"18446744073709551615\"], true],\n \"g\": {}\n}\n");
	free(text);
}

static void
metrics_are_written_with_the_digits_they_deserve(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{ NAN, "-" }, { INFINITY, "inf" }, { 0, "0.00" },
		{ 1.234, "1.23" }, { 12.34, "12.3" }, { 123.4, "123" },
		{ 1234.5, "1,234" }, { 1234567, "1,234,567" },
		{ 1e300, "1e+300" },
	};
	char text[40], small[4];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(metric_format(METRIC_P99, rows[i].value,
		    text, sizeof(text)), rows[i].text);
	assert_string_equal(metric_format(METRIC_JAIN, 0.99791, text,
	    sizeof(text)), "0.9979");
	assert_true(strlen(metric_format(METRIC_P99, 1234567, small,
	    sizeof(small))) < sizeof(small));
	for (unsigned m = 0; m < METRICS; m++) {
		assert_non_null(metric_info(m)->key);
		for (unsigned k = 0; k < m; k++)
			assert_string_not_equal(metric_info(m)->key,
			    metric_info(k)->key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(html),
		cmocka_unit_test(json),
		cmocka_unit_test(markdown),
		cmocka_unit_test(terminal),
		cmocka_unit_test(json_documents),
		cmocka_unit_test(
		    metrics_are_written_with_the_digits_they_deserve),
	};

	return (cmocka_run_group_tests_name("escape", tests, NULL, NULL));
}
