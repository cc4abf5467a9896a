/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/kubeadm.h"

#include <errno.h>

#include "kube/version-table.h"
#include "plan-fixture.h"

static void check(const struct cluster *cluster, const char *node, unsigned int minor, const char *golden)
{
	_cleanup_free_ char *version = mem_printf("v1.%u.2", minor);
	const struct kubeadm_machine machine = {
		.minor = minor,
		.version = minor ? version : NULL,
		.cri_socket = "/run/containerd/containerd.sock",
	};
	_cleanup_err_ struct err err = ERR_INIT;
	struct str text = STR_INIT;

	if (kubeadm_documents(cluster, cluster_find(cluster, node), &machine, &text, &err) < 0)
		fail_msg("%s", err.msg);
	golden_text(golden, text.s);
	str_done(&text);
}

static void test_documents(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");

	check(cluster, "master", 13, "kubeadm-v1beta1-master.yaml");
	check(cluster, "minion-1", 14, "kubeadm-v1beta1-minion.yaml");
	check(cluster, "master", 20, "kubeadm-v1beta2-master.yaml");
	check(cluster, "minion-1", 15, "kubeadm-v1beta2-minion.yaml");
	check(cluster, "master", 22, "kubeadm-v1beta3-master.yaml");
	check(cluster, "minion-1", 30, "kubeadm-v1beta3-minion.yaml");
	check(cluster, "master", 31, "kubeadm-v1beta4-master.yaml");
	check(cluster, "minion-1", 34, "kubeadm-v1beta4-minion.yaml");
	cluster_free(cluster);
}

static void test_two_families(void **state)
{
	_cleanup_free_ char *text = with_line(dual_text, 19, "    cidr: 10.96.0.0/12\n    cidr2: 'fd00:30::/110'\n");
	struct cluster *cluster = valid_cluster(text);

	cluster->token = mem_strdup("abcdef.0123456789abcdef");
	check(cluster, "master", 20, "kubeadm-dual-1.20.yaml");
	check(cluster, "master", 22, "kubeadm-dual-1.22.yaml");
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

static void refused(struct cluster *cluster, size_t node, unsigned int minor, const char *words)
{
	const struct kubeadm_machine machine = {.minor = minor};
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_str_ struct str text = STR_INIT;

	assert_int_equal(kubeadm_documents(cluster, &cluster->nodes[node], &machine, &text, &err), -EINVAL);
	if (!strstr(err.msg, words))
		fail_msg("'%s' isn't in: %s", words, err.msg);
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
		cmocka_unit_test(test_two_families),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_secrets_missing),
		cmocka_unit_test(test_command),
	};

	return RUN_TESTS(tests);
}
