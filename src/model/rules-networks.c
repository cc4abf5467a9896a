/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>

#include "base/mem.h"
#include "model/rules.h"

enum {
	MTU_DEFAULT = 1500,
	NODE_SUBNET_BITS = 8,	    /* a node's pod subnet is this much longer than the pod network */
	POD_HOST_BITS_MIN = 4,	    /* kubeadm wants room for 14 pods */
	NODE_HOST_BITS_MIN = 2,	    /* host-local takes no subnet behind /30 or /126 */
	NODE_SUBNET_BITS_MAX = 16,  /* kubeadm's limit, where it is the one who cuts the subnets */
	SERVICE_HOST_BITS_MIN = 4,  /* network + 10 is the cluster DNS */
	SERVICE_HOST_BITS_MAX = 20, /* the API server's limit */
	SERVICE_V4_LENGTH_MAX = 23,
	CLUSTER_DNS_HOST = 10,
};

static bool usable_for_hosts(const struct prefix *network)
{
	const struct address *address = &network->address;

	return network->length && !address_is_multicast(address) && !address_is_link_local(address) &&
	       !(address->family == AF_INET && address->bytes[0] == 127) &&
	       !(address->family == AF_INET6 && address_is_unspecified(address));
}

bool rules_network(
	struct rules *rules, const char *key, const struct config_prefix *value, int family, struct prefix *ret)
{
	char text[PREFIX_TEXT_MAX], other[PREFIX_TEXT_MAX];
	struct prefix network;

	if (!value->given)
		return false;
	prefix_text(&value->value, text);
	if (value->value.address.family != family) {
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark, NULL,
			"%s '%s' is an %s network; mode '%s' needs %s here", key, text,
			family_name(value->value.address.family), mode_name(rules->cluster->mode), family_name(family));
		return false;
	}
	network = prefix_network(&value->value);
	prefix_text(&network, other);
	if (!usable_for_hosts(&network)) {
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark,
			"use a unique local or global IPv6 network, or a private or public IPv4 one",
			"%s '%s' is not a network that hosts can have addresses in", key, text);
		return false;
	}
	if (prefix_host_bits(&value->value)) {
		_cleanup_free_ char *hint = mem_printf("did you mean '%s'?", other);

		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark, hint,
			"%s '%s' has bits set behind its /%u; a network has none", key, text, network.length);
	}
	*ret = network;
	return true;
}

static unsigned int host_bits(const struct prefix *network)
{
	return address_bits(&network->address) - network->length;
}

static void take_mgmt(struct rules *rules, const char *key, const struct config_prefix *value, unsigned int f)
{
	struct prefix network;

	if (!rules_network(rules, key, value, rules->family[f], &network))
		return;
	if (host_bits(&network) < 2)
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark, "use a /64, or for IPv4 a /24 or larger",
			"%s is a /%u, which has no room for nodes", key, network.length);
	else
		rules->cluster->mgmt[f] = network;
}

static void take_pod(struct rules *rules, const char *key, const struct config_prefix *value, unsigned int f)
{
	const struct config_number *node_size = &rules->config->pod_net.node_size;
	struct prefix network;
	unsigned long length;
	unsigned int max;

	if (!rules_network(rules, key, value, rules->family[f], &network))
		return;
	if (host_bits(&network) < POD_HOST_BITS_MIN) {
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark, "use a /72, or for IPv4 a /16",
			"%s is a /%u; the longest that kubeadm takes is /%u", key, network.length,
			address_bits(&network.address) - POD_HOST_BITS_MIN);
		return;
	}
	max = address_bits(&network.address) - NODE_HOST_BITS_MIN;
	length = node_size->given && rules->cluster->families == 1 ? node_size->value
								   : network.length + NODE_SUBNET_BITS;
	if (node_size->given && (length <= network.length || length > max)) {
		diagnostics_add(rules->out, SEVERITY_ERROR, node_size->mark, NULL,
			"pod_net.node_size %lu does not fit %s /%u; allowed is %u to %u", node_size->value, key,
			network.length, network.length + 1, max);
	} else if (length > max) {
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark,
			"use a larger pod network, or a pod_net.node_size of your own",
			"%s is a /%u, so that a node's subnet would be a /%lu; the longest that has room for pods is "
			"/%u",
			key, network.length, length, max);
	} else if (!cluster_makes_network(rules->cluster) && length > network.length + NODE_SUBNET_BITS_MAX) {
		diagnostics_add(rules->out, SEVERITY_ERROR, node_size->mark, NULL,
			"pod_net.node_size %lu is too far from %s /%u: with general.plugin '%s' kubeadm cuts the "
			"subnets, which may be %d bits longer at most",
			length, key, network.length, rules->cluster->plugin, NODE_SUBNET_BITS_MAX);
	} else {
		rules->node_length[f] = (unsigned int)length;
	}
	rules->cluster->pod[f] = network;
}

static void take_service(struct rules *rules, const char *key, const struct config_prefix *value, unsigned int f)
{
	struct cluster *cluster = rules->cluster;
	unsigned int bits, longest, shortest;
	struct prefix network;

	if (!rules_network(rules, key, value, rules->family[f], &network))
		return;
	bits = address_bits(&network.address);
	longest = bits == 32 ? SERVICE_V4_LENGTH_MAX : bits - SERVICE_HOST_BITS_MIN;
	shortest = bits - SERVICE_HOST_BITS_MAX;
	cluster->service[f] = network;
	if (network.length >= shortest && network.length <= longest)
		prefix_host(&network, CLUSTER_DNS_HOST, &cluster->cluster_dns[f]);
	else
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark,
			bits == 32 ? "the API server takes at most 20 host bits, and a cluster needs more than a /24"
				   : "the API server takes at most 20 host bits, and the cluster DNS is address 10",
			"%s is a /%u; allowed for %s is /%u to /%u", key, network.length, family_name(rules->family[f]),
			shortest, longest);
}

void rules_networks(struct rules *rules)
{
	const struct config *config = rules->config;

	take_mgmt(rules, "mgmt_net.cidr", &config->mgmt_net.cidr, 0);
	take_pod(rules, "pod_net.cidr", &config->pod_net.cidr, 0);
	take_service(rules, "service_net.cidr", &config->service_net.cidr, 0);
	if (rules->cluster->families == 2) {
		take_mgmt(rules, "mgmt_net.cidr2", &config->mgmt_net.cidr2, 1);
		take_pod(rules, "pod_net.cidr2", &config->pod_net.cidr2, 1);
		take_service(rules, "service_net.cidr2", &config->service_net.cidr2, 1);
	}
	rules->cluster->mtu = config->pod_net.mtu.given ? (unsigned int)config->pod_net.mtu.value : MTU_DEFAULT;
}
