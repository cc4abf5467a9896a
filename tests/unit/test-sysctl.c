/* SPDX-License-Identifier: Apache-2.0 */
#include "netns-fixture.h"

#include <errno.h>

#include "resource/sysctl-value.h"

static void set(const char *assignment)
{
	RUN_QUIET("sysctl", "-qw", assignment);
}

static void add_links(void)
{
	RUN_QUIET("ip", "link", "add", "v0", "type", "veth", "peer", "v1");
}

static void paths(void **state)
{
	static const char *const bad[] = {"", "net..x", "../x", ".net", "net.", "net ipv4", "net.x=1", "net.\xc3\xa4",
		"net//x", ".//.", "net././/x"};
	char *path;
	size_t i;

	assert_int_equal(sysctl_path("net.ipv6.conf.eth0/100.accept_ra", &path, NULL), 0);
	assert_string_equal(path, "net/ipv6/conf/eth0.100/accept_ra");
	free(path);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (sysctl_path(bad[i], &path, NULL) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
}

static void life(void **state)
{
	struct step step = step_sysctl(NULL, "net.ipv6.conf.all.forwarding", "1");

	fixture_described(&step, "net.ipv6.conf.all.forwarding", "sysctl -w net.ipv6.conf.all.forwarding=1");
	set("net.ipv4.ip_forward=0");
	set("net.ipv4.conf.all.accept_redirects=1");
	add_links();
	fixture_life(step);
	fixture_life(step_sysctl(NULL, "net.ipv6.conf.default.forwarding", "1"));
	fixture_life(step_sysctl(NULL, "net.ipv6.conf.v0.accept_ra", "2"));
	fixture_life(step_sysctl(NULL, "net.ipv4.ip_forward", "1"));
	fixture_life(step_sysctl(NULL, "net.ipv4.conf.all.forwarding", "1"));
	fixture_life(step_sysctl(NULL, "net.ipv4.conf.default.rp_filter", "1"));
	fixture_life(step_sysctl(NULL, "net.ipv4.ip_local_port_range", "20000 30000"));
}

/* Each coupled value comes back, though the parameter itself sets them all alike. */
static void coupled(void **state)
{
	add_links();
	set("net.ipv6.conf.all.forwarding=0");
	set("net.ipv6.conf.v0.forwarding=1");
	set("net.ipv6.conf.default.forwarding=1");
	fixture_life(step_sysctl(NULL, "net.ipv6.conf.all.forwarding", "1"));
	set("net.ipv4.ip_forward=0");
	set("net.ipv4.conf.v1.forwarding=1");
	set("net.ipv4.conf.all.accept_redirects=0");
	fixture_life(step_sysctl(NULL, "net.ipv4.ip_forward", "1"));
	fixture_life(step_sysctl(NULL, "net.ipv4.conf.all.forwarding", "1"));
	set("net.ipv4.ip_forward=1");
	set("net.ipv4.conf.v1.forwarding=0");
	set("net.ipv4.conf.all.accept_redirects=1");
	fixture_life(step_sysctl(NULL, "net.ipv4.ip_forward", "0"));
}

/* Many steps on top of one another, undone backwards; an interface goes and another one comes meanwhile. */
static void all_together(void **state)
{
	struct step steps[] = {
		step_sysctl(NULL, "net.ipv6.conf.v0.accept_ra", "2"),
		step_sysctl(NULL, "net.ipv6.conf.all.forwarding", "1"),
		step_sysctl(NULL, "net.ipv6.conf.default.forwarding", "1"),
		step_sysctl(NULL, "net.ipv4.ip_forward", "1"),
	};
	json_t *undo[ARRAY_SIZE(steps)] = {0};
	char *before;
	size_t i;

	add_links();
	set("net.ipv4.ip_forward=0");
	set("net.ipv4.conf.all.accept_redirects=1");
	set("net.ipv6.conf.lo.forwarding=1");
	before = fixture_snapshot();
	RUN_QUIET("ip", "link", "add", "x0", "type", "bridge");
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		if (fixture_inspect(&steps[i], false, &undo[i]) != STEP_IN_PLACE)
			fixture_apply(&steps[i]);
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		assert_int_equal(fixture_inspect(&steps[i], true, NULL), STEP_IN_PLACE);
	RUN_QUIET("ip", "link", "del", "x0");
	/* The third had the value by then: the engine leaves it as found. */
	for (i = ARRAY_SIZE(steps); i-- > 0;)
		if (i != 2)
			fixture_revert(&steps[i], undo[i]);
	fixture_same(before, fixture_snapshot());
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		json_decref(undo[i]);
		step_done(&steps[i]);
	}
}

/* Only the namespace that is meant. */
static void in_a_namespace(void **state)
{
	struct step netns = step_netns("svc"), step = step_sysctl("svc", "net.ipv6.conf.all.forwarding", "1");
	_cleanup_json_ json_t *undo = NULL;
	char *value;

	set("net.ipv6.conf.all.forwarding=0");
	fixture_described(&step, "net.ipv6.conf.all.forwarding in svc",
		"ip netns exec svc sysctl -w net.ipv6.conf.all.forwarding=1");
	assert_int_equal(fixture_inspect(&step, false, NULL), STEP_MISSING);
	fixture_apply(&netns);
	assert_int_equal(fixture_inspect(&step, false, &undo), STEP_MISSING);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	value = RUN("cat", "/proc/sys/net/ipv6/conf/all/forwarding");
	assert_string_equal(value, "0\n");
	free(value);
	fixture_revert(&step, undo);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_MISSING);
	fixture_revert(&netns, json_null());
	fixture_revert(&step, undo);
	step_done(&step);
	step_done(&netns);
}

static void missing_and_refused(void **state)
{
	struct step module = step_sysctl(NULL, "net.bridge.bridge-nf-call-nothing", "1");
	struct step link = step_sysctl(NULL, "net.ipv6.conf.none.accept_ra", "2");
	struct step unknown = step_sysctl(NULL, "net.core.nothing", "1"), bad = step_sysctl(NULL, "net.../x", "1");
	struct step value = step_sysctl(NULL, "net.ipv4.ip_forward", "maybe");

	fixture_refused(&module, false, ENOENT, "modprobe br_netfilter");
	fixture_apply_fails(&module, ENOENT, "modprobe br_netfilter");
	/* The interface may come with an earlier step of the plan. */
	assert_int_equal(fixture_inspect(&link, false, NULL), STEP_MISSING);
	fixture_apply_fails(&link, ENOENT, "is there such an interface?");
	fixture_revert(&link, json_null());
	fixture_refused(&unknown, false, ENOENT, "no sysctl 'net.core.nothing'");
	assert_int_equal(fixture_inspect(&unknown, true, NULL), STEP_MISSING);
	fixture_refused(&bad, false, EINVAL, "can't be the name of a sysctl");
	fixture_apply_fails(&bad, EINVAL, "can't be the name of a sysctl");
	fixture_apply_fails(&value, EINVAL, "can't write 'maybe' to '/proc/sys/net/ipv4/ip_forward'");
	step_done(&module);
	step_done(&link);
	step_done(&unknown);
	step_done(&bad);
	step_done(&value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test_setup_teardown(life, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(coupled, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(all_together, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(in_a_namespace, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(missing_and_refused, fixture_setup, fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
