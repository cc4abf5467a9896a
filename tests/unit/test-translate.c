/* SPDX-License-Identifier: Apache-2.0 */
/* The translator's arithmetic as such; whole packets through the kernel are in tests/nat64. */
#include "nat64/translate-icmp.h"
#include "nat64/translate.h"

#include <arpa/inet.h>
#include <string.h>

#include "fixture.h"

static struct nat64_v6 v6(const char *text)
{
	struct nat64_v6 ret __attribute__((aligned(8)));

	assert_int_equal(inet_pton(AF_INET6, text, &ret), 1);
	return ret;
}

static struct nat64_v4 v4(const char *text)
{
	struct nat64_v4 ret __attribute__((aligned(4)));

	assert_int_equal(inet_pton(AF_INET, text, &ret), 1);
	return ret;
}

static __u32 number(const char *text)
{
	const struct nat64_v4 address __attribute__((aligned(4))) = v4(text);

	return value4(&address);
}

static __attribute__((noinline)) void check_vector(unsigned int length, const char *network, const char *wanted)
{
	const struct nat64_v6 prefix __attribute__((aligned(8))) = v6(network);
	const struct nat64_v6 address __attribute__((aligned(8))) = v6(wanted);
	const struct nat64_v4 four __attribute__((aligned(8))) = v4("192.0.2.33");
	struct nat64_v6 six __attribute__((aligned(8)));
	struct nat64_v4 back __attribute__((aligned(8))) = {{0}};

	embed(&prefix, length, &four, &six);
	assert_memory_equal(&six, &address, 16);
	extract(length, &six, &back);
	assert_memory_equal(&back, &four, 4);
	assert_true(in_prefix6(&prefix, length, &six));
	six.octets[(length / 8 - 1) % sizeof(six.octets)] ^= 1; /* for the compiler, who fears a length of 0 */
	assert_false(in_prefix6(&prefix, length, &six));
}

/* RFC 6052 section 2.4. */
static void test_vectors(void **state)
{
	static const struct {
		unsigned int length;
		const char *prefix, *address;
	} rows[] = {
		{32, "2001:db8::", "2001:db8:c000:221::"},
		{40, "2001:db8:100::", "2001:db8:1c0:2:21::"},
		{48, "2001:db8:122::", "2001:db8:122:c000:2:2100::"},
		{56, "2001:db8:122:300::", "2001:db8:122:3c0:0:221::"},
		{64, "2001:db8:122:344::", "2001:db8:122:344:c0:2:2100::"},
		{96, "2001:db8:122:344::", "2001:db8:122:344::192.0.2.33"},
		{96, "64:ff9b::", "64:ff9b::192.0.2.33"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_vector(rows[i].length, rows[i].prefix, rows[i].address);
}

static void test_unknown_length(void **state)
{
	const struct nat64_v6 address __attribute__((aligned(8))) = v6("2001:db8::1");
	struct nat64_v4 back __attribute__((aligned(8)));

	extract(80, &address, &back);
	assert_int_equal(value4(&back), 0);
	assert_false(is_host4(0));
}

static void test_kinds_of_addresses(void **state)
{
	static const char *const no_hosts4[] = {"0.0.0.0", "0.255.255.255", "127.0.0.1", "127.255.255.255", "224.0.0.1",
		"239.255.255.255", "240.0.0.1", "255.255.255.255"};
	static const char *const private4[] = {"10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255",
		"169.254.1.1", "172.16.0.0", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1",
		"198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1"};
	static const char *const global4[] = {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
		"126.255.255.255", "128.0.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0",
		"198.17.255.255", "198.20.0.0", "223.255.255.255"};
	static const char *const no_hosts6[] = {"::", "::1", "fe80::1", "febf::1", "ff02::1", "ffff::"};
	static const char *const hosts6[] = {"::2", "fec0::1", "fd00::1", "2001:db8::1", "fe7f::1", "1::"};
	size_t i;

	for (i = 0; i < sizeof(no_hosts4) / sizeof(*no_hosts4); i++)
		assert_false(is_host4(number(no_hosts4[i])) || is_global4(number(no_hosts4[i])));
	for (i = 0; i < sizeof(private4) / sizeof(*private4); i++)
		assert_true(is_host4(number(private4[i])) && !is_global4(number(private4[i])));
	for (i = 0; i < sizeof(global4) / sizeof(*global4); i++)
		assert_true(is_global4(number(global4[i])));
	for (i = 0; i < sizeof(no_hosts6) / sizeof(*no_hosts6); i++) {
		const struct nat64_v6 address __attribute__((aligned(8))) = v6(no_hosts6[i]);

		assert_false(is_host6(&address));
	}
	for (i = 0; i < sizeof(hosts6) / sizeof(*hosts6); i++) {
		const struct nat64_v6 address __attribute__((aligned(8))) = v6(hosts6[i]);

		assert_true(is_host6(&address));
	}
}

static void test_pools(void **state)
{
	struct nat64_config config = {.pools = {{.length = 0}, {.length = 25}, {.length = 4}}};

	assert_false(in_pools(&config, 0x7fffffff));
	config.pools[1].network = v4("172.18.0.128");
	config.pools[2].network = v4("240.0.0.0");
	assert_true(in_pools(&config, number("172.18.0.128")) && in_pools(&config, number("172.18.0.255")));
	assert_false(in_pools(&config, number("172.18.0.127")) || in_pools(&config, number("172.18.1.0")));
	assert_true(in_pools(&config, number("255.1.2.3")));
}

/* There and back over every place of a block. */
static void test_blocks(void **state)
{
	unsigned int shift, bits;

	for (shift = 0; shift <= 104; shift++) {
		for (bits = 0; bits <= 24 && shift + bits <= 128; bits++) {
			struct nat64_source source
				__attribute__((aligned(8))) = {.shift = (__u8)shift, .bits = (__u8)bits};
			struct nat64_block block
				__attribute__((aligned(8))) = {.shift = (__u8)shift, .bits = (__u8)bits};
			const __u32 host = 0x00a5c3e1 & (__u32)((1ULL << bits) - 1);
			struct nat64_v6 six __attribute__((aligned(8)));
			struct nat64_v4 four __attribute__((aligned(8))) = {{0}};

			store4(&source.base, 0x0a000000);
			block.network = v6(shift + bits <= 112 ? "fd00::" : "::");
			block_to6(&block, 0x0a000000 | host, &six);
			assert_int_equal(block_to4(&source, &six, &four), 0);
			assert_int_equal(value4(&four), 0x0a000000 | host);
			if (shift == 0)
				continue;
			six.octets[15] |= 1;
			assert_int_equal(block_to4(&source, &six, &four), -1);
		}
	}
}

static void test_block_example(void **state)
{
	const struct nat64_block block __attribute__((aligned(8))) = {.network = v6("fd00:40:0:0:3::"), .bits = 8};
	const struct nat64_v6 want __attribute__((aligned(8))) = v6("fd00:40:0:0:3::7f");
	struct nat64_v6 six __attribute__((aligned(8)));

	block_to6(&block, number("172.18.3.127"), &six);
	assert_memory_equal(&six, &want, 16);
}

/* A header whose checksum is known: RFC 791's fields, sum by hand. */
static void test_ip4_header(void **state)
{
	static const __u8 want[20] = {
		0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0xb8, 0x61, 192, 168, 0, 1, 192, 168, 0, 199};
	struct ip4 ip = {.source = v4("192.168.0.1"), .destination = v4("192.168.0.199")};

	make_ip4(&ip, 0, 0x73, 0, IP4_DF, 64, 17);
	assert_memory_equal(&ip, want, 20);
	assert_int_equal(sum_fold(sum_words(&ip, IP4_SIZE)), 0xffff);
}

static void test_ip6_header(void **state)
{
	static const __u8 want[8] = {0x6b, 0x80, 0, 0, 0x12, 0x34, 44, 9};
	struct ip6 ip;

	make_ip6(&ip, 0xb8, 0x1234, 44, 9);
	assert_memory_equal(&ip, want, 8);
	assert_int_equal(class_of(&ip), 0xb8);
}

static void test_fragments(void **state)
{
	assert_int_equal(fragment_to4(0), 0);
	assert_int_equal(fragment_to4(1), IP4_MF);
	assert_int_equal(fragment_to4(1448 | 1), IP4_MF | 181);
	assert_int_equal(fragment_to4(0xfff8), 0x1fff);
	assert_int_equal(fragment_to4(6), 0); /* reserved bits */
	assert_int_equal(fragment_to6(IP4_MF | 181), 1448 | 1);
	assert_int_equal(fragment_to6(0x1fff), 0xfff8);
}

/* RFC 1624 section 4: the example with which earlier formulas failed. */
static void test_checksum(void **state)
{
	assert_int_equal(checksum_adjust(BE16(0xdd2f), BE16(0x5555), BE16(0x3285)), BE16(0x0000));
	assert_int_equal(checksum_udp(0), 0xffff);
	assert_int_equal(checksum_udp(BE16(7)), BE16(7));
	assert_int_equal(sum_add(0xffffffff, 1), 1);
	assert_int_equal(sum_fold(0xffffffff), 0xffff);
	assert_int_equal(sum_fold(0), 0);
}

static struct icmp_map to6(__u8 type, __u8 code, __u8 pointer)
{
	const struct icmp icmp = {.type = type, .code = code, .octets = {pointer}};

	return icmp_to6(&icmp);
}

static struct icmp_map to4(__u8 type, __u8 code, __u32 pointer)
{
	const struct icmp icmp = {.type = type, .code = code, .word = BE32(pointer)};

	return icmp_to4(&icmp);
}

static void mapped(struct icmp_map got, enum icmp_kind kind, __u8 type, __u8 code, __u32 value)
{
	assert_int_equal(got.kind, kind);
	if (kind == ICMP_NONE)
		return;
	assert_int_equal(got.type, type);
	assert_int_equal(got.code, code);
	assert_int_equal(got.value, value);
}

static void test_icmp_to6(void **state)
{
	/* RFC 7915 section 4.2, codes of "destination unreachable": type and code, -1 dropped. */
	static const int unreachable[18][2] = {{1, 0}, {1, 0}, {4, 1}, {1, 4}, {2, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 0},
		{1, 1}, {1, 1}, {1, 0}, {1, 0}, {1, 1}, {-1, 0}, {1, 1}, {-1, 0}, {-1, 0}};
	static const int pointers[21] = {0, 1, 4, 4, -1, -1, -1, -1, 7, 6, -1, -1, 8, 8, 8, 8, 24, 24, 24, 24, -1};
	unsigned int type, i;

	for (i = 0; i < 18; i++) {
		const struct icmp_map map = to6(3, (__u8)i, 0);

		assert_int_equal(map.kind == ICMP_NONE, unreachable[i][0] < 0);
		if (map.kind == ICMP_NONE)
			continue;
		assert_int_equal(map.type, unreachable[i][0]);
		assert_int_equal(map.code, unreachable[i][1]);
	}
	mapped(to6(3, 2, 0), ICMP_POINTER, 4, 1, 6);
	mapped(to6(3, 4, 0), ICMP_MTU, 2, 0, 0);
	for (i = 0; i < 21; i++) {
		mapped(to6(12, 0, (__u8)i), pointers[i] < 0 ? ICMP_NONE : ICMP_POINTER, 4, 0, (__u32)pointers[i]);
		mapped(to6(12, 2, (__u8)i), pointers[i] < 0 ? ICMP_NONE : ICMP_POINTER, 4, 0, (__u32)pointers[i]);
		mapped(to6(12, 1, (__u8)i), ICMP_NONE, 0, 0, 0);
	}
	mapped(to6(11, 1, 0), ICMP_ERROR, 3, 1, 0);
	mapped(to6(8, 0, 0), ICMP_PING, 128, 0, 0);
	mapped(to6(0, 0, 0), ICMP_PING, 129, 0, 0);
	for (type = 0; type < 256; type++)
		if (type != 0 && type != 3 && type != 8 && type != 11 && type != 12)
			mapped(to6((__u8)type, 0, 0), ICMP_NONE, 0, 0, 0);
}

static void test_icmp_to4(void **state)
{
	static const int unreachable[6] = {1, 10, 1, 1, 3, -1};
	unsigned int type, i;

	for (i = 0; i < 6; i++)
		mapped(to4(1, (__u8)i, 0), unreachable[i] < 0 ? ICMP_NONE : ICMP_ERROR, 3, (__u8)unreachable[i], 0);
	mapped(to4(2, 0, 1400), ICMP_MTU, 3, 4, 0);
	mapped(to4(3, 1, 0), ICMP_ERROR, 11, 1, 0);
	mapped(to4(4, 1, 6), ICMP_ERROR, 3, 2, 0);
	mapped(to4(4, 2, 40), ICMP_NONE, 0, 0, 0);
	for (i = 0; i < 42; i++) {
		static const int first[8] = {0, 1, -1, -1, 2, 2, 9, 8};
		const int want = i < 8 ? first[i] : i < 24 ? 12 : i < 40 ? 16 : -1;

		mapped(to4(4, 0, i), want < 0 ? ICMP_NONE : ICMP_POINTER, 12, 0, (__u32)want);
	}
	mapped(to4(4, 0, 0xffffffff), ICMP_NONE, 0, 0, 0);
	mapped(to4(128, 0, 0), ICMP_PING, 8, 0, 0);
	mapped(to4(129, 0, 0), ICMP_PING, 0, 0, 0);
	for (type = 0; type < 256; type++)
		if ((type < 1 || type > 4) && type != 128 && type != 129)
			mapped(to4((__u8)type, 0, 0), ICMP_NONE, 0, 0, 0);
}

static void test_mtu(void **state)
{
	const struct nat64_config one = {.mtu6 = 1500}, two = {.mtu6 = 9000, .mtu4 = 1400};

	assert_int_equal(mtu_to6(&one, 1400, 1500), 1420);
	assert_int_equal(mtu_to6(&one, 1500, 1500), 1500);
	assert_int_equal(mtu_to6(&one, 68, 1500), 1280);
	assert_int_equal(mtu_to6(&two, 8000, 9000), 1420);
	/* Routers that don't tell: RFC 1191's plateaus. */
	assert_int_equal(mtu_to6(&one, 0, 1500), 1500);
	assert_int_equal(mtu_to6(&one, 0, 1492), 1280);
	assert_int_equal(mtu_plateau(65535), 32000);
	assert_int_equal(mtu_plateau(1493), 1492);
	assert_int_equal(mtu_plateau(296), 68);
	assert_int_equal(mtu_to4(&one, 1400), 1380);
	assert_int_equal(mtu_to4(&one, 9000), 1480);
	assert_int_equal(mtu_to4(&two, 9000), 1400);
	assert_int_equal(mtu_to4(&one, 0), 68);
	assert_int_equal(mtu_to4(&one, 0xffffffff), 1480);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_unknown_length),
		cmocka_unit_test(test_kinds_of_addresses),
		cmocka_unit_test(test_pools),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_block_example),
		cmocka_unit_test(test_ip4_header),
		cmocka_unit_test(test_ip6_header),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_icmp_to6),
		cmocka_unit_test(test_icmp_to4),
		cmocka_unit_test(test_mtu),
	};

	return RUN_TESTS(tests);
}
