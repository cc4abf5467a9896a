/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/cni.h"

#include "plan-fixture.h"

static void test_one_family(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	_cleanup_free_ char *text = cni_conflist(cluster, &cluster->nodes[2], "1.0.0");

	golden_text("cni-ipv6.conflist", text);
	cluster_free(cluster);
}

static void test_two_families(void **state)
{
	_cleanup_free_ char *config = with_line(dual_text, 19, "    cidr: 10.96.0.0/12\n    cidr2: 'fd00:30::/110'\n");
	struct cluster *cluster = valid_cluster(config);
	_cleanup_free_ char *text = cni_conflist(cluster, &cluster->nodes[1], "0.3.1");

	golden_text("cni-dual.conflist", text);
	cluster_free(cluster);
}

static void ptp(const char *mode, bool v6_first, size_t node, const char *golden)
{
	struct cluster *cluster = plan_mode_cluster(mode, v6_first, "    plugin: ptp\n");
	_cleanup_free_ char *text = cni_conflist(cluster, &cluster->nodes[node], "1.0.0");

	golden_text(golden, text);
	cluster_free(cluster);
}

static void test_point_to_point(void **state)
{
	ptp("ipv4", false, 2, "cni-ptp-ipv4.conflist");
	ptp("dual-stack", true, 1, "cni-ptp-dual-stack.conflist");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_family),
		cmocka_unit_test(test_two_families),
		cmocka_unit_test(test_point_to_point),
	};

	return RUN_TESTS(tests);
}
