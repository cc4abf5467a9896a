/* SPDX-License-Identifier: Apache-2.0 */
/* The support network: the bridge on a node that its DNS64 and NAT64 services are ports of. */
#pragma once

#include "model/cluster.h"
#include "step/plan.h"

#define SUPPORT_BRIDGE "lj-support"

/*
 * Bridge and gateway addresses; where NAT64 is, also IPv4 forwarding and the masquerade through which translated
 * packets leave the node.
 */
void support_network(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret);

/* The last alone. */
void support_masquerade(const struct cluster *cluster, struct plan *ret);
