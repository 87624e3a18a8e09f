/* SipHash-2-4 against the vectors of its authors. */
#include "unit.h"

#include "siphash.h"

/* Of the reference implementation: key 00..0f, input 00..length-1. */
static const struct vector {
	size_t length;
	uint64_t hash;
} vectors[] = {
	{ 0, 0x726fdb47dd0e0e31u }, { 1, 0x74f839c593dc67fdu },
	{ 2, 0x0d6c8009d9a94f5au }, { 3, 0x85676696d7fb7e2du },
	{ 4, 0xcf2794e0277187b7u }, { 5, 0x18765564cd99a68du },
	{ 6, 0xcbc9466e58fee3ceu }, { 7, 0xab0200f58b01d137u },
	{ 8, 0x93f5f5799a932462u }, { 9, 0x9e0082df0ba9e4b0u },
	{ 15, 0xa129ca6149be45e5u }, { 16, 0x3f2acc7f57c29bdbu },
	{ 63, 0x958a324ceb064572u },
};

static void
authors(void **state)
{
	static const struct siphash_key key = { 0x0706050403020100u,
		0x0f0e0d0c0b0a0908u };
	unsigned char input[64];

	(void)state;
	for (unsigned i = 0; i < sizeof(input); i++)
		input[i] = (unsigned char)i;
	for (size_t i = 0; i < UNIT_COUNT(vectors); i++)
		assert_int_equal(siphash(&key, input, vectors[i].length),
		    vectors[i].hash);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(authors),
	};

	unit_guard();
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
