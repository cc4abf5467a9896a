/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/rules.h"
#include "net/rfc6052.h"

/* A /30 has room for the gateway and one server, but the pool must lie inside as well; a /126 for both servers. */
enum {
	SUPPORT_V6_LENGTH_MAX = 126,
	SUPPORT_V4_LENGTH_MAX = 28,
};

static void take_support(struct rules *rules, const char *key, const struct config_prefix *value, int family,
	unsigned int longest, struct prefix *ret, struct address *ret_gateway)
{
	struct prefix network;

	if (!rules_network(rules, key, value, family, &network))
		return;
	if (network.length > longest) {
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark, NULL,
			"%s is a /%u, which is too small; at most /%u is allowed", key, network.length, longest);
		return;
	}
	*ret = network;
	prefix_host(ret, 1, ret_gateway);
}

/* The network's first address (for IPv6 the subnet-router anycast address, RFC 4291 section 2.6.1) and IPv4's last. */
static bool is_reserved(const struct prefix *network, const struct address *address)
{
	struct address next;

	if (address_equal(&network->address, address))
		return true;
	return address->family == AF_INET &&
	       (address_add(address, 1, 0, &next) < 0 || !prefix_contains_address(network, &next));
}

/* A server's own address: in the support network, and neither reserved nor the gateway. */
static void take_server(struct rules *rules, const char *key, const struct config_address *value,
	const char *network_key, const struct prefix *network, const struct address *gateway, struct address *ret)
{
	char text[ADDRESS_TEXT_MAX], other[PREFIX_TEXT_MAX];

	if (!value->given || network->address.family == AF_UNSPEC)
		return;
	address_text(&value->value, text);
	prefix_text(network, other);
	if (!prefix_contains_address(network, &value->value))
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark, NULL, "%s '%s' lies outside %s '%s'", key,
			text, network_key, other);
	else if (address_equal(gateway, &value->value))
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark, "take any other address of the network",
			"%s '%s' is the gateway of %s '%s'", key, text, network_key, other);
	else if (is_reserved(network, &value->value))
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark, "take any other address of the network",
			"%s '%s' is a reserved address of %s '%s'", key, text, network_key, other);
	else
		*ret = value->value;
}

static void take_pool(struct rules *rules)
{
	const struct config_prefix *value = &rules->config->nat64.v4_cidr;
	struct cluster *cluster = rules->cluster;
	char text[PREFIX_TEXT_MAX], other[PREFIX_TEXT_MAX];
	struct prefix pool;

	if (!rules_network(rules, "nat64.v4_cidr", value, AF_INET, &pool))
		return;
	cluster->nat64.pool = pool;
	if (cluster->support4.address.family == AF_UNSPEC)
		return;
	prefix_text(&pool, text);
	prefix_text(&cluster->support4, other);
	if (!prefix_contains(&cluster->support4, &pool))
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark, NULL,
			"nat64.v4_cidr '%s' lies outside support_net.v4cidr '%s'", text, other);
	else if (prefix_contains_address(&pool, &cluster->support4_gateway))
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark, "take the upper half of the network",
			"nat64.v4_cidr '%s' holds the gateway of support_net.v4cidr '%s'", text, other);
}

static void take_nat64(struct rules *rules)
{
	const struct config_text *engine = &rules->config->nat64.engine;
	struct cluster *cluster = rules->cluster;

	take_pool(rules);
	take_server(rules, "nat64.v4_ip", &rules->config->nat64.v4_ip, "support_net.v4cidr", &cluster->support4,
		&cluster->support4_gateway, &cluster->nat64.v4);
	take_server(rules, "nat64.ip", &rules->config->nat64.ip, "support_net.cidr", &cluster->support6,
		&cluster->support6_gateway, &cluster->nat64.v6);
	if (engine->given && str_eq(engine->value, "ebpf"))
		diagnostics_add(rules->out, SEVERITY_ERROR, engine->mark, "use 'tayga', or leave the key out",
			"nat64.engine 'ebpf' is not available in this version");
	cluster->nat64.engine = mem_strdup("tayga");
}

static bool is_private(const struct address *v4)
{
	const uint8_t *b = v4->bytes;

	return b[0] == 10 || (b[0] == 172 && b[1] >> 4 == 1) || (b[0] == 192 && b[1] == 168);
}

static bool is_well_known(const struct prefix *prefix)
{
	static const struct prefix well_known = {{AF_INET6, {0x00, 0x64, 0xff, 0x9b}}, 96};

	return prefix_equal(&well_known, prefix);
}

static void take_remote_server(struct rules *rules)
{
	const struct config_address *value = &rules->config->dns64.remote_server;
	struct cluster *cluster = rules->cluster;
	char text[ADDRESS_TEXT_MAX];

	if (!value->given)
		return;
	address_text(&value->value, text);
	if (address_is_unspecified(&value->value) || address_is_multicast(&value->value) ||
		value->value.bytes[0] == 127) {
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark,
			"give the IPv4 address of a name server that the NAT64 node reaches",
			"dns64.remote_server '%s' is not an IPv4 address that NAT64 can reach", text);
		return;
	}
	if (prefix_contains_address(&cluster->support4, &value->value))
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark,
			"give the address of a name server outside the cluster",
			"dns64.remote_server '%s' lies inside support_net.v4cidr, where no name server is", text);
	cluster->dns64.remote_server = value->value;
	if (rfc6052_embed(&cluster->dns64.prefix, &value->value, &cluster->dns64.forwarder) == 0 &&
		is_well_known(&cluster->dns64.prefix) && is_private(&value->value))
		diagnostics_add(rules->out, SEVERITY_WARNING, value->mark,
			"take a prefix of your own for dns64.cidr, or a public name server",
			"dns64.remote_server '%s' is private, and the well-known prefix stands for public addresses "
			"only",
			text);
}

static void take_dns64(struct rules *rules)
{
	const struct config *config = rules->config;
	const struct config_prefix *prefix = &config->dns64.cidr;
	struct cluster *cluster = rules->cluster;

	take_server(rules, "dns64.ip", &config->dns64.ip, "support_net.cidr", &cluster->support6,
		&cluster->support6_gateway, &cluster->dns64.v6);
	if (rules_network(rules, "dns64.cidr", prefix, AF_INET6, &cluster->dns64.prefix)) {
		if (!rfc6052_length_ok(prefix->value.length))
			diagnostics_add(rules->out, SEVERITY_ERROR, prefix->mark, "/96 is usual",
				"dns64.cidr is a /%u; allowed is /32, /40, /48, /56, /64 or /96", prefix->value.length);
		else if (prefix->value.length == 96 && prefix->value.address.bytes[8])
			diagnostics_add(rules->out, SEVERITY_ERROR, prefix->mark,
				"bits 64 to 71 are reserved (RFC 6052 section 2.2)",
				"dns64.cidr has bits set between 64 and 71, which must be zero");
	}
	take_remote_server(rules);
	cluster->dns64.allow_aaaa = config->dns64.allow_aaaa_use.given && config->dns64.allow_aaaa_use.value;
	if (cluster->dns64.v6.family != AF_UNSPEC && address_equal(&cluster->dns64.v6, &cluster->nat64.v6)) {
		char text[ADDRESS_TEXT_MAX];

		diagnostics_add(rules->out, SEVERITY_ERROR, config->dns64.ip.mark,
			"give each server an address of its own",
			"dns64.ip '%s' is the address of nat64.ip (line %u) as well",
			address_text(&cluster->dns64.v6, text), config->nat64.ip.mark.line);
	}
}

void rules_translation(struct rules *rules)
{
	const struct config *config = rules->config;
	struct cluster *cluster = rules->cluster;

	if (cluster->mode != MODE_IPV6)
		return;
	take_support(rules, "support_net.cidr", &config->support_net.cidr, AF_INET6, SUPPORT_V6_LENGTH_MAX,
		&cluster->support6, &cluster->support6_gateway);
	take_support(rules, "support_net.v4cidr", &config->support_net.v4cidr, AF_INET, SUPPORT_V4_LENGTH_MAX,
		&cluster->support4, &cluster->support4_gateway);
	take_nat64(rules);
	take_dns64(rules);
}
