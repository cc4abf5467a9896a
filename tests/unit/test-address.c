/* SPDX-License-Identifier: Apache-2.0 */
#include "net/address.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/str.h"
#include "fixture.h"

static struct address parse(const char *text)
{
	struct address address;

	if (address_parse(text, &address) < 0)
		fail_msg("'%s' is refused", text);
	return address;
}

/* RFC 5952 section 4. */
static void test_text(void **state)
{
	static const char *const rows[][2] = {
		{"2001:0db8:0:0:0:0:0002:0001", "2001:db8::2:1"},
		{"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
		{"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
		{"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
		{"FD00:40:0:0:ABCD::", "fd00:40:0:0:abcd::"},
		{"::", "::"},
		{"0:0:0:0:0:0:0:1", "::1"},
		{"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
		{"10.192.0.3", "10.192.0.3"},
	};
	char text[ADDRESS_TEXT_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address address = parse(rows[i][0]);

		assert_string_equal(address_text(&address, text), rows[i][1]);
	}
	assert_string_equal(address_text(&(struct address){0}, text), "none");
}

static void test_refused(void **state)
{
	static const char *const rows[] = {"", "010.0.0.1", "10.0.0.01", "10.1", "1", "0x0a.0.0.1", "10.0.0.256",
		"10.0.0.1 ", " 10.0.0.1", "10.0.0.1.", "fd00::1::2", "fd00::12345", "[fd00::1]", "fd00::1%eth0",
		"fd00::1/64", "fd00:1:2:3:4:5:6", "fd00:1:2:3:4:5:6:7:8", ":", ":::", "fd00::g", "::1.2.3"};
	struct address address = {.family = -1};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		if (address_parse(rows[i], &address) != -EINVAL)
			fail_msg("'%s' is accepted", rows[i]);
		assert_int_equal(address.family, -1);
	}
}

static void test_add(void **state)
{
	static const struct {
		const char *address;
		uint64_t value;
		unsigned int shift;
		const char *sum; /* NULL: does not fit */
	} rows[] = {
		{"fd00:20::", 0, 0, "fd00:20::"},
		{"fd00:20::", 12, 0, "fd00:20::c"},
		{"fd00:20::ff", 1, 0, "fd00:20::100"},
		{"fd00:40::", 2, 48, "fd00:40:0:0:2::"},
		{"fd00:40::", 100, 48, "fd00:40:0:0:64::"},
		{"fd00:40::", 3, 49, "fd00:40:0:0:6::"},
		{"fd00::ffff:ffff:ffff:ffff", 1, 0, "fd00:0:0:1::"},
		{"fd00::", UINT64_MAX, 0, "fd00::ffff:ffff:ffff:ffff"},
		{"::", UINT64_MAX, 64, "ffff:ffff:ffff:ffff::"},
		{"::", UINT64_MAX, 61, "1fff:ffff:ffff:ffff:e000::"},
		{"::", UINT64_MAX, 65, NULL},
		{"::", 1, 127, "8000::"},
		{"::", 2, 127, NULL},
		{"::", 1, 128, NULL},
		{"::", 0, 500, "::"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, 0, NULL},
		{"10.244.0.0", 3, 8, "10.244.3.0"},
		{"10.244.0.0", 256, 8, "10.245.0.0"},
		{"255.255.255.255", 1, 0, NULL},
		{"0.0.0.0", 0xffffffff, 0, "255.255.255.255"},
		{"0.0.0.0", 0x100000000, 0, NULL},
	};
	char text[ADDRESS_TEXT_MAX];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address address = parse(rows[i].address), sum = {.family = -1};
		int r = address_add(&address, rows[i].value, rows[i].shift, &sum);

		if (rows[i].sum == NULL) {
			if (r != -ERANGE || sum.family != -1)
				fail_msg("row %zu: %s", i, address_text(&sum, text));
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(address_text(&sum, text), rows[i].sum);
	}
}

static void test_order(void **state)
{
	struct address a = parse("fd00::1"), b = parse("fd00::2"), v4 = parse("255.0.0.1"), same = parse("fd00:0::1");

	assert_true(address_compare(&a, &b) < 0);
	assert_true(address_compare(&b, &a) > 0);
	assert_true(address_compare(&v4, &a) < 0);
	assert_true(address_equal(&a, &same));
	assert_false(address_equal(&a, &b));
	assert_false(address_equal(&v4, &a));
}

static void test_kinds(void **state)
{
	static const struct {
		const char *address;
		bool multicast, link_local, unspecified;
	} rows[] = {
		{"ff02::1", true, false, false},
		{"fe80::1", false, true, false},
		{"febf::1", false, true, false},
		{"fec0::1", false, false, false},
		{"::", false, false, true},
		{"::1", false, false, false},
		{"224.0.0.1", true, false, false},
		{"239.255.255.255", true, false, false},
		{"240.0.0.1", false, false, false},
		{"169.254.1.1", false, true, false},
		{"169.253.1.1", false, false, false},
		{"0.0.0.0", false, false, true},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct address address = parse(rows[i].address);

		assert_int_equal(address_is_multicast(&address), rows[i].multicast);
		assert_int_equal(address_is_link_local(&address), rows[i].link_local);
		assert_int_equal(address_is_unspecified(&address), rows[i].unspecified);
	}
	assert_false(address_is_unspecified(&(struct address){0}));
}

static void test_host_port(void **state)
{
	struct address v6 = parse("fd00:20::2"), v4 = parse("10.0.0.1");
	_cleanup_str_ struct str text = STR_INIT;

	address_host_port(&v6, 6443, &text);
	str_add(&text, " ");
	address_host_port(&v4, 53, &text);
	assert_string_equal(str_text(&text), "[fd00:20::2]:6443 10.0.0.1:53");
}

static void test_sockaddr(void **state)
{
	struct address v6 = parse("fd00:20::2"), v4 = parse("10.0.0.1");
	struct sockaddr_storage storage;
	struct sockaddr_in6 in6;
	struct sockaddr_in in;

	assert_int_equal(address_sockaddr(&v6, 53, &storage), sizeof(in6));
	memcpy(&in6, &storage, sizeof(in6));
	assert_int_equal(in6.sin6_family, AF_INET6);
	assert_int_equal(ntohs(in6.sin6_port), 53);
	assert_memory_equal(&in6.sin6_addr, v6.bytes, 16);
	assert_int_equal(address_sockaddr(&v4, 80, &storage), sizeof(in));
	memcpy(&in, &storage, sizeof(in));
	assert_int_equal(in.sin_family, AF_INET);
	assert_int_equal(ntohl(in.sin_addr.s_addr), 0x0a000001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_host_port),
		cmocka_unit_test(test_sockaddr),
	};

	return RUN_TESTS(tests);
}
