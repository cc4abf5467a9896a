/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <errno.h>

#include "fixture.h"

/* The vectors of RFC 4648 section 10. */
static void test_vectors(void **unused)
{
	static const char *const vectors[][2] = {{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"},
		{"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(vectors); i++) {
		_cleanup_free_ char *text = base64_encode(vectors[i][0], strlen(vectors[i][0])), *back = NULL;

		assert_string_equal(text, vectors[i][1]);
		assert_int_equal(base64_decode(text, &back, &len), 0);
		assert_int_equal(len, strlen(vectors[i][0]));
		assert_string_equal(back, vectors[i][0]);
	}
}

static void test_octets(void **unused)
{
	unsigned char octets[256];
	size_t i, len;

	for (i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)i;
	for (i = 0; i <= sizeof(octets); i++) {
		_cleanup_free_ char *text = base64_encode(octets, i), *back = NULL;

		assert_int_equal(base64_decode(text, &back, &len), 0);
		assert_int_equal(len, i);
		assert_memory_equal(back, octets, i);
	}
}

static void test_no_base64(void **unused)
{
	static const char *const wrong[] = {"Z", "Zg", "Zg=", "Z===", "Zm9*", "Zm9v\nZg==", " Zm9", "Zm9 "};
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		char *back;

		if (base64_decode(wrong[i], &back, &len) != -EINVAL)
			fail_msg("'%s' was taken", wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_no_base64),
	};

	return RUN_TESTS(tests);
}
