/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/socket.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "golden.h"
#include "model/cluster.h"
#include "planner/lab.h"

static const struct lab_design design = {
	.directory = "/lab",
	.base = "/cache/base",
	.program = "/proc/self/exe",
	.program_sha256 = "00",
	.tun = true,
	.nodes = 3,
	.mode = "ipv6",
	.plugin = "bridge",
};

static struct lab_kubernetes kubernetes = {
	.directory = (char *)(uintptr_t) "/kube",
	.programs = {{"kubeadm", "0011223344556677889900112233445566778899001122334455667788990011"},
		{"kubelet", "1111223344556677889900112233445566778899001122334455667788990011"}},
	.n = 2,
	.pause = (char *)(uintptr_t) "k8s.gcr.io/pause:3.2",
};

static const struct lab_design design_kubernetes = {
	.directory = "/lab",
	.base = "/cache/base",
	.program = "/proc/self/exe",
	.program_sha256 = "00",
	.nodes = 2,
	.mode = "ipv6",
	.plugin = "bridge",
	.kubernetes = &kubernetes,
};

static void label_of(const struct plan *plan, size_t i, struct str *ret)
{
	str_clear(ret);
	step_label(&plan->steps[i], ret);
}

/* The place of a step in the plan; the test fails when it isn't there. */
static size_t find(const struct plan *plan, const char *wanted)
{
	_cleanup_str_ struct str label = STR_INIT;
	size_t i;

	for (i = 0; i < plan->n; i++) {
		label_of(plan, i, &label);
		if (str_eq(label.s, wanted))
			return i;
	}
	fail_msg("no step '%s'", wanted);
	return 0;
}

static const char *content_of(const struct plan *plan, const char *path)
{
	_cleanup_free_ char *label = mem_printf("file %s", path);

	return json_text(plan->steps[find(plan, label)].want, "content");
}

/* A step on this machine's own network would have no namespace in its wish. */
static void assert_own_network_untouched(const struct plan *plan)
{
	static const char *const kinds[] = {"bridge", "veth", "address", "route", "sysctl", "mtu", "tun", "nft-table"};
	size_t i, k;

	for (i = 0; i < plan->n; i++)
		for (k = 0; k < ARRAY_SIZE(kinds); k++)
			if (str_eq(plan->steps[i].ops->kind, kinds[k]))
				assert_non_null(json_text(plan->steps[i].want, "netns"));
}

/* Paths outside of the lab's directory, but for those that nspawn and systemd share. */
static void assert_files_inside(const struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const char *path = json_text(plan->steps[i].want, "path");

		if (path)
			assert_true(str_starts(path, "/lab/") || str_starts(path, "/run/systemd"));
	}
}

static void test_names(void **state)
{
	_cleanup_free_ char *master = lab_node_name(0), *minion = lab_node_name(1), *group = lab_node_group("minion-1");

	assert_string_equal(master, "master");
	assert_string_equal(minion, "minion-1");
	assert_string_equal(group, "lazyjack-lab/minion-1");
}

static void test_lab(void **state)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	plan_lab(&design, &plan);
	assert_own_network_untouched(&plan);
	assert_files_inside(&plan);
	assert_true(find(&plan, "netns lazyjack-lab") < find(&plan, "bridge mgmt in lazyjack-lab"));
	assert_true(find(&plan, "directory /lab/minion-2/upper") < find(&plan, "overlay /lab/minion-2/root"));
	assert_true(find(&plan, "file /lab/master/layer/root/config.yaml") < find(&plan, "overlay /lab/master/root"));
	assert_string_equal(json_text(plan.steps[find(&plan, "overlay /lab/master/root")].want, "lower"),
		"/lab/master/layer:/cache/base");
	find(&plan, "overlay /lab/outside/root");
}

static void test_files(void **state)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	plan_lab(&design, &plan);
	assert_non_null(strstr(content_of(&plan, "/lab/minion-1/layer/etc/hosts"), "127.0.1.1\tminion-1\n"));
	/* Only the master has a way to the outside. */
	assert_non_null(strstr(content_of(&plan, "/lab/master/layer/etc/resolv.conf"), "nameserver 203.0.113.53"));
	assert_null(strstr(content_of(&plan, "/lab/minion-1/layer/etc/resolv.conf"), "nameserver"));
	/* machine-id(5): 32 hexadecimal digits and a newline, another for each machine. */
	assert_int_equal(strlen(content_of(&plan, "/lab/master/layer/etc/machine-id")), 33);
	assert_string_not_equal(content_of(&plan, "/lab/master/layer/etc/machine-id"),
		content_of(&plan, "/lab/minion-1/layer/etc/machine-id"));
}

static void test_node(void **state)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_str_ struct str label = STR_INIT;
	size_t i;

	plan_lab_node(&design, "minion-1", &plan);
	assert_own_network_untouched(&plan);
	assert_files_inside(&plan);
	assert_int_equal(find(&plan, "netns lab-minion-1"), 0);
	assert_true(find(&plan, "control-group lazyjack-lab/minion-1") < find(&plan, "nspawn minion-1"));
	assert_int_equal(find(&plan, "nspawn minion-1"), plan.n - 1);
	/* Giving the node its addresses is what lazyjack is for. */
	for (i = 0; i < plan.n; i++) {
		label_of(&plan, i, &label);
		assert_false(str_starts(label.s, "address "));
		assert_false(str_starts(label.s, "route "));
	}
}

static void test_master(void **state)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	plan_lab_node(&design, "master", &plan);
	assert_own_network_untouched(&plan);
	find(&plan, "address 203.0.113.2/24 on eth0 in lab-master");
	find(&plan, "route 0.0.0.0/0 in lab-master");
}

static void test_outside(void **state)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	plan_lab_node(&design, LAB_OUTSIDE, &plan);
	assert_own_network_untouched(&plan);
	find(&plan, "sysctl net.ipv6.conf.all.disable_ipv6 in lab-outside");
	find(&plan, "address 203.0.113.53/24 on eth0 in lab-outside");
	find(&plan, "address 198.51.100.10/24 on eth0 in lab-outside");
}

/* What is not on the machine is not passed into a node. */
static void test_devices(void **state)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_free_ char *want = NULL;

	plan_lab_node(&design, "master", &plan);
	want = json_line(plan.steps[plan.n - 1].want);
	assert_non_null(strstr(want, "/dev/net/tun"));
	assert_null(strstr(want, "/dev/kmsg"));
}

static void test_kubernetes_layer(void **state)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	plan_lab_kubernetes(&kubernetes, "/lab/kubernetes", &plan);
	golden_plan("lab-kubernetes.json", &plan);
}

/* Without an image of its own the container runtime takes the one it knows. */
static void test_no_pause(void **state)
{
	struct lab_kubernetes without = kubernetes;
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	without.pause = NULL;
	plan_lab_kubernetes(&without, "/lab/kubernetes", &plan);
	assert_null(strstr(content_of(&plan, "/lab/kubernetes/etc/containerd/config.toml"), "sandbox_image"));
}

static void test_kubernetes(void **state)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	plan_lab(&design_kubernetes, &plan);
	assert_files_inside(&plan);
	/* Who finds the second knows by the first what the lab is, wherever a run was killed. */
	assert_true(find(&plan, "file /lab/kubernetes.json") < find(&plan, "file /lab/base"));
	assert_true(
		find(&plan, "copied-file /lab/kubernetes/usr/bin/kubelet") < find(&plan, "overlay /lab/master/root"));
	assert_string_equal(json_text(plan.steps[find(&plan, "overlay /lab/minion-1/root")].want, "lower"),
		"/lab/minion-1/layer:/lab/kubernetes:/cache/base");
	assert_string_equal(json_text(plan.steps[find(&plan, "overlay /lab/outside/root")].want, "lower"),
		"/lab/outside/layer:/cache/base");
	find(&plan, "directory /lab/master/data/containerd");
}

static void test_kubernetes_node(void **state)
{
	_cleanup_plan_ struct plan node = PLAN_INIT, outside = PLAN_INIT;
	_cleanup_free_ char *want = NULL, *want_outside = NULL;

	plan_lab_node(&design_kubernetes, "master", &node);
	want = json_line(node.steps[node.n - 1].want);
	assert_non_null(strstr(want, "[\"/lab/master/data/containerd\",\"/var/lib/containerd\",false]"));
	assert_non_null(strstr(want, "[\"/lab/master/data/kubelet\",\"/var/lib/kubelet\",false]"));
	assert_non_null(strstr(want, "[\"/lab/master/data/etcd\",\"/var/lib/etcd\",false]"));
	plan_lab_node(&design_kubernetes, LAB_OUTSIDE, &outside);
	want_outside = json_line(outside.steps[outside.n - 1].want);
	assert_null(strstr(want_outside, "data/"));
}

static void test_record(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "7", "{}", "{\"directory\": 7}"};
	_cleanup_free_ char *text = lab_kubernetes_text(&kubernetes), *again = NULL;
	struct lab_kubernetes parsed;
	size_t i;

	assert_int_equal(lab_kubernetes_parse(text, &parsed), 0);
	again = lab_kubernetes_text(&parsed);
	assert_string_equal(again, text);
	lab_kubernetes_done(&parsed);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(lab_kubernetes_parse(bad[i], &parsed), -EINVAL);
	/* Programs with a wrong digest, or that no node gets, are not there. */
	assert_int_equal(
		lab_kubernetes_parse("{\"directory\": \"/d\", \"programs\": {\"kubeadm\": \"00\", \"x\": 1}}", &parsed),
		0);
	assert_int_equal(parsed.n, 0);
	assert_null(parsed.pause);
	lab_kubernetes_done(&parsed);
}

/* The configuration that the lab writes is one that lazyjack takes: every mode and plugin, smallest and largest size.
 */
static void check_config(unsigned int nodes, const char *mode, const char *plugin)
{
	_cleanup_free_ char *text = lab_config_text(nodes, mode, plugin);
	struct diagnostics diagnostics = {0};
	struct config *config = config_parse(text, strlen(text), "config.yaml", &diagnostics);
	struct cluster *cluster = cluster_new(config, &diagnostics);
	bool v6_only = str_eq(mode, "ipv6");

	if (diagnostics.n > 0)
		fail_msg("%s, %s: %s", mode, plugin, diagnostics.items[0].message);
	assert_non_null(cluster);
	assert_int_equal(cluster->n_nodes, nodes);
	assert_string_equal(cluster->plugin, plugin);
	assert_int_equal(cluster->families, str_eq(mode, "dual-stack") ? 2 : 1);
	assert_int_equal(cluster_has_family(cluster, AF_INET), !v6_only);
	assert_int_equal(cluster_has_family(cluster, AF_INET6), !str_eq(mode, "ipv4"));
	assert_int_equal(cluster_with_role(cluster, ROLE_NAT64) != NULL, v6_only);
	cluster_free(cluster);
	config_free(config);
	diagnostics_done(&diagnostics);
}

static void test_config(void **state)
{
	static const unsigned int sizes[] = {1, 3, LAB_NODES_MAX};
	static const char *const modes[] = {"ipv6", "ipv4", "dual-stack"}, *const plugins[] = {"bridge", "ptp"};
	size_t i, m, p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (m = 0; m < ARRAY_SIZE(modes); m++)
			for (p = 0; p < ARRAY_SIZE(plugins); p++)
				check_config(sizes[i], modes[m], plugins[p]);
}

/* Nothing translates for the others there: every node has a way out of its own. */
static void test_ipv4(void **state)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT, minion = PLAN_INIT, none = PLAN_INIT;
	struct lab_design v4 = design;

	v4.mode = "ipv4";
	plan_lab(&v4, &plan);
	assert_non_null(strstr(content_of(&plan, "/lab/master/layer/root/config.yaml"), "mode: ipv4"));
	assert_string_equal(content_of(&plan, "/lab/minion-2/layer/etc/resolv.conf"), "nameserver 203.0.113.53\n");
	plan_lab_node(&v4, "minion-2", &minion);
	assert_true(find(&minion, "address 203.0.113.4/24 on eth0 in lab-minion-2") <
		    find(&minion, "route 0.0.0.0/0 in lab-minion-2"));
	plan_lab_node(&design, "minion-2", &none);
	assert_int_equal(minion.n, none.n + 3);
}

static void test_cluster_record(void **state)
{
	_cleanup_free_ char *text = lab_cluster_text("dual-stack", "ptp");
	char *mode, *plugin;

	assert_int_equal(lab_cluster_parse(text, &mode, &plugin), 0);
	assert_string_equal(mode, "dual-stack");
	assert_string_equal(plugin, "ptp");
	free(mode);
	free(plugin);
	assert_int_equal(lab_cluster_parse("{\"mode\": \"ipv4\"}", &mode, &plugin), -EINVAL);
	assert_int_equal(lab_cluster_parse("", &mode, &plugin), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_lab),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_node),
		cmocka_unit_test(test_master),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_ipv4),
		cmocka_unit_test(test_cluster_record),
		cmocka_unit_test(test_kubernetes_layer),
		cmocka_unit_test(test_no_pause),
		cmocka_unit_test(test_kubernetes),
		cmocka_unit_test(test_kubernetes_node),
		cmocka_unit_test(test_record),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
