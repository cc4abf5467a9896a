/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the kernel can run the eBPF translator. */
#pragma once

#include "model/cluster.h"
#include "planner/facts.h"
#include "resource/node.h"

/*
 * Fill in the nat64_ facts, where they matter. What is loaded already is not tried again, so that the answer doesn't
 * depend on what a run has changed.
 */
void nat64_facts(
	struct node *node, const struct cluster *cluster, const struct cluster_node *self, struct facts *facts);
