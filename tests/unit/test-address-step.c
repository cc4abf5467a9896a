/* SPDX-License-Identifier: Apache-2.0 */
#include "netns-fixture.h"

#include <errno.h>

static void two_links(void)
{
	RUN_QUIET("ip", "link", "add", "v0", "up", "type", "veth", "peer", "v1");
	RUN_QUIET("ip", "link", "set", "v1", "up");
	/* Without link-local addresses nothing changes by itself while a test looks. */
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.v0.addr_gen_mode=1", "net.ipv6.conf.v1.addr_gen_mode=1");
	RUN_QUIET("ip", "-6", "addr", "flush", "dev", "v0");
	RUN_QUIET("ip", "-6", "addr", "flush", "dev", "v1");
}

static void life(void **state)
{
	struct prefix six = fixture_prefix("fd00:20::2/64"), four = fixture_prefix("10.1.2.3/24");
	struct step step = step_address(NULL, "v0", &six, true);

	two_links();
	fixture_described(&step, "fd00:20::2/64 on v0", "ip addr add fd00:20::2/64 dev v0 nodad");
	fixture_life(step);
	fixture_life(step_address(NULL, "v0", &four, false));
}

/* nodad: usable at once; without it, the kernel looks for duplicates first. */
static void detection(void **state)
{
	struct prefix a = fixture_prefix("fd00:20::2/64"), b = fixture_prefix("fd00:20::3/64");
	struct step quick = step_address(NULL, "v0", &a, true), careful = step_address(NULL, "v0", &b, false);
	char *text;

	two_links();
	fixture_apply(&quick);
	fixture_apply(&careful);
	text = RUN("ip", "-o", "addr", "show", "dev", "v0", "tentative");
	assert_null(strstr(text, "fd00:20::2/64"));
	assert_non_null(strstr(text, "fd00:20::3/64"));
	free(text);
	step_done(&quick);
	step_done(&careful);
}

static void in_a_namespace(void **state)
{
	struct prefix six = fixture_prefix("fd00:20::2/64");
	struct step netns = step_netns("svc"), step = step_address("svc", "lo", &six, true);
	_cleanup_json_ json_t *undo = NULL;

	fixture_described(&step, "fd00:20::2/64 on lo in svc", "ip -n svc addr add fd00:20::2/64 dev lo nodad");
	assert_int_equal(fixture_inspect(&step, false, &undo), STEP_MISSING);
	fixture_revert(&step, undo);
	fixture_apply(&netns);
	assert_int_equal(fixture_inspect(&step, false, NULL), STEP_MISSING);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, false, NULL), STEP_IN_PLACE);
	fixture_revert(&step, undo);
	assert_int_equal(fixture_inspect(&step, false, NULL), STEP_MISSING);
	fixture_revert(&netns, json_null());
	step_done(&step);
	step_done(&netns);
}

/* Reported, never replaced. */
static void clashes(void **state)
{
	struct prefix six = fixture_prefix("fd00:20::2/64"), local = fixture_prefix("fe80::5/64");
	struct step step = step_address(NULL, "v0", &six, true), on_none = step_address(NULL, "none", &six, true);
	struct step link_local = step_address(NULL, "v0", &local, true);

	two_links();
	RUN_QUIET("ip", "addr", "add", "fd00:20::2/64", "dev", "v1", "nodad");
	fixture_refused(&step, false, EEXIST, "the address 'fd00:20::2' is on 'v1' already, not on 'v0'");
	fixture_refused(&step, false, EEXIST, "ip addr del fd00:20::2/64 dev v1");
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply_fails(&step, EEXIST, "is on 'v1' already");
	fixture_revert(&step, json_null());
	RUN_QUIET("ip", "addr", "del", "fd00:20::2/64", "dev", "v1");
	RUN_QUIET("ip", "addr", "add", "fd00:20::2/80", "dev", "v0", "nodad");
	fixture_refused(&step, false, EEXIST, "has the prefix length 80 on 'v0', not 64");
	fixture_apply_fails(&step, EEXIST, "prefix length 80");
	/* What someone else put there instead stays. */
	fixture_revert(&step, json_null());
	RUN_QUIET("ip", "addr", "del", "fd00:20::2/80", "dev", "v0");
	fixture_apply_fails(&on_none, ENODEV, "there is no interface 'none': there are lo, ");
	/* Each link has link-local addresses of its own. */
	RUN_QUIET("ip", "addr", "add", "fe80::5/64", "dev", "v1", "nodad");
	assert_int_equal(fixture_inspect(&link_local, false, NULL), STEP_MISSING);
	fixture_apply(&link_local);
	step_done(&step);
	step_done(&on_none);
	step_done(&link_local);
}

static void ipv6_off(void **state)
{
	struct prefix six = fixture_prefix("fd00:20::2/64");
	struct step step = step_address(NULL, "v0", &six, true);

	two_links();
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.v0.disable_ipv6=1");
	fixture_apply_fails(&step, EACCES, "net.ipv6.conf.v0.disable_ipv6=0");
	step_done(&step);
}

static void wait_for(const char *words)
{
	int i;

	for (i = 0; i < 100; i++) {
		_cleanup_free_ char *text = RUN("ip", "-o", "addr", "show", "dev", "v0");

		if (strstr(text, words))
			return;
		usleep(50000);
	}
	fail_msg("'%s' did not come", words);
}

/* Another host has the address: drift, and it works again once the other is gone. */
static void duplicate(void **state)
{
	struct prefix six = fixture_prefix("fd00:20::2/64");
	struct step step = step_address(NULL, "v0", &six, false), netns = step_netns("other");
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_str_ struct str detail = STR_INIT;

	two_links();
	fixture_apply(&netns);
	RUN_QUIET("ip", "link", "set", "v1", "netns", FIXTURE_ROOT "/run/netns/other");
	free(RUN_IN("other", "ip", "link", "set", "v1", "up"));
	free(RUN_IN("other", "ip", "addr", "add", "fd00:20::2/64", "dev", "v1", "nodad"));
	fixture_apply(&step);
	wait_for("dadfailed");
	assert_int_equal(step.ops->inspect(&step, fixture_node, true, NULL, &detail, NULL), STEP_DRIFTED);
	assert_non_null(strstr(detail.s, "another host on the network of 'v0' has it"));
	/* One that its owner had set is not ours to make anew, and then to take away. */
	assert_int_equal(step.ops->inspect(&step, fixture_node, false, NULL, NULL, &err), -EEXIST);
	assert_non_null(strstr(err.msg, "another host on the network of 'v0' has it"));
	free(RUN_IN("other", "ip", "addr", "del", "fd00:20::2/64", "dev", "v1"));
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	fixture_revert(&step, json_null());
	fixture_revert(&netns, json_null());
	step_done(&step);
	step_done(&netns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(life, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(detection, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(in_a_namespace, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(clashes, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(ipv6_off, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(duplicate, fixture_setup, fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
