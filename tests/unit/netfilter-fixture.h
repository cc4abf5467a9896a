/* SPDX-License-Identifier: Apache-2.0 */
/* Packet filters in a network namespace of the test's own. */
#pragma once

#include <sched.h>

#include "base/run.h"
#include "step-fixture.h"

/* A network namespace of the test's own, and a node whose root is the machine's: only /proc/net is read there. */
static inline int own_namespace(void **unused)
{
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	node = node_new("");
	return 0;
}

static inline int free_node(void **unused)
{
	node_free(node);
	return 0;
}

#define NETNS_TEST(test) cmocka_unit_test_setup_teardown(test, own_namespace, free_node)

/* Run a program with its arguments in one text, "iptables-nft -t nat -N X". */
static inline void run(const char *command, struct str *ret_out)
{
	_cleanup_free_ char *copy = mem_strdup(command);
	const char *argv[32] = {NULL};
	const struct run_options options = {.argv = argv};
	_cleanup_err_ struct err err = ERR_INIT;
	char *p = copy, *word;
	size_t n = 0;

	while ((word = strsep(&p, " ")) != NULL)
		argv[n++] = word;
	if (run_checked(&options, ret_out, &err) < 0)
		fail_msg("%s", err.msg);
}

/* All of nftables. */
static inline char *ruleset(void)
{
	struct str out = STR_INIT;

	run("nft -s list ruleset", &out);
	return str_take(&out);
}
