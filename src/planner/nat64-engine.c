/* SPDX-License-Identifier: Apache-2.0 */
#include "planner/nat64-engine.h"

#include "base/str.h"

bool nat64_may_use_ebpf(const struct cluster *cluster, const struct cluster_node *self)
{
	if (cluster->mode != MODE_IPV6 || !(self->roles & ROLE_NAT64))
		return false;
	return str_eq(cluster->nat64.engine, "ebpf") ||
	       (str_eq(cluster->nat64.engine, "auto") && str_eq(cluster->runtime, "host"));
}

bool nat64_uses_ebpf(const struct cluster *cluster, const struct facts *facts)
{
	if (str_eq(cluster->nat64.engine, "ebpf"))
		return true;
	return str_eq(cluster->nat64.engine, "auto") && str_eq(cluster->runtime, "host") && facts->nat64_ebpf;
}
