/* SPDX-License-Identifier: Apache-2.0 */
/* Which engine translates: the one that nat64.engine names, or with "auto" the better one that the machine can run. */
#pragma once

#include "model/cluster.h"
#include "planner/facts.h"

/* "auto" leaves a cluster whose services run in containers to its containers. */
bool nat64_uses_ebpf(const struct cluster *cluster, const struct facts *facts);

/* False where nothing depends on what the kernel can do: no NAT64 on the node, or tayga is asked for. */
bool nat64_may_use_ebpf(const struct cluster *cluster, const struct cluster_node *self);
