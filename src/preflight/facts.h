/* SPDX-License-Identifier: Apache-2.0 */
/* Look at the machine once, so that planners need not. Nothing is changed, no other machine is asked. */
#pragma once

#include "base/err.h"
#include "model/cluster.h"
#include "planner/facts.h"
#include "resource/node.h"

/*
 * Gather what planners have to know. `self` is the node of the cluster that this machine is. What is missing is a fact
 * too (NULL, false): preflight_run() judges it. On success `ret` is the caller's: facts_done().
 */
int facts_gather(struct node *node, const struct cluster *cluster, const struct cluster_node *self, struct facts *ret,
	struct err *err);
