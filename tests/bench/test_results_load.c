/*
 * A report from its JSON is the report: every writer gives the same bytes.
 * And what is no report is refused, wherever it was damaged.
 */
#include "check.h"

#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "report.h"
#include "results_load.h"

static int
terminal(const struct results *r, FILE *out)
{

	return (report_terminal(r, 0, 0, out));
}

static int (*const writers[])(const struct results *, FILE *) = {
	report_json, report_html, report_markdown, terminal,
};

static char *
text_of(const struct results *r, int (*write)(const struct results *, FILE *),
    size_t *size)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, size);

	assert_non_null(f);
	assert_int_equal(write(r, f), 0);
	fclose(f);
	return (text);
}

/* Load bytes through a file, as the program does. */
static struct results *
load(const char *text, size_t size)
{
	char path[] = "/tmp/throng-report-XXXXXX", why[1024] = "";
	int fd = mkstemp(path);
	struct results *r;

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	r = results_load(path, why, sizeof(why));
	/* One line of why not, and only then. */
	assert_true((r == NULL) == (why[0] != '\0'));
	assert_null(strchr(why, '\n'));
	close(fd);
	unlink(path);
	return (r);
}

static void
same_reports(struct results *r)
{
	size_t size, n, again;
	char *json = text_of(r, report_json, &size), *a, *b;
	struct results *copy = load(json, size);

	assert_non_null(copy);
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		a = text_of(r, writers[i], &n);
		b = text_of(copy, writers[i], &again);
		assert_int_equal(n, again);
		assert_memory_equal(a, b, n);
		free(a);
		free(b);
	}
	free(json);
	results_free(copy);
	results_free(r);
}

static void
reports_come_out_as_they_did(void **state)
{
	struct results *r;

	(void)state;
	same_reports(fixture_compare(6));
	same_reports(fixture_compare(1));
	same_reports(fixture_sweep(0));
	same_reports(fixture_sweep(1));
	same_reports(fixture_lossy());
	r = results_new();
	assert_int_equal(results_close(r), 0);
	same_reports(r);
}

/* Names of targets are no longer unique there: it must load, or not. */
static void
hostile_text_is_harmless(void **state)
{
	struct results *r = fixture_hostile(), *copy;
	size_t size;
	char *json = text_of(r, report_json, &size), *html;

	(void)state;
	if ((copy = load(json, size)) != NULL) {
		html = text_of(copy, report_html, &size);
		assert_null(strstr(html, "<script>"));
		free(html);
	}
	results_free(copy);
	results_free(r);
	free(json);
}

static void
what_is_cut_off_is_refused(void **state)
{
	struct results *r = fixture_compare(1);
	size_t size;
	char *json = text_of(r, report_json, &size);

	(void)state;
	for (size_t at = 0; at + 3 < size; at += size / 50)
		assert_null(load(json, at));
	free(json);
	results_free(r);
}

/* Replace the first `from` by `to`, of the same length. */
static void
refused_with(const char *json, size_t size, const char *from, const char *to)
{
	char *copy = malloc(size + 1), *at;

	memcpy(copy, json, size);
	copy[size] = '\0';
	assert_int_equal(strlen(from), strlen(to));
	at = strstr(copy, from);
	assert_non_null(at);
	memcpy(at, to, strlen(to));
	assert_null(load(copy, size));
	free(copy);
}

static void
what_makes_no_sense_is_refused(void **state)
{
	struct results *r = fixture_compare(1);
	size_t size;
	char *json = text_of(r, report_json, &size);

	(void)state;
	refused_with(json, size, "\"schema_version\": 3",
	    "\"schema_version\": 9");
	refused_with(json, size, "\"schema\": \"throng-bench\"",
	    "\"schema\": \"wrong--bench\"");
	refused_with(json, size, "\"point\": 0", "\"point\": 7");
	refused_with(json, size, "\"infinite\": 0", "\"infinite\": 5");
	refused_with(json, size, "\"map\": [[0, ", "\"map\": [[99,");
	free(json);
	results_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_come_out_as_they_did),
		cmocka_unit_test(hostile_text_is_harmless),
		cmocka_unit_test(what_is_cut_off_is_refused),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return (cmocka_run_group_tests(tests, NULL, NULL));
}
