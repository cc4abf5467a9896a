/* SPDX-License-Identifier: Apache-2.0 */
#include "net/rfc6052.h"

#include <errno.h>

#include "fixture.h"

static struct prefix prefix_of(const char *text)
{
	struct prefix prefix;

	assert_int_equal(prefix_parse(text, &prefix), 0);
	return prefix;
}

static struct address address_of(const char *text)
{
	struct address address;

	assert_int_equal(address_parse(text, &address), 0);
	return address;
}

/* RFC 6052 section 2.4: 192.0.2.33 in each allowed length, and in the well-known prefix. */
static void test_vectors(void **state)
{
	static const char *const rows[][2] = {
		{"2001:db8::/32", "2001:db8:c000:221::"},
		{"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
		{"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
		{"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
		{"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100:0"},
		{"2001:db8:122:344::/96", "2001:db8:122:344::c000:221"},
		{"64:ff9b::/96", "64:ff9b::c000:221"},
	};
	struct address v4 = address_of("192.0.2.33"), found;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct prefix prefix = prefix_of(rows[i][0]);
		struct address v6 = address_of(rows[i][1]);

		assert_int_equal(rfc6052_embed(&prefix, &v4, &found), 0);
		assert_true(address_equal(&found, &v6));
		assert_int_equal(rfc6052_extract(&prefix, &v6, &found), 0);
		assert_true(address_equal(&found, &v4));
	}
}

static void test_well_known(void **state)
{
	static const char *const others[] = {"64:ff9b::/64", "64:ff9b:1::/48", "64:ff9b:0:0:0:1::/96", "64:ff9a::/96"};
	struct prefix prefix = prefix_of("64:ff9b::/96");
	size_t i;

	assert_true(rfc6052_is_well_known(&prefix));
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		prefix = prefix_of(others[i]);
		assert_false(rfc6052_is_well_known(&prefix));
	}
}

static void test_lengths(void **state)
{
	unsigned int length, allowed = 0;

	for (length = 0; length <= 130; length++)
		allowed += rfc6052_length_ok(length);
	assert_int_equal(allowed, 6);
	assert_true(rfc6052_length_ok(96));
	assert_false(rfc6052_length_ok(72));
}

static void test_refused(void **state)
{
	struct prefix bad_length = prefix_of("2001:db8::/72"), v4_prefix = prefix_of("10.0.0.0/32"),
		      u_octet = prefix_of("2001:db8:0:0:100::/96"), good = prefix_of("64:ff9b::/96");
	struct address v4 = address_of("192.0.2.33"), v6 = address_of("2001:db8::1"), found;

	assert_int_equal(rfc6052_embed(&bad_length, &v4, &found), -EINVAL);
	assert_int_equal(rfc6052_embed(&v4_prefix, &v4, &found), -EINVAL);
	assert_int_equal(rfc6052_embed(&u_octet, &v4, &found), -EINVAL);
	assert_int_equal(rfc6052_embed(&good, &v6, &found), -EINVAL);
	assert_int_equal(rfc6052_extract(&bad_length, &v6, &found), -EINVAL);
	assert_int_equal(rfc6052_extract(&good, &v4, &found), -EINVAL);
	assert_int_equal(rfc6052_extract(&good, &v6, &found), -ENOENT);
}

/* What lies behind the length must not get into the result. */
static void test_host_bits(void **state)
{
	struct prefix prefix = prefix_of("2001:db8::ffff/32");
	struct address v4 = address_of("192.0.2.33"), wanted = address_of("2001:db8:c000:221::"), found;

	assert_int_equal(rfc6052_embed(&prefix, &v4, &found), 0);
	assert_true(address_equal(&found, &wanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_well_known),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_host_bits),
	};

	return RUN_TESTS(tests);
}
