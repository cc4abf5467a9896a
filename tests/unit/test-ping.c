/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/ping.h"

#include <errno.h>

#include "verify-fixture.h"

/*
 * here (fd00:1::1, 10.1.0.1) --1500-- router --1400-- far (fd00:2::2, 10.2.0.2); "here" is the namespace of the test.
 */
static int set_up(void **state)
{
	fixture_private_machine(state);
	fixture_run("ip netns add router");
	fixture_run("ip netns add far");
	/* A router looks for neighbours from its link-local address, which has to be ready for that at once. */
	fixture_run("ip netns exec router sysctl -qw net.ipv6.conf.default.accept_dad=0");
	fixture_run("ip netns exec far sysctl -qw net.ipv6.conf.default.accept_dad=0");
	fixture_run("sysctl -qw net.ipv6.conf.default.accept_dad=0");
	fixture_run("ip link add eth0 type veth peer name eth1 netns router");
	fixture_run("ip -n router link add eth2 type veth peer name eth0 netns far");
	fixture_run("ip addr add fd00:1::1/64 dev eth0 nodad");
	fixture_run("ip -n router addr add fd00:1::2/64 dev eth1 nodad");
	fixture_run("ip -n router addr add fd00:2::1/64 dev eth2 nodad");
	fixture_run("ip -n far addr add fd00:2::2/64 dev eth0 nodad");
	fixture_run("ip link set eth0 up");
	fixture_run("ip -n router link set eth1 up");
	fixture_run("ip -n router link set eth2 up mtu 1400");
	fixture_run("ip -n far link set eth0 up mtu 1400");
	fixture_run("ip -n far route add default via fd00:2::1");
	fixture_run("ip route add fd00:2::/64 via fd00:1::2");
	fixture_run("ip netns exec router sysctl -qw net.ipv6.conf.all.forwarding=1");
	fixture_run("ip addr add 10.1.0.1/24 dev eth0");
	fixture_run("ip -n router addr add 10.1.0.2/24 dev eth1");
	fixture_run("ip -n router addr add 10.2.0.1/24 dev eth2");
	fixture_run("ip -n far addr add 10.2.0.2/24 dev eth0");
	fixture_run("ip -n far route add default via 10.2.0.1");
	fixture_run("ip route add 10.2.0.0/24 via 10.1.0.2");
	fixture_run("ip netns exec router sysctl -qw net.ipv4.ip_forward=1");
	*state = node_new("");
	return 0;
}

static int tear_down(void **state)
{
	node_free(*state);
	return 0;
}

static struct ping one(struct node *node, const char *netns, const char *to, unsigned int size)
{
	struct ping ping = {.to = fixture_address(to), .size = size};

	assert_int_equal(ping_run(node, netns, &ping, 1, 1500, NULL), 0);
	return ping;
}

static void test_answers(void **state)
{
	struct ping list[] = {
		{.to = fixture_address("fd00:1::1"), .size = 104},
		{.to = fixture_address("fd00:1::2"), .size = 1500},
		{.to = fixture_address("fd00:2::2"), .size = 1400},
		{.to = fixture_address("::1"), .size = 9000},
	};
	size_t i;

	assert_int_equal(ping_run(*state, NULL, list, ARRAY_SIZE(list), 2000, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(list); i++)
		if (list[i].code < 0)
			fail_msg("%zu: %d", i, list[i].code);
}

static void test_from_another_namespace(void **state)
{
	assert_int_equal(one(*state, "far", "fd00:1::1", 104).code, 0);
	assert_int_equal(one(*state, NULL, "fd00:1::1", 104).code, 0);
}

static void test_interface_is_too_narrow(void **state)
{
	struct ping ping = one(*state, NULL, "fd00:1::2", 1501);

	assert_int_equal(ping.code, -EMSGSIZE);
	assert_int_equal(ping.reporter.family, AF_UNSPEC);
}

static void test_path_is_too_narrow(void **state)
{
	struct ping ping = one(*state, NULL, "fd00:2::2", 1500);
	char text[ADDRESS_TEXT_MAX];

	assert_int_equal(ping.code, -EMSGSIZE);
	assert_string_equal(address_text(&ping.reporter, text), "fd00:1::2");
	assert_int_equal(ping.mtu, 1400);
	/* Also when the kernel knows it by now. */
	ping = one(*state, NULL, "fd00:2::2", 1500);
	assert_int_equal(ping.code, -EMSGSIZE);
	assert_int_equal(ping.mtu, 1400);
}

static void test_nobody_there(void **state)
{
	struct ping ping = one(*state, NULL, "fd00:3::1", 104);

	assert_int_equal(ping.code, -ETIMEDOUT);
	ping = one(*state, "far", "fd00:3::1", 104);
	assert_int_equal(ping.code, -EHOSTUNREACH);
	assert_int_equal(ping.reporter.family, AF_INET6);
}

static void test_ipv4_answers(void **state)
{
	struct ping list[] = {
		{.to = fixture_address("10.1.0.1"), .size = 104},
		{.to = fixture_address("10.1.0.2"), .size = 1500},
		{.to = fixture_address("10.2.0.2"), .size = 1400},
		{.to = fixture_address("127.0.0.1"), .size = 65535},
	};
	size_t i;

	assert_int_equal(ping_run(*state, NULL, list, ARRAY_SIZE(list), 2000, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(list); i++)
		if (list[i].code < 0)
			fail_msg("%zu: %d", i, list[i].code);
	assert_int_equal(one(*state, "far", "10.1.0.1", 104).code, 0);
}

static void test_ipv4_is_too_narrow(void **state)
{
	struct ping ping = one(*state, NULL, "10.1.0.2", 1501);
	char text[ADDRESS_TEXT_MAX];

	assert_int_equal(ping.code, -EMSGSIZE);
	assert_int_equal(ping.reporter.family, AF_UNSPEC);
	ping = one(*state, NULL, "10.2.0.2", 1500);
	assert_int_equal(ping.code, -EMSGSIZE);
	assert_string_equal(address_text(&ping.reporter, text), "10.1.0.2");
	assert_int_equal(ping.mtu, 1400);
	ping = one(*state, NULL, "10.2.0.2", 1500);
	assert_int_equal(ping.code, -EMSGSIZE);
}

/* IPv6 hosts tell that they cannot send so much; IPv4 hosts send it in pieces. */
static void test_ipv4_way_back_is_too_narrow(void **state)
{
	struct ping ping;
	char text[ADDRESS_TEXT_MAX];

	fixture_run("ip -n router route add 10.1.0.1/32 dev eth1 mtu 1300");
	ping = one(*state, NULL, "10.1.0.2", 1500);
	fixture_run("ip -n router route del 10.1.0.1/32");
	assert_int_equal(ping.code, -EMSGSIZE);
	assert_string_equal(address_text(&ping.reporter, text), "10.1.0.2");
	assert_in_range(ping.mtu, 1280, 1300);
}

static void test_ipv4_nobody_there(void **state)
{
	struct ping ping = one(*state, NULL, "10.3.0.1", 104);

	assert_int_equal(ping.code, -ETIMEDOUT);
	ping = one(*state, "far", "10.3.0.1", 104);
	assert_int_equal(ping.code, -EHOSTUNREACH);
	assert_int_equal(ping.reporter.family, AF_INET);
}

static void test_no_such_namespace(void **state)
{
	struct ping ping = {.to = fixture_address("::1"), .size = 104};
	_cleanup_err_ struct err err = ERR_INIT;

	assert_int_equal(ping_run(*state, "nowhere", &ping, 1, 1000, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "'nowhere'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_from_another_namespace),
		cmocka_unit_test(test_interface_is_too_narrow),
		cmocka_unit_test(test_path_is_too_narrow),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_ipv4_answers),
		cmocka_unit_test(test_ipv4_is_too_narrow),
		cmocka_unit_test(test_ipv4_way_back_is_too_narrow),
		cmocka_unit_test(test_ipv4_nobody_there),
		cmocka_unit_test(test_no_such_namespace),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
