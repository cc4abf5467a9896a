/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/cni.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

bool cni_has_bridge(const struct cluster *cluster)
{
	return str_eq(cluster->plugin, "bridge");
}

/* One range set a family: host-local takes one address from each set. */
static json_t *ranges(const struct cluster *cluster, const struct cluster_node *self)
{
	json_t *sets = json_array();
	unsigned int i;

	for (i = 0; i < cluster->families; i++) {
		char subnet[PREFIX_TEXT_MAX], gateway[ADDRESS_TEXT_MAX];
		struct address first;

		if (prefix_host(&self->pods[i], 1, &first) < 0)
			abort(); /* the model lets no subnet through that has no room for an address */
		json_array_append_new(sets, json_make("[{s:s,s:s}]", "subnet", prefix_text(&self->pods[i], subnet),
						    "gateway", address_text(&first, gateway)));
	}
	return sets;
}

/* A default route for each family, through the gateway of its range. */
static json_t *default_routes(const struct cluster *cluster)
{
	json_t *routes = json_array();
	unsigned int i;

	for (i = 0; i < cluster->families; i++)
		json_array_append_new(routes,
			json_make("{s:s}", "dst", cluster->pod[i].address.family == AF_INET6 ? "::/0" : "0.0.0.0/0"));
	return routes;
}

/*
 * isDefaultGateway adds each family's default route. Naming them in ipam.routes as well makes the plugin add them twice
 * and fail, unless a gateway stands there too. ipMasq would hide a pod's address from the pods of other nodes;
 * lazyjack's own nftables tables masquerade only what leaves the cluster.
 */
static json_t *bridge(const struct cluster *cluster, json_t *ipam)
{
	return json_make("{s:s,s:s,s:b,s:b,s:b,s:i,s:o}", "type", "bridge", "bridge", CNI_BRIDGE, "isDefaultGateway", 1,
		"ipMasq", 0, "hairpinMode", 1, "mtu", (int)cluster->mtu, "ipam", ipam);
}

/* A pair of links for each pod, with a route to it; default routes are the address management's to name. */
static json_t *point_to_point(const struct cluster *cluster, json_t *ipam)
{
	json_object_set_new(ipam, "routes", default_routes(cluster));
	return json_make("{s:s,s:b,s:i,s:o}", "type", "ptp", "ipMasq", 0, "mtu", (int)cluster->mtu, "ipam", ipam);
}

char *cni_conflist(const struct cluster *cluster, const struct cluster_node *self, const char *version)
{
	json_t *ipam =
		json_make("{s:s,s:s,s:o}", "type", "host-local", "dataDir", CNI_STATE, "ranges", ranges(cluster, self));
	json_t *attach = cni_has_bridge(cluster) ? bridge(cluster, ipam) : point_to_point(cluster, ipam);
	json_t *portmap = json_make("{s:s,s:{s:b}}", "type", "portmap", "capabilities", "portMappings", 1);
	_cleanup_json_ json_t *list =
		json_make("{s:s,s:s,s:[o,o]}", "cniVersion", version, "name", "lazyjack", "plugins", attach, portmap);
	_cleanup_free_ char *text = json_dumps(list, JSON_INDENT(2) | JSON_PRESERVE_ORDER);

	if (text == NULL)
		mem_die();
	return mem_printf("%s\n", text);
}
