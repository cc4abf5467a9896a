/* SPDX-License-Identifier: Apache-2.0 */
#include "netns-fixture.h"

static const char *const keys[] = {"net.ipv4.conf.all.route_localnet", "net.no.such_key", "net.ipv4.ip_forward", NULL};

static void test_values_come_back(void **state)
{
	struct step step = step_kept_sysctls("kubernetes", keys);
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_json_ json_t *undo = NULL;

	fixture_described(&step, "kubernetes", "sysctl net.ipv4.conf.all.route_localnet … # remember 3 values");
	RUN_QUIET("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=0");
	assert_int_equal(step.ops->inspect(&step, fixture_node, false, &undo, NULL, &err), STEP_MISSING);
	assert_int_equal(json_object_size(undo), 2);
	assert_int_equal(step.ops->apply(&step, fixture_node, &err), 0);
	assert_int_equal(step.ops->inspect(&step, fixture_node, true, NULL, NULL, &err), STEP_IN_PLACE);
	RUN_QUIET("sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1");
	if (step.ops->revert(&step, fixture_node, undo, &err) < 0)
		fail_msg("%s", err.msg);
	RUN_QUIET("grep", "-qx", "0", "/proc/sys/net/ipv4/conf/all/route_localnet");
	step_done(&step);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_values_come_back, fixture_setup, fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
