/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/token.h"

#include "fixture.h"

enum { ROUNDS = 4000, LETTERS = 36 };

/* The form that kubeadm checks, and no letter favoured. */
static void test_form_and_spread(void **state)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	unsigned int counts[LETTERS] = {0}, expected = ROUNDS * 22 / LETTERS;
	char token[TOKEN_SIZE], last[TOKEN_SIZE] = "";
	size_t i, j;

	for (i = 0; i < ROUNDS; i++) {
		assert_int_equal(token_new(token, NULL), 0);
		assert_int_equal(strlen(token), 23);
		assert_int_equal(token[6], '.');
		for (j = 0; j < 23; j++) {
			const char *letter = strchr(alphabet, token[j]);

			if (j == 6)
				continue;
			assert_non_null(letter);
			counts[letter - alphabet]++;
		}
		assert_string_not_equal(token, last);
		memcpy(last, token, sizeof(last));
	}
	/*
	 * About 2,444 of each, with a standard deviation of 49: five of them are allowed. Without throwing octets away
	 * the first four letters would come in 8 of 256 cases, not in 7.11: 306 more often.
	 */
	for (i = 0; i < LETTERS; i++)
		assert_in_range(counts[i], expected - 245, expected + 245);
}

static void test_certificate_key(void **state)
{
	char key[CERTIFICATE_KEY_SIZE], last[CERTIFICATE_KEY_SIZE] = "";
	unsigned int counts[256] = {0}, i;
	const char *p;

	for (i = 0; i < ROUNDS; i++) {
		assert_int_equal(certificate_key_new(key, NULL), 0);
		assert_int_equal(strlen(key), 64);
		assert_int_equal(strspn(key, "0123456789abcdef"), 64);
		assert_string_not_equal(key, last);
		memcpy(last, key, sizeof(last));
		for (p = key; *p; p++)
			counts[(unsigned char)*p]++;
	}
	/* 16,000 of each, with a standard deviation of 122. */
	for (p = "0123456789abcdef"; *p; p++)
		assert_in_range(counts[(unsigned char)*p], 15390, 16610);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form_and_spread),
		cmocka_unit_test(test_certificate_key),
	};

	return RUN_TESTS(tests);
}
