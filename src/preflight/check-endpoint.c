/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/mem.h"
#include "preflight/checks.h"
#include "resource/api-server.h"

static bool answers(const struct cluster_node *node)
{
	struct endpoint endpoint = {.address = node->mgmt[0].address, .port = API_SERVER_PORT};

	address_text(&endpoint.address, endpoint.host);
	return api_server_connect(&endpoint, NULL) == 0;
}

/* `kubeadm init` would overwrite what the cluster knows of itself, with the others' members in it. */
static void check_others(const struct preflight *what, const struct check *check, struct findings *findings)
{
	const struct cluster *cluster = what->cluster;
	size_t i;

	for (i = 0; i < cluster->n_nodes; i++) {
		const struct cluster_node *node = &cluster->nodes[i];
		_cleanup_free_ char *cure = NULL;

		if (node == what->self || !(node->roles & ROLE_MASTER) || !answers(node))
			continue;
		cure = mem_printf(
			"to take this node in again, put '%s' before it in the topology, copy the file to all "
			"nodes, then 'lazyjack prepare' and 'up'",
			node->name);
		findings_add(findings, check, SEVERITY_ERROR, cure,
			"an API server answers on '%s': the cluster is there already, and 'kubeadm init' would begin "
			"another one in its place",
			node->name);
		return;
	}
}

/*
 * `kubeadm init` waits for its own API server where the endpoint says, so that what stands in front of it has to be
 * there first. Nobody listens behind it yet: a refusal is as good as an answer, and some load balancers give neither.
 */
int check_endpoint(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	const struct cluster *cluster = what->cluster;
	_cleanup_err_ struct err reason = ERR_INIT;
	struct endpoint endpoint;
	int r;

	if (!what->kubeadm || what->member || cluster->endpoint == NULL ||
		what->self != cluster_with_role(cluster, ROLE_MASTER) ||
		endpoint_parse(cluster->endpoint, &endpoint) < 0)
		return 0;
	r = api_server_connect(&endpoint, &reason);
	if (r < 0 && r != -ECONNREFUSED)
		findings_add(findings, check, r == -ENXIO ? SEVERITY_ERROR : SEVERITY_WARNING,
			r == -ENXIO ? "make it known to every node, or name an address"
				    : "set up the load balancer, or put the address on this node, before kubeadm runs",
			"general.control-plane-endpoint: %s", reason.msg);
	check_others(what, check, findings);
	return 0;
}
