/* SPDX-License-Identifier: Apache-2.0 */
#include "netns-fixture.h"

#include <errno.h>

#define MANY 5000

static void network(void)
{
	RUN_QUIET("ip", "link", "add", "v0", "up", "type", "veth", "peer", "v1");
	RUN_QUIET("ip", "link", "set", "v1", "up");
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.v0.addr_gen_mode=1", "net.ipv6.conf.v1.addr_gen_mode=1");
	RUN_QUIET("ip", "-6", "addr", "flush", "dev", "v0");
	RUN_QUIET("ip", "-6", "addr", "flush", "dev", "v1");
	RUN_QUIET("ip", "addr", "add", "fd00:20::1/64", "dev", "v0", "nodad");
	RUN_QUIET("ip", "addr", "add", "fd00:21::1/64", "dev", "v1", "nodad");
	RUN_QUIET("ip", "addr", "add", "10.20.0.1/24", "dev", "v0");
}

static struct step route(const char *to, const char *via, const char *link)
{
	struct prefix prefix = fixture_prefix(to);
	struct address next_hop = {0};

	if (via)
		next_hop = fixture_address(via);
	return step_route(NULL, &prefix, &next_hop, link);
}

static void life(void **state)
{
	struct step step = route("fd00:40:0:0:3::/80", "fd00:20::3", "v0");

	network();
	fixture_described(&step, "fd00:40:0:0:3::/80", "ip -6 route add fd00:40:0:0:3::/80 via fd00:20::3 dev v0");
	fixture_life(step);
	fixture_life(route("fd00:41::/64", "fd00:20::3", NULL));
	fixture_life(route("fd00:41::/64", NULL, "v1"));
	fixture_life(route("::/0", "fd00:20::3", "v0"));
	fixture_life(route("10.50.0.0/16", "10.20.0.2", "v0"));
	fixture_life(route("10.51.0.0/16", NULL, "v0"));
	fixture_life(route("0.0.0.0/0", "10.20.0.2", NULL));
}

/* An MTU is a part of the wish; one without leaves the route's alone. */
static void with_an_mtu(void **state)
{
	struct prefix to = fixture_prefix("172.18.0.128/25");
	struct step step = step_route_mtu(NULL, &to, NULL, "v0", 1472), any = step_route(NULL, &to, NULL, "v0");
	_cleanup_free_ char *shown = NULL;

	network();
	fixture_described(&step, "172.18.0.128/25", "ip route add 172.18.0.128/25 dev v0 mtu 1472");
	fixture_life(step_route_mtu(NULL, &to, NULL, "v0", 1472));
	fixture_apply(&any);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_refused(&step, false, EEXIST, "with an MTU of 1472");
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	assert_int_equal(fixture_inspect(&any, true, NULL), STEP_IN_PLACE);
	shown = RUN("ip", "route", "show", "172.18.0.128/25");
	assert_non_null(strstr(shown, "mtu 1472"));
	fixture_revert(&step, json_null());
	assert_int_equal(fixture_inspect(&any, true, NULL), STEP_MISSING);
	step_done(&step);
	step_done(&any);
}

static void in_a_namespace(void **state)
{
	struct prefix to = fixture_prefix("fd00:40::/64");
	struct step netns = step_netns("svc"), step = step_route("svc", &to, NULL, "lo");

	fixture_described(&step, "fd00:40::/64 in svc", "ip -n svc -6 route add fd00:40::/64 dev lo");
	assert_int_equal(fixture_inspect(&step, false, NULL), STEP_MISSING);
	fixture_revert(&step, json_null());
	fixture_apply_fails(&step, ENOENT, "no network namespace 'svc'");
	fixture_apply(&netns);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	fixture_revert(&step, json_null());
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_MISSING);
	fixture_revert(&netns, json_null());
	step_done(&step);
	step_done(&netns);
}

static void clashes(void **state)
{
	struct step step = route("fd00:40::/64", "fd00:20::3", "v0"), bad = route("fd00:40::/64", "fd00:99::3", "v0");
	struct step nowhere = route("fd00:40::/64", "fd00:20::3", "none");
	char *text;

	network();
	RUN_QUIET("ip", "-6", "route", "add", "fd00:40::/64", "via", "fd00:21::7", "dev", "v1");
	fixture_refused(&step, false, EEXIST,
		"the route to 'fd00:40::/64' goes via 'fd00:21::7' on 'v1', not via 'fd00:20::3' on 'v0', and isn't "
		"lazyjack's");
	fixture_refused(&step, false, EEXIST, "ip -6 route del fd00:40::/64 via fd00:21::7 dev v1");
	fixture_revert(&step, json_null());
	text = RUN("ip", "-6", "route", "show", "fd00:40::/64");
	assert_non_null(strstr(text, "via fd00:21::7"));
	free(text);
	/* Ours, with another next hop since then: it becomes the wanted one. */
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	text = RUN("ip", "-6", "route", "show", "fd00:40::/64");
	assert_null(strstr(text, "via fd00:21::7"));
	free(text);
	fixture_revert(&step, json_null());
	fixture_apply_fails(&bad, EHOSTUNREACH, "can't add the route to 'fd00:40::/64' via 'fd00:99::3' on 'v0': ");
	fixture_apply_fails(&nowhere, ENODEV, "there is no interface 'none': there are lo, ");
	step_done(&step);
	step_done(&bad);
	step_done(&nowhere);
}

/* One that was there as wanted is someone else's, and is left by a revert of ours, whatever the journal says. */
static void shared(void **state)
{
	struct step step = route("fd00:40::/64", "fd00:20::3", "v0");

	network();
	RUN_QUIET("ip", "-6", "route", "add", "fd00:40::/64", "via", "fd00:20::3", "dev", "v0");
	assert_int_equal(fixture_inspect(&step, false, NULL), STEP_IN_PLACE);
	fixture_apply(&step);
	fixture_revert(&step, json_null());
	assert_int_equal(fixture_inspect(&step, false, NULL), STEP_IN_PLACE);
	step_done(&step);
}

/* One path of several is a route there as well. */
static void multipath(void **state)
{
	struct step step = route("fd00:40::/64", "fd00:21::3", "v1"), other = route("fd00:40::/64", "fd00:21::4", "v1");

	network();
	RUN_QUIET("ip", "-6", "route", "add", "fd00:40::/64", "nexthop", "via", "fd00:20::3", "dev", "v0", "nexthop",
		"via", "fd00:21::3", "dev", "v1");
	assert_int_equal(fixture_inspect(&step, false, NULL), STEP_IN_PLACE);
	fixture_refused(&other, false, EEXIST, "goes via");
	step_done(&step);
	step_done(&other);
}

/* What others do between two looks is seen: routes, and links that take routes with them. */
static void news(void **state)
{
	struct step six = route("fd00:40::/64", "fd00:20::3", "v0"), four = route("10.50.0.0/16", "10.20.0.2", "v0");

	network();
	fixture_apply(&six);
	fixture_apply(&four);
	assert_int_equal(fixture_inspect(&six, true, NULL), STEP_IN_PLACE);
	assert_int_equal(fixture_inspect(&four, true, NULL), STEP_IN_PLACE);
	RUN_QUIET("ip", "-6", "route", "del", "fd00:40::/64");
	assert_int_equal(fixture_inspect(&six, true, NULL), STEP_MISSING);
	RUN_QUIET("ip", "link", "set", "v0", "down");
	assert_int_equal(fixture_inspect(&four, true, NULL), STEP_MISSING);
	RUN_QUIET("ip", "link", "del", "v0");
	fixture_revert(&six, json_null());
	fixture_revert(&four, json_null());
	step_done(&six);
	step_done(&four);
}

static struct step many[MANY];
static const struct step *many_list[MANY];
static const json_t *many_undo[MANY];

static void make_many(void)
{
	struct prefix all = fixture_prefix("fd00:40::/48"), hosts = fixture_prefix("fd00:20::/64"), to;
	struct address via;
	size_t i;

	for (i = 0; i < MANY; i++) {
		assert_int_equal(prefix_subnet(&all, i, 80, &to), 0);
		assert_int_equal(prefix_host(&hosts, 2 + i, &via), 0);
		many[i] = step_route(NULL, &to, &via, "v0");
		many_list[i] = &many[i];
		many_undo[i] = json_null();
	}
}

static void done_many(void)
{
	size_t i;

	for (i = 0; i < MANY; i++)
		step_done(&many[i]);
}

static size_t count_routes(void)
{
	_cleanup_free_ char *text = RUN("ip", "-6", "route", "show", "root", "fd00:40::/48");
	const char *at = text;
	size_t n = 0;

	while ((at = strchr(at, '\n')) != NULL) {
		at++;
		n++;
	}
	return n;
}

static void thousands(void **state)
{
	char *before;
	size_t done, i;

	network();
	before = fixture_snapshot();
	make_many();
	for (i = 0; i < MANY; i++)
		assert_int_equal(fixture_inspect(&many[i], false, NULL), STEP_MISSING);
	assert_int_equal(route_ops.apply_many(many_list, MANY, fixture_node, &done, NULL), 0);
	assert_int_equal(done, MANY);
	assert_int_equal(count_routes(), MANY);
	for (i = 0; i < MANY; i++)
		assert_int_equal(fixture_inspect(&many[i], true, NULL), STEP_IN_PLACE);
	/* A killed run is repeated over what is there. */
	assert_int_equal(route_ops.apply_many(many_list, MANY, fixture_node, &done, NULL), 0);
	/* Also where some of them are gone. */
	RUN_QUIET("ip", "-6", "route", "flush", "root", "fd00:40::/76");
	assert_int_equal(route_ops.revert_many(many_list, many_undo, MANY, fixture_node, &done, NULL), 0);
	assert_int_equal(done, MANY);
	for (i = 0; i < MANY; i++)
		assert_int_equal(fixture_inspect(&many[i], true, NULL), STEP_MISSING);
	fixture_same(before, fixture_snapshot());
	done_many();
}

/* Failing in the midst: those before are done and counted, and all can be taken back. */
static void thousands_but_one(void **state)
{
	const size_t bad = 3000;
	_cleanup_err_ struct err err = ERR_INIT;
	size_t done;
	char *before;

	network();
	before = fixture_snapshot();
	make_many();
	json_object_set_new(many[bad].want, "via", json_string("fd00:99::1"));
	assert_int_equal(route_ops.apply_many(many_list, MANY, fixture_node, &done, &err), -EHOSTUNREACH);
	assert_int_equal(done, bad);
	assert_non_null(strstr(err.msg, "via 'fd00:99::1' on 'v0'"));
	assert_int_equal(fixture_inspect(&many[bad - 1], true, NULL), STEP_IN_PLACE);
	assert_int_equal(route_ops.revert_many(many_list, many_undo, MANY, fixture_node, &done, NULL), 0);
	json_object_set_new(many[bad].want, "dev", json_string("none"));
	assert_int_equal(route_ops.apply_many(many_list, MANY, fixture_node, &done, &err), -ENODEV);
	assert_int_equal(done, bad);
	assert_int_equal(route_ops.revert_many(many_list, many_undo, MANY, fixture_node, &done, NULL), 0);
	fixture_same(before, fixture_snapshot());
	done_many();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(life, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(with_an_mtu, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(in_a_namespace, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(clashes, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(shared, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(multipath, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(news, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(thousands, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(thousands_but_one, fixture_setup, fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
