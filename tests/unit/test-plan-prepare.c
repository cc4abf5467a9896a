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

static void test_containers(void **state)
{
	static const char *const runtimes[] = {"docker", "podman"}, *const goldens[] = {"prepare-docker.json",
									    "prepare-podman.json"};
	struct facts facts = plan_facts();
	size_t i;

	facts.engine = mem_strdup("/usr/bin/engine");
	for (i = 0; i < ARRAY_SIZE(runtimes); i++) {
		struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");

		free(cluster->runtime);
		cluster->runtime = mem_strdup(runtimes[i]);
		check(cluster, "master", &facts, goldens[i]);
		/* Where no service is, no runtime matters. */
		check(cluster, "minion-1", &facts, "prepare-minion.json");
		cluster_free(cluster);
	}
	facts_done(&facts);
}

/* Docker's bridge has the gateway of both families wherever it is; IPv4 goes on from NAT64's node only. */
static void test_containers_apart(void **state)
{
	struct cluster *cluster = plan_cluster("master", "dns64", "nat64");
	struct facts facts = plan_facts();

	facts.engine = mem_strdup("/usr/bin/docker");
	free(cluster->runtime);
	cluster->runtime = mem_strdup("docker");
	check(cluster, "master", &facts, "prepare-apart-master.json");
	check(cluster, "minion-1", &facts, "prepare-apart-docker-dns64.json");
	check(cluster, "minion-2", &facts, "prepare-apart-docker-nat64.json");
	facts_done(&facts);
	cluster_free(cluster);
}

/* One that somebody else builds is pulled. */
static void test_image(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct facts facts = plan_facts();
	int image;

	free(cluster->runtime);
	cluster->runtime = mem_strdup("podman");
	free(cluster->dns64.image);
	cluster->dns64.image = mem_strdup("registry.test/dns:2");
	facts.engine = mem_strdup("/usr/bin/podman");
	assert_int_equal(plan_prepare(cluster, &cluster->nodes[0], &facts, &plan, NULL), 0);
	image = plan_place(&plan, "container-image podman registry.test/dns:2");
	assert_in_range(image, 0, plan_place(&plan, "container podman bind9") - 1);
	assert_null(json_object_get(plan.steps[image].want, "containerfile"));
	image = plan_place(&plan, "container-image podman " NAT64_IMAGE);
	assert_true(image > 0);
	assert_non_null(json_object_get(plan.steps[image].want, "containerfile"));
	facts_done(&facts);
	cluster_free(cluster);
}

/* One cluster, three wishes: what the machine can do decides only where it is asked. */
static void test_engine(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	const struct cluster_node *master = cluster_find(cluster, "master");
	static const struct {
		const char *engine, *runtime;
		bool able, ebpf;
	} rows[] = {
		{"auto", "host", true, true},
		{"auto", "host", false, false},
		{"auto", "docker", true, false},
		{"tayga", "host", true, false},
		{"ebpf", "host", true, true},
		{"ebpf", "docker", true, true},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_plan_ struct plan plan = PLAN_INIT;
		_cleanup_err_ struct err err = ERR_INIT;
		struct facts facts = plan_facts();

		free(cluster->nat64.engine);
		free(cluster->runtime);
		cluster->nat64.engine = mem_strdup(rows[i].engine);
		cluster->runtime = mem_strdup(rows[i].runtime);
		facts.engine = mem_strdup("/usr/bin/docker");
		facts.nat64_ebpf = rows[i].able;
		facts.nat64_device = mem_strdup("ifb");
		if (plan_prepare(cluster, master, &facts, &plan, &err) < 0)
			fail_msg("%s", err.msg);
		assert_int_equal(plan_place(&plan, "nat64-program nat64 in lazyjack-nat64") >= 0, rows[i].ebpf);
		if (i == 0)
			golden_plan("prepare-ebpf.json", &plan);
		facts_done(&facts);
	}
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

/* Neither translation nor another resolver; IPv6 is not touched without IPv6. */
static void test_modes(void **state)
{
	struct cluster *ipv4 = plan_mode_cluster("ipv4", false, ""), *dual = plan_mode_cluster("dual-stack", true, ""),
		       *v4_first = plan_mode_cluster("dual-stack", false, "");
	struct facts facts = plan_facts();

	facts.accept_ra = plan_list("eth0", NULL);
	check(ipv4, "master", &facts, "prepare-ipv4-master.json");
	check(ipv4, "minion-2", &facts, "prepare-ipv4-minion.json");
	check(dual, "master", &facts, "prepare-dual-stack-master.json");
	check(v4_first, "minion-2", &facts, "prepare-dual-stack-ipv4-first-minion.json");
	facts_done(&facts);
	cluster_free(ipv4);
	cluster_free(dual);
	cluster_free(v4_first);
}

/* `address` is what the interface has of the first family; the other one's is set. */
static void test_address_there_already(void **state)
{
	_cleanup_free_ char *text = with_line(dual_text, 7, "        id: 2\n        address: 10.192.0.77/16\n");
	struct cluster *cluster = valid_cluster(text);
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct facts facts = plan_facts();

	cluster->token = mem_strdup("abcdef.0123456789abcdef");
	assert_int_equal(plan_prepare(cluster, &cluster->nodes[0], &facts, &plan, NULL), 0);
	assert_int_equal(plan_place(&plan, "address 10.192.0.77/16 on eth1"), -1);
	assert_true(plan_place(&plan, "address fd00:20::2/64 on eth1") > 0);
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
	cluster->runtime = mem_strdup("docker");
	refused(plan_facts(), cluster, ENOENT, "install package 'docker.io'");

	cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	free(cluster->runtime);
	cluster->runtime = mem_strdup("ship");
	refused(plan_facts(), cluster, EINVAL, "set general.runtime to one of 'host'");

	cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	free(cluster->token);
	cluster->token = NULL;
	refused(plan_facts(), cluster, EINVAL, "run 'lazyjack init' on 'master'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_services_with_the_master),
		cmocka_unit_test(test_services_apart),
		cmocka_unit_test(test_containers_apart),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_engine),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_resolved),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_address_there_already),
		cmocka_unit_test(test_refusals),
	};

	return RUN_TESTS(tests);
}
