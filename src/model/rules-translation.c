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

/* For the engine ebpf: the network is reserved (RFC 1112 section 4), which Linux forwards all the same. */
static void take_overflow(struct rules *rules)
{
	const struct config_prefix *value = &rules->config->nat64.overflow_cidr;
	struct prefix *overflow = &rules->cluster->nat64.overflow;
	char text[PREFIX_TEXT_MAX];

	if (!value->given)
		prefix_parse(NAT64_OVERFLOW_DEFAULT, overflow);
	else if (rules_network(rules, "nat64.overflow_cidr", value, AF_INET, overflow) &&
		 (overflow->length < 8 || overflow->length > 30))
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark, "one such as " NAT64_OVERFLOW_DEFAULT,
			"nat64.overflow_cidr '%s' is no network of /8 to /30", prefix_text(overflow, text));
}

static void take_nat64(struct rules *rules)
{
	const struct config_text *engine = &rules->config->nat64.engine, *image = &rules->config->nat64.image;
	const struct config_text *deny = &rules->config->nat64.deny;
	struct cluster *cluster = rules->cluster;
	int n;

	take_pool(rules);
	take_overflow(rules);
	take_server(rules, "nat64.v4_ip", &rules->config->nat64.v4_ip, "support_net.v4cidr", &cluster->support4,
		&cluster->support4_gateway, &cluster->nat64.v4);
	take_server(rules, "nat64.ip", &rules->config->nat64.ip, "support_net.cidr", &cluster->support6,
		&cluster->support6_gateway, &cluster->nat64.v6);
	cluster->nat64.engine = mem_strdup(engine->given ? engine->value : "auto");
	n = config_networks(
		deny->given ? deny->value : NAT64_DENY_DEFAULT, AF_INET, cluster->nat64.denied, CONFIG_NETWORKS_MAX);
	cluster->nat64.n_denied = n > 0 ? (size_t)n : 0;
	cluster->nat64.image = mem_strdup(image->given ? image->value : NAT64_IMAGE);
}

/* What tayga drops behind the well-known prefix: private, link-local, for tests and examples, reserved. */
static bool is_public(const struct address *v4)
{
	static const struct prefix others[] = {
		{{AF_INET, {10}}, 8},
		{{AF_INET, {169, 254}}, 16},
		{{AF_INET, {172, 16}}, 12},
		{{AF_INET, {192, 0, 2}}, 24},
		{{AF_INET, {192, 168}}, 16},
		{{AF_INET, {198, 18}}, 15},
		{{AF_INET, {198, 51, 100}}, 24},
		{{AF_INET, {203, 0, 113}}, 24},
		{{AF_INET, {240}}, 4},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (prefix_contains_address(&others[i], v4))
			return false;
	return true;
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
		rfc6052_is_well_known(&cluster->dns64.prefix) && !is_public(&value->value))
		diagnostics_add(rules->out, SEVERITY_ERROR, value->mark,
			"take a prefix of your own for dns64.cidr, or a public name server",
			"dns64.remote_server '%s' is not public; the translator drops such addresses behind the "
			"well-known prefix '64:ff9b::/96' (RFC 6052 section 3.1)",
			text);
}

/* Addresses that begin with a zero octet are IETF's; tayga takes but one prefix out of them. */
static void check_prefix(struct rules *rules, const struct config_prefix *prefix)
{
	const struct prefix *value = &prefix->value;
	char text[PREFIX_TEXT_MAX];

	if (!rfc6052_length_ok(value->length))
		diagnostics_add(rules->out, SEVERITY_ERROR, prefix->mark, "/96 is usual",
			"dns64.cidr is a /%u; allowed is /32, /40, /48, /56, /64 or /96", value->length);
	else if (value->length == 96 && value->address.bytes[8])
		diagnostics_add(rules->out, SEVERITY_ERROR, prefix->mark,
			"bits 64 to 71 are reserved (RFC 6052 section 2.2)",
			"dns64.cidr has bits set between 64 and 71, which must be zero");
	else if (value->address.bytes[0] == 0 && !rfc6052_is_well_known(value))
		diagnostics_add(rules->out, SEVERITY_ERROR, prefix->mark,
			"take '64:ff9b::/96', or a prefix of your own network",
			"dns64.cidr '%s' lies in the reserved block '::/8', out of which the translator takes "
			"'64:ff9b::/96' only",
			prefix_text(value, text));
}

static void take_dns64(struct rules *rules)
{
	const struct config *config = rules->config;
	const struct config_prefix *prefix = &config->dns64.cidr;
	struct cluster *cluster = rules->cluster;

	take_server(rules, "dns64.ip", &config->dns64.ip, "support_net.cidr", &cluster->support6,
		&cluster->support6_gateway, &cluster->dns64.v6);
	if (rules_network(rules, "dns64.cidr", prefix, AF_INET6, &cluster->dns64.prefix))
		check_prefix(rules, prefix);
	take_remote_server(rules);
	cluster->dns64.image = mem_strdup(config->dns64.image.given ? config->dns64.image.value : DNS64_IMAGE);
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
