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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_family),
		cmocka_unit_test(test_two_families),
	};

	return RUN_TESTS(tests);
}
