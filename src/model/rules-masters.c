/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>

#include "base/mem.h"
#include "model/rules.h"
#include "net/endpoint.h"

/* etcd goes on while more than half of its members do, so that a second one only adds something that can fail. */
enum { MASTERS_FRAGILE = 2 };

static void check_family(struct rules *rules, const struct endpoint *endpoint)
{
	int family = endpoint->address.family;

	if (family != AF_UNSPEC && rules->cluster->mode != MODE_DUAL_STACK && family != rules->family[0])
		diagnostics_add(rules->out, SEVERITY_ERROR, rules->config->general.endpoint.mark, NULL,
			"general.control-plane-endpoint '%s' is an %s address, which no node of mode '%s' reaches",
			endpoint->host, family_name(family), mode_name(rules->cluster->mode));
}

/* Pods and services are behind the nodes: nothing that comes before the cluster can have their addresses. */
static void check_inside(
	struct rules *rules, const struct endpoint *endpoint, const struct prefix *network, const char *key)
{
	if (network->address.family == AF_UNSPEC || !prefix_contains_address(network, &endpoint->address))
		return;
	diagnostics_add(rules->out, SEVERITY_ERROR, rules->config->general.endpoint.mark,
		"give it an address of mgmt_net, or of a load balancer elsewhere",
		"general.control-plane-endpoint '%s' is an address of %s", endpoint->host, key);
}

static void take_endpoint(struct rules *rules)
{
	const struct config_text *given = &rules->config->general.endpoint;
	_cleanup_str_ struct str text = STR_INIT;
	struct cluster *cluster = rules->cluster;
	struct endpoint endpoint;
	unsigned int f;

	if (!given->given || endpoint_parse(given->value, &endpoint) < 0)
		return;
	endpoint_text(&endpoint, &text);
	cluster->endpoint = str_take(&text);
	check_family(rules, &endpoint);
	for (f = 0; f < cluster->families; f++) {
		check_inside(rules, &endpoint, &cluster->pod[f], f ? "pod_net.cidr2" : "pod_net.cidr");
		check_inside(rules, &endpoint, &cluster->service[f], f ? "service_net.cidr2" : "service_net.cidr");
	}
}

/* An address that one of them alone has goes with it. */
static void check_shared(struct rules *rules)
{
	const struct cluster *cluster = rules->cluster;
	struct endpoint endpoint;
	size_t i;

	if (cluster->endpoint == NULL || endpoint_parse(cluster->endpoint, &endpoint) < 0 ||
		endpoint.address.family == AF_UNSPEC)
		return;
	for (i = 0; i < cluster->n_nodes * cluster->families; i++) {
		const struct cluster_node *node = &cluster->nodes[i / cluster->families];

		if (node->roles & ROLE_MASTER &&
			address_equal(&node->mgmt[i % cluster->families].address, &endpoint.address))
			diagnostics_add(rules->out, SEVERITY_WARNING, rules->config->general.endpoint.mark,
				"name a load balancer, or an address that moves among the masters",
				"general.control-plane-endpoint '%s' is the address of '%s' alone: when it fails, no "
				"node finds the other masters",
				endpoint.host, node->name);
	}
}

static void check_several(struct rules *rules, size_t masters)
{
	const struct config *config = rules->config;

	if (rules->cluster->insecure)
		diagnostics_add(rules->out, SEVERITY_ERROR, config->general.insecure.mark,
			"take general.insecure out, and run 'lazyjack init'",
			"several masters give each other the cluster's keys, which needs a key that only they have; "
			"general.insecure makes none");
	if (masters == MASTERS_FRAGILE)
		diagnostics_add(rules->out, SEVERITY_WARNING, config->topology_mark, "take one, or three",
			"with two masters the cluster stands still when either fails: etcd needs more than half of "
			"its members");
	check_shared(rules);
}

void rules_masters(struct rules *rules, bool roles_known)
{
	const struct config *config = rules->config;
	size_t masters = cluster_count(rules->cluster, ROLE_MASTER);

	if (config->general.certificate_key.given)
		rules->cluster->certificate_key = mem_strdup(config->general.certificate_key.value);
	take_endpoint(rules);
	if (masters > 1 && config->general.endpoint.mark.line)
		check_several(rules, masters);
	else
		rules_one(rules, ROLE_MASTER, roles_known,
			"let one host have the role, or name where the masters answer as one with "
			"general.control-plane-endpoint");
}
