/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/forward-facts.h"

#include "cluster-fixture.h"
#include "netfilter-fixture.h"
#include "resource/netfilter-legacy.h"
#include "resource/ops.h"

#define RULES                                                                                                          \
	"-A FORWARD -d 10.244.0.0/16 -m comment --comment lazyjack -j ACCEPT\n"                                        \
	"-A FORWARD -s 10.244.0.0/16 -m comment --comment lazyjack -j ACCEPT\n"

static struct step pods(const char *program)
{
	struct prefix network;

	assert_int_equal(prefix_parse("10.244.0.0/16", &network), 0);
	return step_forward_accept(program, &network);
}

static char *forward(const char *program)
{
	_cleanup_free_ char *command = mem_printf("%s -w 5 -S FORWARD", program);
	struct str out = STR_INIT;

	run(command, &out);
	return str_take(&out);
}

static void change(const char *program, const char *words)
{
	_cleanup_free_ char *command = mem_printf("%s -w 5 %s", program, words);

	run(command, NULL);
}

/* In front of a chain that drops, and out of it again; the chain is as it was. */
static void there_and_back(const char *program)
{
	_cleanup_step_ struct step step = pods(program);
	_cleanup_free_ char *before = NULL, *with = NULL, *whole = NULL, *after = NULL;
	_cleanup_json_ json_t *undo = NULL;

	change(program, "-P FORWARD DROP");
	change(program, "-A FORWARD -i docker0 -j ACCEPT");
	before = forward(program);
	undo = undo_of(&step);
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	with = forward(program);
	assert_string_equal(with, "-P FORWARD DROP\n" RULES "-A FORWARD -i docker0 -j ACCEPT\n");
	change(program, "-D FORWARD 1");
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
	apply_step(&step);
	whole = forward(program);
	assert_string_equal(whole, with);
	/* Somebody saved and restored the rules in between, for example. */
	change(program, "-A FORWARD -s 10.244.0.0/16 -m comment --comment lazyjack -j ACCEPT");
	revert_step(&step, undo);
	revert_step(&step, undo);
	after = forward(program);
	assert_string_equal(after, before);
}

static void test_nft(void **unused)
{
	there_and_back("iptables-nft");
}

static void test_legacy(void **unused)
{
	there_and_back("iptables-legacy");
}

/* To look, or to take away what a reboot took, makes no table. */
static void test_no_tables(void **unused)
{
	static const char *const programs[] = {"iptables-nft", "iptables-legacy"};
	_cleanup_free_ char *names = NULL, *rules = NULL;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		_cleanup_step_ struct step step = pods(programs[i]);

		assert_int_equal(state_of(&step, true), STEP_MISSING);
		revert_step(&step, NULL);
	}
	rules = ruleset();
	assert_string_equal(rules, "");
	assert_false(netfilter_legacy_has(node, false, "filter"));
	(void)file_read("/proc/net/ip_tables_names", 4096, &names, &len, NULL, NULL);
	assert_true(names == NULL || *names == '\0');
}

/* A journal that somebody wrote into does not choose the program. */
static void test_foreign_words(void **unused)
{
	static const char *const rows[][2] = {{"/bin/sh", "10.244.0.0/16"}, {"iptables-nft", "-j"},
		{"iptables", "10.244.0.0/16"}, {"iptables-nft", ""}};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_step_ struct step step = step_make(
			&forward_accept_ops, json_make("{s:s,s:s}", "program", rows[i][0], "network", rows[i][1]));

		assert_refused(&step, EINVAL, rows[i][0]);
		assert_int_equal(step.ops->apply(&step, node, NULL), -EINVAL);
		assert_int_equal(step.ops->revert(&step, node, NULL, NULL), -EINVAL);
	}
}

static void assert_programs(struct cluster *cluster, const char *first, const char *second)
{
	struct facts facts = {0};

	forward_facts(node, cluster, &facts);
	if (!str_eq(facts.forward_program[0], first) || !str_eq(facts.forward_program[1], second))
		fail_msg("%s %s", facts.forward_program[0] ? facts.forward_program[0] : "(none)",
			facts.forward_program[1] ? facts.forward_program[1] : "(none)");
}

/* The first family of this cluster is IPv4. */
static void test_facts(void **unused)
{
	struct cluster *cluster = valid_cluster(dual_text);

	assert_programs(cluster, NULL, NULL);
	change("iptables-nft", "-A FORWARD -i x -j DROP");
	change("ip6tables-legacy", "-P FORWARD DROP");
	assert_programs(cluster, NULL, "ip6tables-legacy");
	change("iptables-nft", "-N DOCKER-USER");
	assert_programs(cluster, "iptables-nft", "ip6tables-legacy");
	change("iptables-nft", "-X DOCKER-USER");
	change("iptables-nft", "-P FORWARD DROP");
	assert_programs(cluster, "iptables-nft", "ip6tables-legacy");
	change("ip6tables-nft", "-P FORWARD DROP");
	assert_programs(cluster, "iptables-nft", "ip6tables-nft");
	free(cluster->plugin);
	cluster->plugin = mem_strdup("calico");
	assert_programs(cluster, NULL, NULL);
	cluster_free(cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETNS_TEST(test_nft),
		NETNS_TEST(test_legacy),
		NETNS_TEST(test_no_tables),
		NETNS_TEST(test_foreign_words),
		NETNS_TEST(test_facts),
	};

	return RUN_TESTS(tests);
}
