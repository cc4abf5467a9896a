/* SPDX-License-Identifier: Apache-2.0 */
#include "planner/support-routes.h"

#include <errno.h>

#include "resource/kinds.h"

static void add_via_node(const struct cluster_node *self, const struct prefix *destination,
	const struct cluster_node *through, struct plan *ret)
{
	plan_add(ret, step_route(NULL, destination, &through->mgmt[0].address, self->interface));
}

/*
 * Two services on two nodes: the support network is on both, so the address that isn't here is reached by a route of
 * its own, which wins by its length.
 */
static void add_other_service(const struct cluster_node *self, const struct address *address,
	const struct cluster_node *where, struct plan *ret)
{
	struct prefix host = prefix_of_address(address);

	add_via_node(self, &host, where, ret);
}

int support_routes(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret, struct err *err)
{
	const struct cluster_node *dns64 = cluster_with_role(cluster, ROLE_DNS64);
	const struct cluster_node *nat64 = cluster_with_role(cluster, ROLE_NAT64);

	if (dns64 == NULL || nat64 == NULL)
		return err_set(err, EINVAL, "no node has the opmode '%s': give it to one", dns64 ? "nat64" : "dns64");
	if (self == nat64) {
		plan_add(ret, step_route(NULL, &cluster->dns64.prefix, &cluster->nat64.v6, NULL));
		plan_add(ret, step_route(NULL, &cluster->nat64.pool, &cluster->nat64.v4, NULL));
	} else {
		add_via_node(self, &cluster->dns64.prefix, nat64, ret);
		if (self == dns64)
			add_other_service(self, &cluster->nat64.v6, nat64, ret);
		else
			add_via_node(self, &cluster->support6, nat64, ret);
	}
	if (self != dns64 && dns64 != nat64)
		add_other_service(self, &cluster->dns64.v6, dns64, ret);
	return 0;
}
