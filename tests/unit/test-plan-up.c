/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "plan-fixture.h"

static void check(const struct cluster *cluster, const char *node, const struct facts *facts, const char *golden)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_err_ struct err err = ERR_INIT;

	if (plan_up(cluster, cluster_find(cluster, node), facts, &plan, &err) < 0)
		fail_msg("%s", err.msg);
	golden_plan(golden, &plan);
}

static void test_nodes(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	struct facts facts = plan_facts();

	check(cluster, "master", &facts, "up-master.json");
	facts.cni_others = plan_list("/etc/cni/net.d/05-other.conflist", "/etc/cni/net.d/87-podman.conflist");
	facts.kubelet_unit = true;
	check(cluster, "minion-2", &facts, "up-minion.json");
	facts_done(&facts);
	cluster_free(cluster);
}

/* On the way down the chains that plugins leave are swept up when nothing can make new ones any more. */
static void test_remains_come_first(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct facts facts = plan_facts();

	assert_int_equal(plan_up(cluster, &cluster->nodes[0], &facts, &plan, NULL), 0);
	assert_in_range(plan_place(&plan, "netfilter-remains CNI-*"), 0,
		plan_place(&plan, "file /etc/cni/net.d/10-lazyjack.conflist") - 1);
	facts_done(&facts);
	cluster_free(cluster);
}

/* Else the gateway of a former id would stay on the bridge: the plugin only adds. */
static void test_gateway_is_a_step(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct facts facts = plan_facts();

	assert_int_equal(plan_up(cluster, &cluster->nodes[1], &facts, &plan, NULL), 0);
	assert_in_range(plan_place(&plan, "address fd00:40::3:0:0:1/80 on br0"), plan_place(&plan, "bridge br0") + 1,
		plan_place(&plan, "file /etc/cni/net.d/10-lazyjack.conflist") - 1);
	facts_done(&facts);
	cluster_free(cluster);
}

static void test_no_plugins(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	struct facts facts = {0};

	assert_int_equal(plan_up(cluster, &cluster->nodes[0], &facts, &plan, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "install package 'containernetworking-plugins'"));
	cluster_free(cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_remains_come_first),
		cmocka_unit_test(test_gateway_is_a_step),
		cmocka_unit_test(test_no_plugins),
	};

	return RUN_TESTS(tests);
}
