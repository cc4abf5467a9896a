/* SPDX-License-Identifier: Apache-2.0 */
#include "netns-fixture.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

static void bridge(void **state)
{
	struct step step = step_bridge(NULL, "lj0", 1400);
	char *link, *text;

	fixture_described(&step, "lj0", "ip link add lj0 mtu 1400 up type bridge forward_delay 0 mcast_snooping 0");
	fixture_apply(&step);
	link = RUN("ip", "-d", "link", "show", "lj0");
	assert_non_null(strstr(link, "mtu 1400"));
	assert_non_null(strstr(link, ",UP"));
	assert_non_null(strstr(link, "bridge forward_delay 0 "));
	assert_non_null(strstr(link, "stp_state 0"));
	assert_non_null(strstr(link, "mcast_snooping 0"));
	free(link);
	/* Its MAC address doesn't follow its ports'. */
	RUN_QUIET("ip", "link", "add", "p0", "address", "02:00:00:00:00:01", "master", "lj0", "type", "veth");
	text = RUN("ip", "-o", "link", "show", "lj0");
	assert_null(strstr(text, "02:00:00:00:00:01"));
	RUN_QUIET("ip", "link", "del", "p0");
	free(text);
	fixture_refused(&step, false, EEXIST, "a link 'lj0' is there already and isn't lazyjack's");
	/* Repaired where someone else changed it. */
	RUN_QUIET("ip", "link", "set", "lj0", "down");
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply(&step);
	RUN_QUIET("ip", "link", "set", "lj0", "mtu", "1300");
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	fixture_revert(&step, json_null());
	step_done(&step);
	fixture_life(step_bridge(NULL, "lj0", 0));
}

/* A link of another kind under our name is never deleted. */
static void foreign_kind(void **state)
{
	struct step step = step_bridge(NULL, "lj0", 0);

	RUN_QUIET("ip", "link", "add", "lj0", "type", "veth", "peer", "lj1");
	fixture_refused(&step, false, EEXIST, "ip link delete lj0");
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply_fails(&step, EEXIST, "is a veth link, not a bridge");
	fixture_revert(&step, json_null());
	RUN_QUIET("ip", "link", "show", "lj0");
	step_done(&step);
}

static void veth(void **state)
{
	struct step netns = step_netns("svc"), bridge = step_bridge(NULL, "lj0", 0);
	struct step step = step_veth(NULL, "lj1", "lj0", "svc", "eth0", 1400);
	char *text;

	fixture_described(&step, "lj1",
		"ip link add lj1 mtu 1400 up master lj0 type veth peer eth0 mtu 1400 netns svc; "
		"ip -n svc link set dev eth0 up");
	/* A dry run looks at all steps before any is applied. */
	assert_int_equal(fixture_inspect(&step, false, NULL), STEP_MISSING);
	fixture_apply_fails(&step, ENOENT, "no network namespace 'svc'");
	fixture_apply(&netns);
	fixture_apply_fails(&step, ENODEV, "there is no interface 'lj0': there are lo");
	fixture_apply(&bridge);
	fixture_apply(&step);
	text = RUN("ip", "link", "show", "lj1");
	assert_non_null(strstr(text, "UP"));
	assert_non_null(strstr(text, "mtu 1400"));
	assert_non_null(strstr(text, "master lj0"));
	free(text);
	text = RUN_IN("svc", "ip", "link", "show", "eth0");
	assert_non_null(strstr(text, "LOWER_UP"));
	assert_non_null(strstr(text, "mtu 1400"));
	free(text);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	fixture_refused(&step, false, EEXIST, "'lj1'");
	RUN_QUIET("ip", "link", "set", "lj1", "nomaster");
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	free(RUN_IN("svc", "ip", "link", "set", "eth0", "down"));
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	fixture_revert(&step, json_null());
	fixture_life(step);
	fixture_revert(&bridge, json_null());
	fixture_revert(&netns, json_null());
	step_done(&bridge);
	step_done(&netns);
}

/* Ends that don't belong together are made anew: ours, and a wrong one in the way. */
static void veth_broken(void **state)
{
	struct step step = step_veth(NULL, "v0", NULL, NULL, "v1", 0);

	RUN_QUIET("ip", "link", "add", "v0", "type", "veth", "peer", "v2");
	fixture_refused(&step, false, EEXIST, "'v0'");
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	fixture_revert(&step, json_null());
	RUN_QUIET("ip", "link", "add", "v1", "type", "veth", "peer", "v2");
	fixture_refused(&step, false, EEXIST, "'v1'");
	step_done(&step);
}

static int receive_socket(void *user, struct err *err)
{
	struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_port = htons(7777), .sin6_addr = in6addr_any};
	struct timeval limit = {.tv_sec = 2};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
		bind(fd, (struct sockaddr *)&here, sizeof(here)) < 0)
		return -1;
	*(int *)user = fd;
	return 0;
}

/* An address without duplicate address detection works over bridge and veth at once. */
static void usable_at_once(void **state)
{
	struct prefix here = fixture_prefix("fd00:10::1/64"), there = fixture_prefix("fd00:10::2/64");
	struct step steps[] = {
		step_netns("svc"),
		step_bridge(NULL, "lj0", 0),
		step_veth(NULL, "lj1", "lj0", "svc", "eth0", 0),
		step_address(NULL, "lj0", &here, true),
		step_address("svc", "eth0", &there, true),
	};
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(7777)};
	int sender, receiver = -1;
	char octets[8];
	size_t i;

	memcpy(&to.sin6_addr, there.address.bytes, 16);
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		fixture_apply(&steps[i]);
	assert_int_equal(node_in_netns(fixture_node, "svc", receive_socket, &receiver, NULL), 0);
	sender = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(sendto(sender, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_int_equal(recv(receiver, octets, sizeof(octets), 0), 1);
	close(sender);
	close(receiver);
	for (i = ARRAY_SIZE(steps); i-- > 0;) {
		fixture_revert(&steps[i], json_null());
		step_done(&steps[i]);
	}
}

static void tun(void **state)
{
	struct step netns = step_netns("nat64"), step = step_tun("nat64", "nat64");
	_cleanup_json_ json_t *undo = NULL;
	char *text;

	fixture_described(&step, "nat64 in nat64",
		"ip -n nat64 tuntap add dev nat64 mode tun; ip -n nat64 link set dev nat64 up");
	assert_int_equal(fixture_inspect(&step, false, &undo), STEP_MISSING);
	fixture_apply(&netns);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	text = RUN_IN("nat64", "ip", "-d", "link", "show", "nat64");
	assert_non_null(strstr(text, "tun type tun pi on"));
	assert_non_null(strstr(text, "persist on"));
	assert_non_null(strstr(text, ",UP"));
	free(text);
	fixture_refused(&step, false, EEXIST, "'nat64' in nat64 is there already");
	/* Killed between making it and setting it up. */
	free(RUN_IN("nat64", "ip", "link", "set", "nat64", "down"));
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	fixture_revert(&step, undo);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_MISSING);
	fixture_revert(&step, undo);
	unlink(FIXTURE_ROOT "/dev/net/tun");
	fixture_apply_fails(&step, ENOENT, "modprobe tun");
	fixture_revert(&netns, json_null());
	step_done(&step);
	step_done(&netns);
}

static void mtu(void **state)
{
	struct step step = step_mtu(NULL, "v0", 1400), low = step_mtu(NULL, "v0", 1279),
		    gone = step_mtu(NULL, "none", 1500);
	_cleanup_json_ json_t *undo = NULL;
	char *before;

	fixture_described(&step, "v0", "ip link set dev v0 mtu 1400");
	RUN_QUIET("ip", "link", "add", "v0", "type", "veth", "peer", "v1");
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.v0.mtu=1350");
	before = fixture_snapshot();
	assert_int_equal(fixture_inspect(&step, false, &undo), STEP_MISSING);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	fixture_revert(&step, undo);
	fixture_same(before, fixture_snapshot());
	fixture_refused(&low, false, EINVAL, "would take IPv6 off 'v0'");
	fixture_apply_fails(&low, EINVAL, "has to be 1280 or more");
	fixture_apply_fails(&gone, ENODEV, "there is no interface 'none': there are lo, v1, v0");
	assert_int_equal(fixture_inspect(&gone, false, NULL), STEP_MISSING);
	fixture_revert(&gone, json_null());
	step_done(&step);
	step_done(&low);
	step_done(&gone);
	fixture_life(step_mtu(NULL, "v0", 9000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bridge, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(foreign_kind, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(veth, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(veth_broken, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(usable_at_once, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(tun, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(mtu, fixture_setup, fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
