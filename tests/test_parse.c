/* Numbers, sizes and times: what is read, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "parse.h"

#define LEFT_ALONE 0xdeadbeefu

static void
expect_number(const char *text, uint64_t min, uint64_t max, int rc,
    uint64_t want)
{
	uint64_t got = LEFT_ALONE;

	if (parse_number(text, min, max, &got) != rc)
		fail_msg("number \"%s\": not %d", text, rc);
	if (got != (rc == 0 ? want : LEFT_ALONE))
		fail_msg("number \"%s\": %llu", text, (unsigned long long)got);
}

static void
expect_size(const char *text, uint64_t min, uint64_t max, int rc,
    uint64_t want)
{
	uint64_t got = LEFT_ALONE;

	if (parse_size(text, min, max, &got) != rc)
		fail_msg("size \"%s\": not %d", text, rc);
	if (got != (rc == 0 ? want : LEFT_ALONE))
		fail_msg("size \"%s\": %llu", text, (unsigned long long)got);
}

static void
expect_time(const char *text, size_t length, uint64_t min, uint64_t max,
    int rc, uint64_t want)
{
	uint64_t got = LEFT_ALONE;

	if (parse_time(text, length, min, max, &got) != rc)
		fail_msg("time \"%s\": not %d", text, rc);
	if (got != (rc == 0 ? want : LEFT_ALONE))
		fail_msg("time \"%s\": %llu", text, (unsigned long long)got);
}

static void
numbers(void **state)
{
	static const char *const bad[] = { "", " ", "-1", "+1", " 1", "1 ",
		"1\n", "0x10", "1e3", "1.0", "1,000", "one", "1k", "--1",
		"18446744073709551616", "99999999999999999999999999", "\xd9\xa1" };
	size_t i;

	(void)state;
	expect_number("0", 0, UINT64_MAX, 0, 0);
	expect_number("7", 0, 10, 0, 7);
	expect_number("007", 0, 10, 0, 7);
	expect_number("0", 0, 0, 0, 0);
	expect_number("10", 10, 10, 0, 10);
	expect_number("9", 10, 20, -1, 0);
	expect_number("21", 10, 20, -1, 0);
	expect_number("18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX);
	expect_number("18446744073709551610", 0, UINT64_MAX, 0,
	    UINT64_MAX - 5);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_number(bad[i], 0, UINT64_MAX, -1, 0);
}

static void
sizes(void **state)
{
	static const char *const bad[] = { "", "K", "M", "-1K", "1KB", "1kK",
		"1 K", "K1", "1.5M", "1T", "1b", "0x1K", " 1K", "1K ",
		"18446744073709551616", "18014398509481984K",
		"17592186044416M", "17179869184G" };
	size_t i;

	(void)state;
	expect_size("0", 0, UINT64_MAX, 0, 0);
	expect_size("1", 0, UINT64_MAX, 0, 1);
	expect_size("1K", 0, UINT64_MAX, 0, 1024);
	expect_size("1k", 0, UINT64_MAX, 0, 1024);
	expect_size("3M", 0, UINT64_MAX, 0, 3u << 20);
	expect_size("3m", 0, UINT64_MAX, 0, 3u << 20);
	expect_size("2G", 0, UINT64_MAX, 0, (uint64_t)2 << 30);
	expect_size("2g", 0, UINT64_MAX, 0, (uint64_t)2 << 30);
	expect_size("0G", 0, 10, 0, 0);
	expect_size("64M", 1, 64u << 20, 0, 64u << 20);
	expect_size("65537K", 1, 64u << 20, -1, 0);
	expect_size("1K", 1025, 2048, -1, 0);
	/* The largest of each unit that fits; one more is in `bad`. */
	expect_size("18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX);
	expect_size("18014398509481983K", 0, UINT64_MAX, 0,
	    UINT64_MAX - 1023);
	expect_size("17179869183G", 0, UINT64_MAX, 0,
	    UINT64_MAX - ((1u << 30) - 1));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_size(bad[i], 0, UINT64_MAX, -1, 0);
}

static void
times(void **state)
{
	static const char *const bad[] = { "", "1", "s", "ms", "1ns", "1min",
		"1H", "1hm", "1d", "1sec", "-1s", "+1s", " 1s", "1 s", "1s ", "1.s", ".5s",
		"1.5", "1..5s", "1.5.5s", "1e3s", "1,5s", "1us2", "1S", "1MS",
		"1.0000000001s", "18446744073709551616us",
		"99999999999999999999s", "9223372037s", "153722868m",
		"2562048h" };
	size_t i;

	(void)state;
	expect_time("0s", 2, 0, UINT64_MAX, 0, 0);
	expect_time("120us", 5, 0, UINT64_MAX, 0, 120000);
	expect_time("5ms", 3, 0, UINT64_MAX, 0, 5000000);
	expect_time("1.5s", 4, 0, UINT64_MAX, 0, 1500000000);
	expect_time("0.25ms", 6, 0, UINT64_MAX, 0, 250000);
	expect_time("0.5us", 5, 0, UINT64_MAX, 0, 500);
	expect_time("1.050s", 6, 0, UINT64_MAX, 0, 1050000000);
	expect_time("1m", 2, 0, UINT64_MAX, 0, 60000000000u);
	expect_time("1.5m", 4, 0, UINT64_MAX, 0, 90000000000u);
	expect_time("24h", 3, 0, UINT64_MAX, 0, 86400000000000u);
	expect_time("0.999999999h", 12, 0, UINT64_MAX, 0, 3599999996400u);
	expect_time("153722867m", 10, 0, UINT64_MAX, 0,
	    9223372020000000000u);
	expect_time("2562047h", 8, 0, UINT64_MAX, 0, 9223369200000000000u);
	expect_time("0.000000001s", 12, 0, UINT64_MAX, 0, 1);
	expect_time("0.999999999s", 12, 0, UINT64_MAX, 0, 999999999);
	expect_time("9223372036s", 11, 0, UINT64_MAX, 0,
	    9223372036000000000u);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_time(bad[i], strlen(bad[i]), 0, UINT64_MAX, -1, 0);
}

static void
times_in_range(void **state)
{

	(void)state;
	expect_time("1ms", 3, 1000000, 1000000, 0, 1000000);
	expect_time("999us", 5, 1000000, 2000000, -1, 0);
	expect_time("2.001ms", 7, 1000000, 2000000, -1, 0);
}

static void
times_end_at_their_length(void **state)
{

	(void)state;
	/* "wait 5ms reply 3": the time is cut out of a longer text. */
	expect_time("5ms reply", 3, 0, UINT64_MAX, 0, 5000000);
	expect_time("5msX", 3, 0, UINT64_MAX, 0, 5000000);
	expect_time("5s", 1, 0, UINT64_MAX, -1, 0);
	expect_time("5ms", 2, 0, UINT64_MAX, 0, 300000000000u);
	expect_time("5us", 2, 0, UINT64_MAX, -1, 0);
	expect_time("1.5s", 2, 0, UINT64_MAX, -1, 0);
	expect_time("5s", 0, 0, UINT64_MAX, -1, 0);
	expect_time("5\0s", 3, 0, UINT64_MAX, -1, 0);
}

/* As text the way it would be typed; back again it is the same. */
static void
sizes_as_text(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = { { 0, "0" }, { 1, "1" }, { 1023, "1023" },
		{ 1024, "1K" }, { 1025, "1025" }, { 1536 << 10, "1536K" },
		{ 64 << 20, "64M" }, { 1 << 30, "1G" },
		{ 1ull << 62, "4294967296G" },
		{ UINT64_MAX, "18446744073709551615" } };
	char text[PARSE_SIZE_TEXT];
	uint64_t back;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_string_equal(parse_size_text(rows[i].bytes, text),
		    rows[i].text);
		assert_int_equal(parse_size(text, 0, UINT64_MAX, &back), 0);
		assert_int_equal(back, rows[i].bytes);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(sizes),
		cmocka_unit_test(sizes_as_text),
		cmocka_unit_test(times),
		cmocka_unit_test(times_in_range),
		cmocka_unit_test(times_end_at_their_length),
	};

	return (cmocka_run_group_tests_name("parse", tests, NULL, NULL));
}
