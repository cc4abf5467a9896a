/* SPDX-License-Identifier: Apache-2.0 */
#include "netfilter-fixture.h"

static void each(const char *program, const char *const *rules)
{
	for (; *rules; rules++) {
		_cleanup_free_ char *command = mem_printf("%s -w 5 -t %s", program, *rules);

		run(command, NULL);
	}
}

/* What portmap and the bridge plugin make. */
static const char *const cni_rules[] = {
	"nat -N CNI-0123abc",
	"nat -A CNI-0123abc -m comment --comment name:\"lazyjack\" -j ACCEPT",
	"nat -A POSTROUTING -m comment --comment its--j-CNI-words -j CNI-0123abc",
	"nat -N CNI-HOSTPORT-DNAT",
	"nat -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
	"nat -A OUTPUT -m addrtype --dst-type LOCAL -g CNI-HOSTPORT-DNAT",
	"nat -N CNI-DN-1",
	"nat -A CNI-HOSTPORT-DNAT -p tcp -j CNI-DN-1",
	"filter -N CNI-FORWARD",
	"filter -A FORWARD -j CNI-FORWARD",
	"filter -A CNI-FORWARD -j CNI-ADMIN",
	NULL,
};

/* What somebody else has, a chain of the prefix among it. */
static const char *const foreign_rules[] = {
	"nat -N THEIRS",
	"nat -A POSTROUTING -j THEIRS",
	"nat -A POSTROUTING -m comment --comment CNI-0123abc -j ACCEPT",
	"nat -N CNI-before",
	"nat -A POSTROUTING -j CNI-before",
	NULL,
};

static void cni(const char *program)
{
	_cleanup_free_ char *admin = mem_printf("%s -w 5 -t filter -N CNI-ADMIN", program);

	run(admin, NULL);
	each(program, cni_rules);
}

static void test_nft_from_nothing(void **unused)
{
	_cleanup_step_ struct step step = step_netfilter_remains("CNI-");
	_cleanup_json_ json_t *undo = undo_of(&step);
	_cleanup_free_ char *after = NULL;

	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	cni("iptables-nft");
	cni("ip6tables-nft");
	revert_step(&step, undo);
	after = ruleset();
	assert_string_equal(after, "");
	revert_step(&step, undo);
}

static void test_nft_with_others(void **unused)
{
	_cleanup_step_ struct step step = step_netfilter_remains("CNI-");
	_cleanup_free_ char *before = NULL, *after = NULL;
	_cleanup_json_ json_t *undo = NULL;

	each("iptables-nft", foreign_rules);
	run("nft add table inet other", NULL);
	run("nft add chain inet other CNI-unrelated", NULL);
	before = ruleset();
	undo = undo_of(&step);
	cni("iptables-nft");
	cni("ip6tables-nft");
	revert_step(&step, undo);
	after = ruleset();
	assert_string_equal(after, before);
}

/* A table that was not there before, but somebody else uses now. */
static void test_nft_new_users(void **unused)
{
	_cleanup_step_ struct step step = step_netfilter_remains("CNI-");
	_cleanup_json_ json_t *undo = undo_of(&step);
	_cleanup_free_ char *after = NULL;

	cni("iptables-nft");
	run("iptables-nft -w 5 -t nat -A INPUT -j ACCEPT", NULL);
	run("iptables-nft -w 5 -t filter -P OUTPUT DROP", NULL);
	revert_step(&step, undo);
	after = ruleset();
	assert_non_null(strstr(after, "chain INPUT"));
	assert_null(strstr(after, "chain POSTROUTING"));
	assert_non_null(strstr(after, "policy drop"));
	assert_null(strstr(after, "CNI-"));
}

/* kube-proxy's rules of a large cluster: more than nft can be asked to list at once. */
static void test_nft_many(void **unused)
{
	enum { SERVICES = 300, RULES = 200 };
	_cleanup_step_ struct step step = step_netfilter_remains("KUBE-");
	static const char *const argv[] = {"nft", "-f", "-", NULL};
	_cleanup_json_ json_t *undo = undo_of(&step), *again = NULL;
	_cleanup_str_ struct str rules = STR_INIT;
	struct run_options options = {.argv = argv};
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_free_ char *before = NULL, *after = NULL;
	size_t i, j;

	run("iptables-nft -w 5 -t nat -A OUTPUT -j ACCEPT", NULL);
	before = ruleset();
	str_add(&rules, "add chain ip nat PREROUTING { type nat hook prerouting priority -100; }\n"
			"add chain ip nat KUBE-SERVICES\nadd rule ip nat OUTPUT jump KUBE-SERVICES\n"
			"add rule ip nat PREROUTING jump KUBE-SERVICES\n");
	for (i = 0; i < SERVICES; i++) {
		str_addf(&rules, "add chain ip nat KUBE-SVC-%zu\nadd rule ip nat KUBE-SERVICES jump KUBE-SVC-%zu\n", i,
			i);
		for (j = 0; j < RULES; j++)
			str_addf(&rules,
				"add rule ip nat KUBE-SVC-%zu ip saddr 10.0.0.1 ip daddr 10.0.%zu.%zu counter accept "
				"comment \"a service of a cluster, namespace/name:port, and where it leads to\"\n",
				i, i % 256, j);
	}
	options.input = rules.s;
	options.input_len = rules.len;
	if (run_checked(&options, NULL, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(step.ops->inspect(&step, node, true, &again, NULL, NULL), STEP_IN_PLACE);
	revert_step(&step, undo);
	after = ruleset();
	assert_string_equal(after, before);
}

static char *legacy(const char *table)
{
	_cleanup_free_ char *command = mem_printf("iptables-legacy -w 5 -t %s -S", table);
	struct str out = STR_INIT;

	run(command, &out);
	return str_take(&out);
}

static void test_legacy(void **unused)
{
	_cleanup_free_ char *before = NULL, *nat = NULL, *filter = NULL;
	_cleanup_step_ struct step step = step_netfilter_remains("CNI-");
	_cleanup_json_ json_t *undo = NULL;
	_cleanup_str_ struct str six = STR_INIT;

	if (access("/proc/net/ip_tables_names", F_OK) < 0 || access("/proc/net/ip6_tables_names", F_OK) < 0)
		skip();
	each("iptables-legacy", foreign_rules);
	before = legacy("nat");
	undo = undo_of(&step);
	cni("iptables-legacy");
	cni("ip6tables-legacy");
	revert_step(&step, undo);
	nat = legacy("nat");
	assert_string_equal(nat, before);
	filter = legacy("filter");
	assert_string_equal(filter, "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n");
	run("ip6tables-legacy -w 5 -t nat -S", &six);
	assert_null(strstr(six.s, "CNI-"));
	revert_step(&step, undo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETNS_TEST(test_nft_from_nothing),
		NETNS_TEST(test_nft_with_others),
		NETNS_TEST(test_nft_new_users),
		NETNS_TEST(test_nft_many),
		NETNS_TEST(test_legacy),
	};

	return RUN_TESTS(tests);
}
