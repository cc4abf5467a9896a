/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/kubeadm.h"

#include <errno.h>

#include "kube/membership.h"
#include "kube/yaml.h"
#include "model/version-table.h"
#include "plan-fixture.h"

static char *documents(const struct cluster *cluster, size_t node, const struct kubeadm_machine *machine)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct str text = STR_INIT;

	if (kubeadm_documents(cluster, &cluster->nodes[node], machine, &text, &err) < 0)
		fail_msg("%s", err.msg);
	return str_take(&text);
}

/* What kubeadm 1.`minor` is given on the first nodes, against "kubeadm-VERSION-MODE-ROLE.yaml". */
static void check_roles(const struct cluster *cluster, const char *mode, const char *const *roles, unsigned int minor)
{
	_cleanup_free_ char *version = mem_printf("v1.%u.2", minor);
	const struct kubeadm_machine machine = {
		.minor = minor,
		.version = version,
		.cri_socket = "/run/containerd/containerd.sock",
		.cgroup_driver = "systemd",
	};
	size_t i;

	for (i = 0; roles[i]; i++) {
		_cleanup_free_ char *text = documents(cluster, i, &machine);
		_cleanup_free_ char *golden =
			mem_printf("kubeadm-%s-%s-%s.yaml", kubeadm_api_for(minor)->version, mode, roles[i]);

		golden_text(golden, text);
	}
}

static void check(const struct cluster *cluster, const char *mode, unsigned int minor)
{
	check_roles(cluster, mode, (const char *const[]){"master", "minion", NULL}, minor);
}

static struct cluster *secret_cluster(const char *text)
{
	struct cluster *cluster = valid_cluster(text);

	cluster->token = mem_strdup("abcdef.0123456789abcdef");
	cluster->token_cert_hash = mem_printf("%064d", 0);
	return cluster;
}

/* The oldest that each version of the documents is for, so that each golden file has one. */
static void test_documents(void **state)
{
	_cleanup_free_ char *text = with_line(dual_text, 19, "    cidr: 10.96.0.0/12\n    cidr2: 'fd00:30::/110'\n");
	struct cluster *ipv6 = plan_cluster("master dns64 nat64", "minion", "minion");
	struct cluster *ipv4 = secret_cluster(ipv4_text), *dual = secret_cluster(text);
	static const unsigned int minors[] = {14, 20, 22, 31};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(minors); i++) {
		check(ipv6, "ipv6", minors[i]);
		check(ipv4, "ipv4", minors[i]);
		if (minors[i] >= kubeadm_dual_stack_first())
			check(dual, "dual-stack", minors[i]);
	}
	cluster_free(ipv6);
	cluster_free(ipv4);
	cluster_free(dual);
}

static void refused(struct cluster *cluster, size_t node, unsigned int minor, const char *words)
{
	const struct kubeadm_machine machine = {.minor = minor};
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_str_ struct str text = STR_INIT;

	assert_int_equal(kubeadm_documents(cluster, &cluster->nodes[node], &machine, &text, &err), -EINVAL);
	if (!strstr(err.msg, words))
		fail_msg("'%s' isn't in: %s", words, err.msg);
}

static void command_is(const struct cluster *cluster, size_t node, const char *words)
{
	_cleanup_str_ struct str text = STR_INIT;

	kubeadm_command(cluster, &cluster->nodes[node], &text);
	assert_string_equal(text.s, words);
}

static void test_several_masters(void **state)
{
	static const char *const roles[] = {"first", "other", "minion", NULL};
	struct cluster *cluster = plan_masters(true);
	static const unsigned int minors[] = {20, 22, 31};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(minors); i++)
		check_roles(cluster, "several", roles, minors[i]);
	command_is(cluster, 0, "kubeadm init --config=" WORK_AREA_DEFAULT "/kubeadm.conf --upload-certs");
	command_is(cluster, 1, "kubeadm join --config=" WORK_AREA_DEFAULT "/kubeadm.conf");
	assert_string_equal(kubeadm_membership(cluster, &cluster->nodes[0], NULL), KUBEADM_INIT);
	assert_string_equal(kubeadm_membership(cluster, &cluster->nodes[1], NULL), KUBEADM_JOIN_MASTER);
	assert_string_equal(kubeadm_membership(cluster, &cluster->nodes[2], NULL), KUBEADM_JOIN);
	/* The order in the file may have changed since; a role doesn't by itself. */
	assert_string_equal(kubeadm_membership(cluster, &cluster->nodes[0], KUBEADM_JOIN_MASTER), KUBEADM_JOIN_MASTER);
	assert_string_equal(kubeadm_membership(cluster, &cluster->nodes[1], KUBEADM_INIT), KUBEADM_INIT);
	assert_string_equal(kubeadm_membership(cluster, &cluster->nodes[2], KUBEADM_INIT), KUBEADM_JOIN);
	assert_string_equal(kubeadm_membership(cluster, &cluster->nodes[0], KUBEADM_JOIN), KUBEADM_INIT);
	refused(cluster, 0, 14, "lets no further masters join");
	cluster_free(cluster);
	cluster = plan_masters(false);
	refused(cluster, 0, 20, "no certificate-key: run 'lazyjack init' on 'master'");
	refused(cluster, 1, 20, "no certificate-key: run 'lazyjack init' on 'master'");
	cluster_free(cluster);
}

struct words {
	unsigned int minor;
	size_t node;
	const char *there, *absent; /* may be NULL */
};

static void check_words(
	const struct cluster *cluster, const struct kubeadm_machine *common, const struct words *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct kubeadm_machine machine = *common;
		_cleanup_free_ char *text = NULL;

		machine.minor = rows[i].minor;
		text = documents(cluster, rows[i].node, &machine);
		if (rows[i].there && !strstr(text, rows[i].there))
			fail_msg("1.%u, node %zu: '%s' isn't in: %s", rows[i].minor, rows[i].node, rows[i].there, text);
		if (rows[i].absent && strstr(text, rows[i].absent))
			fail_msg("1.%u, node %zu: '%s' is in: %s", rows[i].minor, rows[i].node, rows[i].absent, text);
	}
}

/* One version of the documents, but the gate is an error for those that don't know it any more. */
static void test_two_families(void **state)
{
	static const struct words rows[] = {
		{20, 0, "featureGates:\n  IPv6DualStack: true\n", NULL},
		{21, 0, NULL, "featureGates"},
		{20, 1, "node-ip: \"10.192.0.3,fd00:20::3\"\n", NULL},
		{20, 0, "serviceSubnet: \"10.96.0.0/12\"\n", NULL},
	};
	struct cluster *cluster = secret_cluster(dual_text);

	check_words(cluster, &(struct kubeadm_machine){0}, rows, ARRAY_SIZE(rows));
	cluster_free(cluster);
}

/* The subnets of plugins of others come from Kubernetes: which flag says how long they are depends on the version. */
static void test_plugin_of_others(void **state)
{
	static const struct words ipv6[] = {
		{20, 0, "  podSubnet: \"fd00:40::/72\"\n", "node-cidr-mask-size-"},
		{20, 0, "controllerManager:\n  extraArgs:\n    node-cidr-mask-size: \"80\"\n", NULL},
		{23, 0, "    node-cidr-mask-size-ipv6: \"80\"\n", "ipv4"},
		{31, 0, "    - name: \"node-cidr-mask-size-ipv6\"\n      value: \"80\"\n", NULL},
		{31, 1, NULL, "podSubnet"},
	};
	static const struct words ipv4[] = {{20, 0, "  podSubnet: \"10.244.0.0/16\"\n", "node-cidr-mask-size"},
		{22, 0, "  podSubnet: \"10.244.0.0/16\"\n", "node-cidr-mask-size"}};
	static const struct words dual[] = {
		{20, 0, "podSubnet: \"fd00:40::/72,10.244.0.0/16\"\n", "mask-size: "},
		{20, 0, "mask-size-ipv6: \"80\"\n    node-cidr-mask-size-ipv4: \"24\"\n", NULL},
		{22, 0, "mask-size-ipv6: \"80\"\n    node-cidr-mask-size-ipv4: \"24\"\n", NULL},
	};
	static const struct words own[] = {{20, 0, NULL, "podSubnet"}, {31, 0, NULL, "node-cidr-mask-size"}};
	struct cluster *v6 = plan_cluster("master dns64 nat64", "minion", "minion"),
		       *v4 = plan_mode_cluster("ipv4", false, "    plugin: none\n"),
		       *both = plan_mode_cluster("dual-stack", true, "    plugin: cilium\n");

	check_words(v6, &(struct kubeadm_machine){0}, own, ARRAY_SIZE(own));
	free(v6->plugin);
	v6->plugin = mem_strdup("calico");
	check_words(v6, &(struct kubeadm_machine){0}, ipv6, ARRAY_SIZE(ipv6));
	check_words(v4, &(struct kubeadm_machine){0}, ipv4, ARRAY_SIZE(ipv4));
	check_words(both, &(struct kubeadm_machine){0}, dual, ARRAY_SIZE(dual));
	refused(v6, 0, 22, "no pod subnets of /80");
	cluster_free(v6);
	cluster_free(v4);
	cluster_free(both);
}

/* The flag is for nodes whose kubelet has the master's configuration file and does not ask its runtime. */
static void test_cgroup_driver(void **state)
{
	static const struct words known[] = {
		{30, 0, "cgroupDriver: \"cgroupfs\"\n", "cgroup-driver"},
		{31, 0, "cgroupDriver: \"cgroupfs\"\n", "cgroup-driver"},
		{30, 1, "    cgroup-driver: \"cgroupfs\"\n", "cgroupDriver"},
		{31, 1, NULL, "cgroup-driver"},
	};
	static const struct words unknown[] = {{30, 0, NULL, "cgroup"}, {30, 1, NULL, "cgroup"}};
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");

	check_words(cluster, &(struct kubeadm_machine){.cgroup_driver = "cgroupfs"}, known, ARRAY_SIZE(known));
	check_words(cluster, &(struct kubeadm_machine){0}, unknown, ARRAY_SIZE(unknown));
	cluster_free(cluster);
}

/* Each node's own: the master's configuration file of the kubelet goes to all of them. */
static void test_resolv_conf(void **state)
{
	static const struct words resolved[] = {
		{20, 0, "    resolv-conf: \"/run/systemd/resolve/resolv.conf\"\n", "resolvConf"},
		{20, 1, "    resolv-conf: \"/run/systemd/resolve/resolv.conf\"\n", NULL},
		{31, 1, "    - name: \"resolv-conf\"\n      value: \"/run/systemd/resolve/resolv.conf\"\n", NULL},
	};
	static const struct words plain[] = {
		{20, 0, "    resolv-conf: \"/etc/resolv.conf\"\n", "systemd"},
		{20, 1, "    resolv-conf: \"/etc/resolv.conf\"\n", "systemd"},
	};
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");

	check_words(cluster, &(struct kubeadm_machine){.resolved = true}, resolved, ARRAY_SIZE(resolved));
	check_words(cluster, &(struct kubeadm_machine){0}, plain, ARRAY_SIZE(plain));
	cluster_free(cluster);
}

static void assert_found(const char *text, const char *key, const char *start, const char *wanted)
{
	_cleanup_free_ char *found = yaml_find(text, key, start);

	if (!str_eq(found, wanted))
		fail_msg("'%s' in '%s': %s", key, text, found ? found : "nothing");
}

static void test_yaml_find(void **state)
{
	assert_found("a: \"b c\"\nkey: \"x\"\nkey: y\n", "key", "", "x");
	assert_found("  - key: 'x' # note\n", "key", "", "x");
	assert_found("key: x", "key", "", "x");
	assert_found("key: a/1\nkey: b/2\n", "key", "b/", "b/2");
	assert_found("# key: x\nakey: x\nkeys: x\nx key: x\n", "key", "", NULL);
	assert_found("key:\n  x: y\n", "key", "", NULL);
	assert_found("key: # x\n", "key", "", NULL);
	assert_found("key", "key", "", NULL);
	assert_found("", "key", "", NULL);
}

/* kubeadm compares Docker's with its own constant. */
static void test_socket(void **state)
{
	static const struct words docker[] = {{20, 0, "  criSocket: \"/var/run/dockershim.sock\"\n", NULL},
		{23, 1, "  criSocket: \"/var/run/dockershim.sock\"\n", NULL}};
	static const struct words crio[] = {{21, 0, "  criSocket: \"/run/crio/crio.sock\"\n", NULL},
		{24, 1, "  criSocket: \"unix:///run/crio/crio.sock\"\n", NULL}};
	static const struct words none[] = {{24, 0, NULL, "criSocket"}, {24, 1, NULL, "criSocket"}};
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");

	check_words(cluster, &(struct kubeadm_machine){.cri_socket = DOCKERSHIM_SOCKET}, docker, ARRAY_SIZE(docker));
	check_words(cluster, &(struct kubeadm_machine){.cri_socket = "/run/crio/crio.sock"}, crio, ARRAY_SIZE(crio));
	check_words(cluster, &(struct kubeadm_machine){0}, none, ARRAY_SIZE(none));
	cluster_free(cluster);
}

/* Half of what lazyjack gives the whole run, and never 0, which would be no waiting at all. */
static void test_timeouts(void **state)
{
	static const struct words rows[] = {
		{30, 0, "  timeoutForControlPlane: \"45s\"\n", "timeouts:"},
		{30, 1, "  timeout: \"45s\"\n", "timeouts:"},
		{31, 0, "timeouts:\n  controlPlaneComponentHealthCheck: \"45s\"\n", "timeoutForControlPlane"},
		{31, 1, "timeouts:\n  discovery: \"45s\"\n", " timeout:"},
	};
	static const struct words least = {31, 1, "  discovery: \"1s\"\n", NULL};
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");

	cluster->kubeadm_timeout = 91;
	check_words(cluster, &(struct kubeadm_machine){0}, rows, ARRAY_SIZE(rows));
	cluster->kubeadm_timeout = 1;
	check_words(cluster, &(struct kubeadm_machine){0}, &least, 1);
	cluster_free(cluster);
}

static void test_table(void **state)
{
	static const struct {
		unsigned int minor;
		const char *version;
	} rows[] = {{13, "v1beta1"}, {14, "v1beta1"}, {15, "v1beta2"}, {21, "v1beta2"}, {22, "v1beta3"},
		{30, "v1beta3"}, {31, "v1beta4"}, {99, "v1beta4"}};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		assert_string_equal(kubeadm_api_for(rows[i].minor)->version, rows[i].version);
	assert_null(kubeadm_api_for(12));
	assert_int_equal(kubeadm_dual_stack_first(), 20);
	assert_int_equal(kubeadm_api_for(19)->dual_stack, DUAL_STACK_NONE);
	assert_int_equal(kubeadm_api_for(20)->dual_stack, DUAL_STACK_GATE);
	assert_int_equal(kubeadm_api_for(21)->dual_stack, DUAL_STACK_ON);
	assert_int_equal(kubernetes_minor("v1.20.2"), 20);
	assert_int_equal(kubernetes_minor("v1.9"), 9);
	assert_int_equal(kubernetes_minor("latest"), 0);
	assert_int_equal(kubernetes_minor("v2.1"), 0);
	assert_int_equal(kubernetes_minor(NULL), 0);
}

/* Without kubeadm the cluster's version decides, and "latest" means the newest. */
static void test_choice(void **state)
{
	static const struct {
		unsigned int minor;
		const char *cluster_version, *wanted;
	} rows[] = {
		{20, "v1.31.0", "kubeadm.k8s.io/v1beta2"},
		{0, "v1.22.1", "kubeadm.k8s.io/v1beta3"},
		{0, "latest", "kubeadm.k8s.io/v1beta4"},
	};
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct kubeadm_machine machine = {.minor = rows[i].minor};
		struct str text = STR_INIT;

		free(cluster->kubernetes_version);
		cluster->kubernetes_version = mem_strdup(rows[i].cluster_version);
		assert_int_equal(kubeadm_documents(cluster, &cluster->nodes[1], &machine, &text, NULL), 0);
		assert_non_null(strstr(text.s, rows[i].wanted));
		str_done(&text);
	}
	cluster_free(cluster);
}

static void test_secrets_missing(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	const struct kubeadm_machine machine = {.minor = 30};
	_cleanup_str_ struct str text = STR_INIT;

	refused(cluster, 0, 12, "kubeadm 1.12 is too old: install 1.13 or newer");
	free(cluster->token_cert_hash);
	cluster->token_cert_hash = NULL;
	refused(cluster, 1, 30, "no token-cert-hash: run 'lazyjack init' on 'master'");
	free(cluster->token);
	cluster->token = NULL;
	refused(cluster, 0, 30, "no token: run 'lazyjack init' on 'master'");

	cluster->insecure = true;
	assert_int_equal(kubeadm_documents(cluster, &cluster->nodes[1], &machine, &text, NULL), 0);
	assert_non_null(strstr(text.s, "unsafeSkipCAVerification: true\n"));
	/* What an earlier init left in the file doesn't fit the authority that kubeadm makes. */
	cluster->token_cert_hash = mem_printf("%064d", 0);
	str_clear(&text);
	assert_int_equal(kubeadm_documents(cluster, &cluster->nodes[1], &machine, &text, NULL), 0);
	assert_non_null(strstr(text.s, "unsafeSkipCAVerification: true\n"));
	assert_null(strstr(text.s, "caCertHashes"));
	cluster_free(cluster);
}

static void test_too_old_for_two_families(void **state)
{
	struct cluster *cluster = secret_cluster(dual_text);

	refused(cluster, 0, 19, "kubeadm 1.19 makes no cluster of two families: install 1.20 or newer");
	refused(cluster, 1, 13, "kubeadm 1.13 makes no cluster of two families");
	cluster_free(cluster);
}

static void test_command(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	_cleanup_str_ struct str text = STR_INIT;

	kubeadm_command(cluster, &cluster->nodes[0], &text);
	assert_string_equal(text.s, "kubeadm init --config=/var/lib/lazyjack/work-area/kubeadm.conf");
	str_clear(&text);
	kubeadm_command(cluster, &cluster->nodes[1], &text);
	assert_string_equal(text.s, "kubeadm join --config=/var/lib/lazyjack/work-area/kubeadm.conf");
	cluster_free(cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_several_masters),
		cmocka_unit_test(test_two_families),
		cmocka_unit_test(test_plugin_of_others),
		cmocka_unit_test(test_cgroup_driver),
		cmocka_unit_test(test_resolv_conf),
		cmocka_unit_test(test_yaml_find),
		cmocka_unit_test(test_socket),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_secrets_missing),
		cmocka_unit_test(test_too_old_for_two_families),
		cmocka_unit_test(test_command),
	};

	return RUN_TESTS(tests);
}
