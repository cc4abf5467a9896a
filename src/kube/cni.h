/* SPDX-License-Identifier: Apache-2.0 */
/* The node's CNI configuration list (CNI specification 1.0.0): bridge or ptp with host-local for its pods, portmap. */
#pragma once

#include "model/cluster.h"

#define CNI_DIRECTORY "/etc/cni/net.d"
#define CNI_FILE CNI_DIRECTORY "/10-lazyjack.conflist"
#define CNI_BRIDGE "br0"

/*
 * Leases stand below /run, so that they go at a reboot as the pods' namespaces do; kept, they use up the subnet (issue
 * 252 of containernetworking/plugins).
 */
#define CNI_STATE_PARENT "/run/lazyjack"
#define CNI_STATE CNI_STATE_PARENT "/cni"

/* Whether pods are ports of CNI_BRIDGE (plugin bridge), or have links of their own (ptp). */
bool cni_has_bridge(const struct cluster *cluster);

/* The text of the list; the caller frees it. `version` is the specification's, as the plugins here support it. */
char *cni_conflist(const struct cluster *cluster, const struct cluster_node *self, const char *version);
