/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <errno.h>

#include "fixture.h"

static void test_growing(void **unused)
{
	_cleanup_str_ struct str text = STR_INIT;
	int i;

	assert_string_equal(str_text(&text), "");
	for (i = 0; i < 1000; i++)
		str_addf(&text, "%03d,", i);
	assert_int_equal(text.len, 4000);
	assert_true(str_starts(text.s, "000,001,"));
	assert_true(str_ends(text.s, ",999,"));
	str_clear(&text);
	assert_string_equal(str_text(&text), "");
}

static void test_numbers(void **unused)
{
	static const struct {
		const char *text;
		unsigned long max;
		int r;
		unsigned long value;
	} rows[] = {
		{"0", 0, 0, 0},
		{"65535", 65535, 0, 65535},
		{"65536", 65535, -ERANGE, 0},
		{"007", 9, 0, 7},
		{"", 9, -EINVAL, 0},
		{"+1", 9, -EINVAL, 0},
		{" 1", 9, -EINVAL, 0},
		{"1x", 9, -EINVAL, 0},
		{"18446744073709551615", (unsigned long)-1, 0, (unsigned long)-1},
		{"18446744073709551616", (unsigned long)-1, -ERANGE, 0},
		{"99999999999999999999999", (unsigned long)-1, -ERANGE, 0},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned long value = 0;

		assert_int_equal(str_to_uint(rows[i].text, rows[i].max, &value), rows[i].r);
		assert_int_equal(value, rows[i].value);
	}
}

static void test_nearest(void **unused)
{
	static const char *const words[] = {"prepare", "validate", "verify", "up"};

	assert_int_equal(str_distance("kitten", "sitting"), 3);
	assert_string_equal(str_nearest("prepair", words, 4), "prepare");
	assert_string_equal(str_nearest("verfiy", words, 4), "verify");
	assert_null(str_nearest("banana", words, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_growing),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_nearest),
	};

	return RUN_TESTS(tests);
}
