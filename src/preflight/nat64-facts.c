/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/nat64-facts.h"

#include "base/mem.h"
#include "nat64/loader.h"
#include "nat64/maps.h"
#include "nat64/probe.h"
#include "planner/nat64-engine.h"

static void try_program(struct node *node, struct facts *facts)
{
	_cleanup_free_ char *directory = node_path(node, NAT64_DIRECTORY);
	_cleanup_err_ struct err err = ERR_INIT;

	if (!nat64_is_loaded(directory) && nat64_try(&err) < 0)
		facts->nat64_lacks = mem_strdup(err.msg);
}

void nat64_facts(struct node *node, const struct cluster *cluster, const struct cluster_node *self, struct facts *facts)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct nat64_probe probe = {0};

	if (!nat64_may_use_ebpf(cluster, self))
		return;
	if (nat64_probe(&probe, &err) < 0) {
		facts->nat64_lacks = mem_strdup(err.msg);
		return;
	}
	facts->nat64_device = mem_strdup(probe.device);
	facts->nat64_lacks = mem_strdup(probe.lacks);
	nat64_probe_done(&probe);
	if (facts->nat64_lacks == NULL)
		try_program(node, facts);
	facts->nat64_ebpf = facts->nat64_lacks == NULL;
}
