/* SPDX-License-Identifier: Apache-2.0 */
#include "planner/install.h"

#include <errno.h>

#include "package-fixture.h"
#include "plan-fixture.h"
#include "preflight/install-facts.h"

static size_t row_of(const char *package)
{
	size_t i;

	for (i = 0; i < INSTALL_ROWS; i++)
		if (str_eq(install_rows[i].package, package))
			return i;
	fail_msg("there is no row '%s'", package);
	return 0;
}

/* The packages of the plan with blanks between them, those to be held in brackets, what can't be had behind "-". */
static void expect_plan(
	const struct cluster *cluster, size_t node, const struct install_facts *facts, const char *expected)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_free_ char *missing = NULL;
	size_t i;

	if (plan_install(cluster, &cluster->nodes[node], facts, &plan, &missing, &err) < 0)
		fail_msg("%s", err.msg);
	for (i = 0; i < plan.n; i++) {
		bool hold = str_eq(plan.steps[i].ops->kind, "package-hold");

		str_addf(&text, "%s%s%s%s", text.len ? " " : "", hold ? "[" : "", json_text(plan.steps[i].want, "name"),
			hold ? "]" : "");
	}
	if (*missing)
		str_addf(&text, " - %s", missing);
	assert_string_equal(str_text(&text), expected);
}

static struct install_facts debian(void)
{
	return (struct install_facts){.apt = true};
}

static void offer(struct install_facts *facts)
{
	facts->offered[row_of("kubeadm")] = facts->offered[row_of("kubelet")] = facts->offered[row_of("kubectl")] =
		true;
}

static void test_roles(void **state)
{
	struct cluster *cluster = plan_cluster("master", "minion nat64", "dns64");
	struct install_facts facts = debian();

	offer(&facts);
	expect_plan(cluster, 0, &facts,
		"nftables containernetworking-plugins iptables conntrack containerd kubelet kubeadm kubectl [kubelet] "
		"[kubeadm] [kubectl]");
	expect_plan(cluster, 1, &facts,
		"nftables tayga containernetworking-plugins iptables conntrack containerd kubelet kubeadm kubectl "
		"[kubelet] [kubeadm] [kubectl]");
	expect_plan(cluster, 2, &facts, "nftables bind9 containernetworking-plugins");
	free(cluster->runtime);
	cluster->runtime = mem_strdup("podman");
	expect_plan(cluster, 2, &facts, "nftables podman containernetworking-plugins");
	cluster_free(cluster);
}

/* What is there by other means is left alone; what this run installs stays in the plan of the next. */
static void test_states(void **state)
{
	struct cluster *cluster = plan_cluster("master", "minion", "dns64 nat64");
	struct install_facts facts = debian();

	facts.states[row_of("nftables")] = INSTALL_OTHERWISE;
	facts.states[row_of("containerd")] = INSTALL_INSTALLED;
	facts.states[row_of("conntrack")] = INSTALL_OTHERWISE;
	facts.states[row_of("kubelet")] = INSTALL_INSTALLED;
	facts.states[row_of("kubectl")] = INSTALL_OTHERWISE;
	expect_plan(
		cluster, 1, &facts, "containernetworking-plugins iptables containerd kubelet [kubelet] - 'kubeadm'");
	cluster_free(cluster);
}

static void test_masks(void **state)
{
	assert_string_equal(install_rows[row_of("bind9")].masked[0], "named.service");
	assert_string_equal(install_rows[row_of("tayga")].masked[0], "tayga.service");
	assert_null(install_rows[row_of("containerd")].masked[0]);
}

static void test_other_distribution(void **state)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	struct install_facts facts = {.distribution = mem_strdup("Fedora Linux 39")};
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	char *missing = NULL;

	facts.states[row_of("iptables")] = INSTALL_OTHERWISE;
	assert_int_equal(plan_install(cluster, &cluster->nodes[0], &facts, &plan, &missing, &err), -ENOTSUP);
	assert_non_null(strstr(err.msg, "this is 'Fedora Linux 39'"));
	assert_non_null(strstr(err.msg, "bind9 (named), tayga (tayga)"));
	assert_null(strstr(err.msg, "iptables"));
	assert_int_equal(plan.n, 0);
	install_facts_done(&facts);
	cluster_free(cluster);
}

static void release(const char *text)
{
	package_directory("/etc");
	package_write("/etc/os-release", text);
}

static struct install_facts gathered(void)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct install_facts facts;

	if (install_facts_gather(fixture_node, &facts, &err) < 0)
		fail_msg("%s", err.msg);
	return facts;
}

static void expect_apt(const char *text, bool apt)
{
	struct install_facts facts;

	release(text);
	facts = gathered();
	assert_int_equal(facts.apt, apt);
	install_facts_done(&facts);
}

static void test_distribution(void **state)
{
	struct install_facts facts;

	expect_apt("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n", true);
	expect_apt("ID=ubuntu\nID_LIKE=debian\n", true);
	expect_apt("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", true);
	expect_apt("ID=fedora\n", false);
	expect_apt("ID=debianlike\nVERSION=debian\n", false);
	expect_apt("", false);
	release("ID='debian'\nPRETTY_NAME=\"A Debian\"\n");
	facts = gathered();
	assert_string_equal(facts.distribution, "A Debian");
	install_facts_done(&facts);
	assert_int_equal(unlink(FIXTURE_ROOT "/usr/bin/apt-get"), 0);
	expect_apt("ID=debian\n", false);
}

static void test_programs(void **state)
{
	struct install_facts facts;

	release("ID=debian\n");
	package_directory("/usr/local/sbin");
	package_directory("/opt/cni/bin");
	package_write("/usr/local/sbin/tayga", "");
	package_write("/opt/cni/bin/bridge", "");
	package_write("/var/fake/bind9", "install installed\n");
	package_write("/var/fake/kubelet", "install half-configured\n");
	package_write("/var/fake/kubectl", "deinstall config-files\n");
	package_write("/var/fake/sim/kubeadm", "");
	facts = gathered();
	assert_int_equal(facts.states[row_of("tayga")], INSTALL_OTHERWISE);
	assert_int_equal(facts.states[row_of("containernetworking-plugins")], INSTALL_OTHERWISE);
	assert_int_equal(facts.states[row_of("bind9")], INSTALL_INSTALLED);
	assert_int_equal(facts.states[row_of("kubelet")], INSTALL_INSTALLED);
	assert_int_equal(facts.states[row_of("kubeadm")], INSTALL_MISSING);
	assert_true(facts.offered[row_of("kubeadm")]);
	assert_int_equal(facts.states[row_of("kubectl")], INSTALL_MISSING);
	assert_false(facts.offered[row_of("kubectl")]);
	install_facts_done(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_other_distribution),
		cmocka_unit_test_setup_teardown(test_distribution, package_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_programs, package_setup, fixture_teardown),
	};

	return RUN_TESTS(tests);
}
