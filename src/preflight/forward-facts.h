/* SPDX-License-Identifier: Apache-2.0 */
/* Whose chains would drop what pods of different nodes send each other. */
#pragma once

#include "model/cluster.h"
#include "planner/facts.h"
#include "resource/node.h"

/*
 * Fill in facts->forward_program for the cluster's families, where lazyjack makes the pods' network. It looks for who
 * has the chain, not for what it does by now, so that the answer doesn't depend on the rules that a run has put there.
 */
void forward_facts(const struct node *node, const struct cluster *cluster, struct facts *facts);
