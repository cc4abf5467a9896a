/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "plan-fixture.h"

static void check(const struct cluster *cluster, const char *node, const struct facts *facts, const char *golden)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_err_ struct err err = ERR_INIT;

	if (plan_prepare(cluster, cluster_find(cluster, node), facts, &plan, &err) < 0)
		fail_msg("%s", err.msg);
	golden_plan(golden, &plan);
}

static void test_services_with_the_master(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	struct facts facts = plan_facts();

	check(cluster, "master", &facts, "prepare-master.json");
	check(cluster, "minion-1", &facts, "prepare-minion.json");
	facts_done(&facts);
	cluster_free(cluster);
}

static void test_services_apart(void **state)
{
	struct cluster *cluster = plan_cluster("master", "dns64", "nat64");
	struct facts facts = plan_facts();

	check(cluster, "master", &facts, "prepare-apart-master.json");
	check(cluster, "minion-1", &facts, "prepare-apart-dns64.json");
	check(cluster, "minion-2", &facts, "prepare-apart-nat64.json");
	facts_done(&facts);
	cluster_free(cluster);
}

/* Whatever else happens: advertisements before forwarding, the translator before the name server, the resolver late. */
static void test_order(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct facts facts = plan_facts();
	int forwarding, nat64, dns64;

	facts.accept_ra = plan_list("eth0", "eth0.100");
	assert_int_equal(plan_prepare(cluster, cluster_find(cluster, "master"), &facts, &plan, NULL), 0);
	forwarding = plan_place(&plan, "sysctl net.ipv6.conf.all.forwarding");
	assert_true(forwarding > 0);
	assert_in_range(plan_place(&plan, "sysctl net.ipv6.conf.eth0.accept_ra"), 0, forwarding - 1);
	assert_in_range(plan_place(&plan, "sysctl net.ipv6.conf.eth0/100.accept_ra"), 0, forwarding - 1);
	nat64 = plan_place(&plan, "unit-started lazyjack-nat64.service");
	dns64 = plan_place(&plan, "unit-started lazyjack-dns64.service");
	assert_in_range(nat64, forwarding, dns64 - 1);
	assert_in_range(dns64, nat64, plan_place(&plan, "resolver /etc/resolv.conf") - 1);
	facts_done(&facts);
	cluster_free(cluster);
}

static void test_resolved(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct facts facts = plan_facts();
	int file;

	facts.resolved = true;
	assert_int_equal(plan_prepare(cluster, cluster_find(cluster, "minion-2"), &facts, &plan, NULL), 0);
	assert_int_equal(plan_place(&plan, "resolver /etc/resolv.conf"), -1);
	file = plan_place(&plan, "file /etc/systemd/resolved.conf.d/lazyjack.conf");
	assert_true(file > 0);
	assert_string_equal(json_string_value(json_object_get(plan.steps[file].want, "content")),
		"# Made by lazyjack; 'lazyjack clean' removes it.\n[Resolve]\nDNS=fd00:10::100\nDomains=~.\n");
	facts_done(&facts);
	cluster_free(cluster);
}

static void refused(struct facts facts, struct cluster *cluster, int code, const char *words)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_err_ struct err err = ERR_INIT;

	assert_int_equal(plan_prepare(cluster, &cluster->nodes[0], &facts, &plan, &err), -code);
	if (!strstr(err.msg, words))
		fail_msg("'%s' isn't in: %s", words, err.msg);
	facts_done(&facts);
	cluster_free(cluster);
}

static void test_refusals(void **state)
{
	struct facts facts = plan_facts();
	struct cluster *cluster;

	free(facts.tayga);
	facts.tayga = NULL;
	refused(facts, plan_cluster("master dns64 nat64", "minion", "minion"), ENOENT, "install package 'tayga'");
	facts = plan_facts();
	free(facts.named);
	facts.named = NULL;
	refused(facts, plan_cluster("master dns64 nat64", "minion", "minion"), ENOENT, "install package 'bind9'");

	cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	free(cluster->runtime);
	cluster->runtime = mem_strdup("ship");
	refused(plan_facts(), cluster, EINVAL, "set general.runtime to one of 'host'");

	cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	free(cluster->token);
	cluster->token = NULL;
	refused(plan_facts(), cluster, EINVAL, "run 'lazyjack init' on 'master'");
	refused(plan_facts(), valid_cluster(dual_text), EINVAL, "mode 'ipv6' only");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_services_with_the_master),
		cmocka_unit_test(test_services_apart),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_resolved),
		cmocka_unit_test(test_refusals),
	};

	return RUN_TESTS(tests);
}
