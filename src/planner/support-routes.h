/* SPDX-License-Identifier: Apache-2.0 */
/* How a node reaches the name server, the translator and, through it, IPv4. */
#pragma once

#include "base/err.h"
#include "model/cluster.h"
#include "step/plan.h"

/* Append the node's routes. -EINVAL when no node has DNS64 or NAT64. */
int support_routes(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret, struct err *err);
