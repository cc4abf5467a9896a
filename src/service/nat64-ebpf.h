/* SPDX-License-Identifier: Apache-2.0 */
/* NAT64 in the kernel: the same place in the network as tayga's, with an eBPF program on the device (doc/NAT64.md). */
#pragma once

#include "model/cluster.h"
#include "step/plan.h"

/*
 * `device_type` is what the device is made as ("dummy", "ifb"); `program` is lazyjack's own path, for the timer that
 * gives addresses back.
 */
void nat64_ebpf(const struct cluster *cluster, const struct cluster_node *self, const char *device_type,
	const char *program, struct plan *ret);
