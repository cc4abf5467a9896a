/* SPDX-License-Identifier: Apache-2.0 */
/* How a node reaches services and the pods of other nodes. */
#pragma once

#include "model/cluster.h"
#include "step/plan.h"

/* Append the node's route to the service network of each family that has one. */
void service_routes(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret);

/* Append its routes to the other nodes' pods, of each family; none where a plugin brings its own network. */
void pod_routes(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret);
