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

/* `kubeadm reset` needs the CNI configuration to take the pods down, and what is swept up has to come to rest first. */
static void test_membership_comes_last(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	_cleanup_plan_ struct plan plan = PLAN_INIT, network = PLAN_INIT;
	struct facts facts = plan_facts();

	assert_int_equal(plan_up(cluster, &cluster->nodes[1], &facts, &plan, NULL), 0);
	assert_int_equal(plan_place(&plan, "netfilter-remains CNI-*"), 0);
	assert_int_equal(plan_place(&plan, "netfilter-remains KUBE-*"), 1);
	assert_int_equal(plan_place(&plan, "kept-sysctls kubernetes"), 2);
	assert_int_equal(plan_place(&plan, "kubeadm join"), plan.n - 1);
	assert_int_equal(plan_up_network(cluster, &cluster->nodes[1], &facts, &network, NULL), 0);
	assert_int_equal(network.n, plan.n - 4);
	facts_done(&facts);
	cluster_free(cluster);
}

/* Where somebody drops what pods send each other, of the family where he does. */
static void test_forward(void **state)
{
	struct cluster *cluster = plan_mode_cluster("dual-stack", true, "");
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct facts facts = plan_facts();

	facts.forward_program[1] = "iptables-nft";
	assert_int_equal(plan_up(cluster, &cluster->nodes[1], &facts, &plan, NULL), 0);
	assert_in_range(plan_place(&plan, "forward-accept of 10.244.0.0/16 (iptables-nft)"),
		plan_place(&plan, "netfilter-remains CNI-*") + 1, plan_place(&plan, "kubeadm join") - 1);
	facts_done(&facts);
	cluster_free(cluster);
}

static void test_several_masters(void **state)
{
	struct cluster *cluster = plan_masters(true);
	struct facts facts = plan_facts();

	check(cluster, "master", &facts, "up-several-first.json");
	check(cluster, "minion-1", &facts, "up-several-other.json");
	check(cluster, "minion-2", &facts, "up-several-minion.json");
	facts_done(&facts);
	cluster_free(cluster);
}

/* A node that only serves names and translation is no member. */
static void test_server_is_no_member(void **state)
{
	struct cluster *cluster = plan_cluster("master", "minion", "dns64 nat64");
	_cleanup_plan_ struct plan plan = PLAN_INIT, network = PLAN_INIT;
	struct facts facts = plan_facts();

	assert_int_equal(plan_up(cluster, &cluster->nodes[2], &facts, &plan, NULL), 0);
	assert_int_equal(plan_up_network(cluster, &cluster->nodes[2], &facts, &network, NULL), 0);
	assert_int_equal(network.n, plan.n);
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

/* Goldens are named after mode and plugin. */
static void test_modes(void **state)
{
	static const struct {
		const char *mode;
		bool v6_first;
		const char *general, *node, *golden;
	} rows[] = {
		{"ipv4", false, "", "master", "up-ipv4-bridge-master.json"},
		{"ipv4", false, "    plugin: ptp\n", "minion-2", "up-ipv4-ptp-minion.json"},
		{"dual-stack", true, "", "minion-2", "up-dual-stack-bridge-minion.json"},
		{"dual-stack", true, "    plugin: ptp\n", "master", "up-dual-stack-ptp-master.json"},
		{"dual-stack", false, "    plugin: ptp\n", "minion-2", "up-dual-stack-ipv4-first-ptp-minion.json"},
		{"ipv4", false, "    plugin: none\n", "minion-2", "up-ipv4-none-minion.json"},
		{"dual-stack", true, "    plugin: calico\n    plugin-manifest: /root/calico.yaml\n", "master",
			"up-dual-stack-calico-master.json"},
	};
	struct facts facts = plan_facts();
	size_t i;

	facts.kubelet_unit = true;
	facts.manifest_sha256 = mem_printf("%064d", 7);
	facts.cni_others = plan_list("/etc/cni/net.d/87-podman.conflist", NULL);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cluster *cluster = plan_mode_cluster(rows[i].mode, rows[i].v6_first, rows[i].general);

		check(cluster, rows[i].node, &facts, rows[i].golden);
		cluster_free(cluster);
	}
	facts_done(&facts);
}

static void test_ptp_in_ipv6(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	struct facts facts = plan_facts();

	free(cluster->plugin);
	cluster->plugin = mem_strdup("ptp");
	check(cluster, "minion-2", &facts, "up-ipv6-ptp-minion.json");
	facts_done(&facts);
	cluster_free(cluster);
}

/* The services of a dual-stack cluster may be of one family. */
static void test_services_of_one_family(void **state)
{
	struct cluster *cluster = valid_cluster(dual_text);
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct facts facts = plan_facts();
	_cleanup_free_ char *rules = NULL;
	int table;

	assert_int_equal(plan_up_network(cluster, &cluster->nodes[1], &facts, &plan, NULL), 0);
	assert_true(plan_place(&plan, "route 10.96.0.0/12") >= 0);
	table = plan_place(&plan, "nft-table ip6 lazyjack");
	assert_true(table > 0);
	rules = json_dumps(plan.steps[table].want, 0);
	assert_non_null(strstr(rules, "{ fd00:40::/72, fd00:20::/64, ff00::/8 }"));
	facts_done(&facts);
	cluster_free(cluster);
}

/* The manifest needs the cluster, and goes before it. */
static void test_manifest(void **state)
{
	struct cluster *cluster =
		plan_mode_cluster("ipv4", false, "    plugin: none\n    plugin-manifest: /root/net.yaml\n");
	_cleanup_plan_ struct plan plan = PLAN_INIT, minion = PLAN_INIT, none = PLAN_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	struct facts facts = {.manifest_sha256 = mem_printf("%064d", 7)};

	assert_int_equal(plan_up(cluster, &cluster->nodes[0], &facts, &plan, NULL), 0);
	assert_int_equal(plan_place(&plan, "manifest /root/net.yaml"), plan.n - 1);
	assert_int_equal(plan_place(&plan, "kubeadm init"), plan.n - 2);
	assert_int_equal(plan_up(cluster, &cluster->nodes[1], &facts, &minion, NULL), 0);
	assert_int_equal(plan_place(&minion, "manifest /root/net.yaml"), -1);
	facts_done(&facts);
	assert_int_equal(plan_up(cluster, &cluster->nodes[0], &facts, &none, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "'/root/net.yaml'"));
	cluster_free(cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_remains_come_first),
		cmocka_unit_test(test_gateway_is_a_step),
		cmocka_unit_test(test_membership_comes_last),
		cmocka_unit_test(test_server_is_no_member),
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_several_masters),
		cmocka_unit_test(test_no_plugins),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_ptp_in_ipv6),
		cmocka_unit_test(test_services_of_one_family),
		cmocka_unit_test(test_manifest),
	};

	return RUN_TESTS(tests);
}
