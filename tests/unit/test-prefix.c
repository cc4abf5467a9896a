/* SPDX-License-Identifier: Apache-2.0 */
#include "net/prefix.h"

#include <errno.h>

#include "fixture.h"

static struct prefix parse(const char *text)
{
	struct prefix prefix;

	if (prefix_parse(text, &prefix) < 0)
		fail_msg("'%s' is refused", text);
	return prefix;
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		int r;
	} rows[] = {
		{"fd00:20::/64", 0},
		{"::/0", 0},
		{"fd00::1/128", 0},
		{"10.0.0.0/8", 0},
		{"10.0.0.1/32", 0},
		{"fd00::/129", -ERANGE},
		{"10.0.0.0/33", -ERANGE},
		{"10.0.0.0/99999999999999999999999", -ERANGE},
		{"fd00::", -EINVAL},
		{"fd00::/", -EINVAL},
		{"/64", -EINVAL},
		{"fd00::/064", -EINVAL},
		{"fd00::/+64", -EINVAL},
		{"fd00::/-1", -EINVAL},
		{"fd00::/ 64", -EINVAL},
		{"fd00::/64/64", -EINVAL},
		{"fd00::/64 ", -EINVAL},
		{"10.0/8", -EINVAL},
		{"fd00:00000000000000000000000000000000000000000000000000000000::/64", -EINVAL},
	};
	struct prefix prefix;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (prefix_parse(rows[i].text, &prefix) != rows[i].r)
			fail_msg("'%s'", rows[i].text);
}

static void test_network(void **state)
{
	static const char *const rows[][2] = {
		{"fd00:20::1/64", "fd00:20::/64"},
		{"fd00:20::/64", "fd00:20::/64"},
		{"fd00:40:0:0:ff::/72", "fd00:40::/72"},
		{"fd00:30::3:1/110", "fd00:30::/110"},
		{"fd00:30::7:1/110", "fd00:30::4:0/110"},
		{"10.96.0.1/12", "10.96.0.0/12"},
		{"10.111.255.255/12", "10.96.0.0/12"},
		{"255.255.255.255/0", "0.0.0.0/0"},
		{"10.0.0.1/32", "10.0.0.1/32"},
		{"fd00::1/128", "fd00::1/128"},
	};
	char text[PREFIX_TEXT_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct prefix prefix = parse(rows[i][0]), network = prefix_network(&prefix), wanted = parse(rows[i][1]);

		assert_string_equal(prefix_text(&network, text), rows[i][1]);
		assert_true(prefix_equal(&network, &wanted));
		assert_int_equal(prefix_host_bits(&prefix), strcmp(rows[i][0], rows[i][1]) != 0);
	}
}

static void test_contains(void **state)
{
	static const struct {
		const char *outer, *inner;
		bool contains, overlaps;
	} rows[] = {
		{"fd00::/16", "fd00:20::/64", true, true},
		{"fd00:20::/64", "fd00::/16", false, true},
		{"fd00:20::/64", "fd00:20::/64", true, true},
		{"fd00:20::/64", "fd00:20:0:1::/64", false, false},
		{"172.18.0.0/16", "172.18.0.128/25", true, true},
		{"172.18.0.0/25", "172.18.0.128/25", false, false},
		{"::/0", "0.0.0.0/0", false, false},
		{"::/0", "ff00::/8", true, true},
	};
	struct prefix none = {0}, any = parse("::/0");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct prefix outer = parse(rows[i].outer), inner = parse(rows[i].inner);

		assert_int_equal(prefix_contains(&outer, &inner), rows[i].contains);
		assert_int_equal(prefix_overlaps(&outer, &inner), rows[i].overlaps);
		assert_int_equal(prefix_overlaps(&inner, &outer), rows[i].overlaps);
	}
	assert_false(prefix_overlaps(&none, &none));
	assert_false(prefix_overlaps(&none, &any));
}

static void test_host(void **state)
{
	struct prefix mgmt = parse("fd00:20::/64"), small = parse("10.0.0.248/29");
	char text[ADDRESS_TEXT_MAX];
	struct address host;

	assert_int_equal(prefix_host(&mgmt, 100, &host), 0);
	assert_string_equal(address_text(&host, text), "fd00:20::64");
	assert_int_equal(prefix_host(&mgmt, UINT64_MAX, &host), 0);
	assert_string_equal(address_text(&host, text), "fd00:20::ffff:ffff:ffff:ffff");
	assert_int_equal(prefix_host(&small, 7, &host), 0);
	assert_string_equal(address_text(&host, text), "10.0.0.255");
	assert_int_equal(prefix_host(&small, 8, &host), -ERANGE);
	assert_string_equal(address_text(&host, text), "10.0.0.255");
}

static void test_subnet(void **state)
{
	static const struct {
		const char *prefix;
		uint64_t n;
		unsigned int length;
		const char *subnet; /* NULL: refused with r */
		int r;
	} rows[] = {
		{"fd00:40::/72", 2, 80, "fd00:40:0:0:2::/80", 0},
		{"fd00:40::/72", 100, 80, "fd00:40:0:0:64::/80", 0},
		{"fd00:40::/72", 255, 80, "fd00:40:0:0:ff::/80", 0},
		{"fd00:40::/72", 256, 80, NULL, -ERANGE},
		{"fd00:40::/64", 65535, 80, "fd00:40:0:0:ffff::/80", 0},
		{"fd00:40::/64", 65536, 80, NULL, -ERANGE},
		{"fd00:40::/71", 3, 79, "fd00:40:0:0:6::/79", 0},
		{"10.244.0.0/16", 3, 24, "10.244.3.0/24", 0},
		{"10.244.0.0/16", 256, 24, NULL, -ERANGE},
		{"255.255.0.0/16", 256, 24, NULL, -ERANGE},
		{"::/0", UINT64_MAX, 64, "ffff:ffff:ffff:ffff::/64", 0},
		{"fd00:40::/72", 0, 72, NULL, -EINVAL},
		{"fd00:40::/72", 0, 64, NULL, -EINVAL},
		{"fd00:40::/72", 0, 129, NULL, -EINVAL},
		{"10.0.0.0/8", 0, 33, NULL, -EINVAL},
	};
	char text[PREFIX_TEXT_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct prefix prefix = parse(rows[i].prefix), subnet;

		assert_int_equal(prefix_subnet(&prefix, rows[i].n, rows[i].length, &subnet), rows[i].r);
		if (rows[i].subnet)
			assert_string_equal(prefix_text(&subnet, text), rows[i].subnet);
	}
}

static void test_of_address(void **state)
{
	char text[PREFIX_TEXT_MAX];
	struct prefix prefix;
	struct address address;

	assert_int_equal(address_parse("fd00::1", &address), 0);
	prefix = prefix_of_address(&address);
	assert_string_equal(prefix_text(&prefix, text), "fd00::1/128");
	assert_int_equal(address_parse("10.0.0.1", &address), 0);
	prefix = prefix_of_address(&address);
	assert_string_equal(prefix_text(&prefix, text), "10.0.0.1/32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_subnet),
		cmocka_unit_test(test_of_address),
	};

	return RUN_TESTS(tests);
}
