/* SPDX-License-Identifier: Apache-2.0 */
#include "planner/cluster-routes.h"

#include <sys/socket.h>

#include "resource/kinds.h"

/*
 * A node's own connections to a service address need some route, although kube-proxy rewrites the address: the kernel
 * looks for one before it does. Where the route leads matters only for addresses that no service has.
 */
void service_routes(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret)
{
	const struct cluster_node *master = cluster_with_role(cluster, ROLE_MASTER);
	bool away = master && master != self;
	unsigned int f;

	/* The second family may have no services. */
	for (f = 0; f < cluster->families; f++)
		if (cluster->service[f].address.family != AF_UNSPEC)
			plan_add(ret, step_route(NULL, &cluster->service[f], away ? &master->mgmt[f].address : NULL,
					      self->interface));
}

void pod_routes(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret)
{
	unsigned int f;
	size_t i;

	for (f = 0; cluster_makes_network(cluster) && f < cluster->families; f++)
		for (i = 0; i < cluster->n_nodes; i++) {
			const struct cluster_node *other = &cluster->nodes[i];

			if (other != self)
				plan_add(ret,
					step_route(NULL, &other->pods[f], &other->mgmt[f].address, self->interface));
		}
}
