/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each verb means for a node: the model and the facts in, an ordered plan of steps out. Pure: nothing is looked at
 * or touched, so what a verb would do is known, and tested, without a machine.
 */
#pragma once

#include "base/err.h"
#include "model/cluster.h"
#include "planner/facts.h"
#include "step/plan.h"

/*
 * `prepare`: everything below Kubernetes that `self`'s roles need: sysctls, management address, DNS64 and NAT64,
 * routes, hosts file, resolver, kubeadm.conf, and the unit that restores it all after a reboot. `*ret` must be empty
 * (PLAN_INIT) and is the caller's either way. -ENOENT: a fact that the node's roles need is missing (a program);
 * -EINVAL: the cluster cannot be built this way (a runtime or mode that is not there), the message says what to change.
 */
int plan_prepare(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	struct plan *ret, struct err *err);

/* `up --no-kubeadm`: CNI configuration, bridge, masquerade, routes to the other nodes' pods, kubelet. */
int plan_up_network(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	struct plan *ret, struct err *err);

/* `up`: the same, and on masters and minions membership in the cluster by kubeadm. */
int plan_up(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts, struct plan *ret,
	struct err *err);
