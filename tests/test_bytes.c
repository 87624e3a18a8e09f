/* The growing buffer: room, doubling, keeping, and memory that runs out. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

static int fail_realloc;

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *
__wrap_realloc(void *old, size_t size)
{

	return (fail_realloc ? NULL : __real_realloc(old, size));
}

static void
grows(void **state)
{
	/* What is asked for, and the size afterwards. */
	static const size_t rows[][2] = { { 0, 256 }, { 1, 256 }, { 255, 256 },
		{ 1, 512 }, { 255, 512 }, { 1, 1024 }, { 5000, 8192 },
		{ 2679, 8192 }, { 1, 16384 } };
	struct bytes b = { 0 };
	char *place;
	size_t length = 0;

	(void)state;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++) {
		place = bytes_reserve(&b, rows[i][0]);
		assert_non_null(place);
		assert_ptr_equal(place, b.data + length);
		assert_int_equal(b.length, length);
		assert_int_equal(b.size, rows[i][1]);
		memset(place, (int)i, rows[i][0]);
		b.length = length += rows[i][0];
	}
	length = 0;
	for (size_t i = 0; i < UNIT_COUNT(rows); i++)
		for (size_t k = 0; k < rows[i][0]; k++)
			assert_int_equal(b.data[length++], i);
	bytes_free(&b);
	assert_null(b.data);
	assert_int_equal(b.size, 0);
	bytes_free(&b);
}

static void
grows_to_a_bound(void **state)
{
	struct bytes b = { 0 };

	(void)state;
	assert_non_null(bytes_grow(&b, 300, 400));
	assert_int_equal(b.size, 400);
	b.length = 300;
	assert_ptr_equal(bytes_grow(&b, 100, 400), b.data + 300);
	assert_int_equal(b.size, 400);
	assert_non_null(bytes_grow(&b, 200, 100000));
	assert_int_equal(b.size, 800);
	bytes_free(&b);
}

static void
fails(void **state)
{
	struct bytes b = { 0 }, before;

	(void)state;
	assert_null(bytes_reserve(&b, SIZE_MAX));
	assert_null(bytes_reserve(&b, SIZE_MAX / 2));
	assert_null(b.data);
	fail_realloc = 1;
	assert_null(bytes_reserve(&b, 1));
	assert_int_equal(b.size, 0);
	fail_realloc = 0;
	memcpy(bytes_reserve(&b, 4), "abcd", 4);
	b.length = 4;
	before = b;
	fail_realloc = 1;
	assert_null(bytes_reserve(&b, 1000));
	assert_memory_equal(&b, &before, sizeof(b));
	assert_memory_equal(b.data, "abcd", 4);
	assert_non_null(bytes_reserve(&b, 252)); /* there already */
	fail_realloc = 0;
	assert_null(bytes_reserve(&b, SIZE_MAX - 2));
	assert_memory_equal(&b, &before, sizeof(b));
	bytes_free(&b);
}

static void
resets(void **state)
{
	struct bytes b = { 0 };

	(void)state;
	bytes_reset(&b);
	assert_null(b.data);
	assert_non_null(bytes_reserve(&b, BYTES_KEEP));
	b.length = BYTES_KEEP;
	bytes_reset(&b);
	assert_int_equal(b.length, 0);
	assert_int_equal(b.size, BYTES_KEEP);
	assert_non_null(b.data);
	assert_non_null(bytes_reserve(&b, BYTES_KEEP + 1));
	b.length = 1;
	bytes_reset(&b);
	assert_null(b.data);
	assert_int_equal(b.size, 0);
	assert_int_equal(b.length, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(grows_to_a_bound),
		cmocka_unit_test(fails),
		cmocka_unit_test(resets),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
