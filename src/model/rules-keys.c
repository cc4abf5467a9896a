/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "model/rules.h"

enum {
	V6 = 1 << MODE_IPV6,
	V4 = 1 << MODE_IPV4,
	DUAL = 1 << MODE_DUAL_STACK,
	NONE = 0,
	ALL = V6 | V4 | DUAL,
};

struct key {
	const char *name;
	bool given;
	struct mark mark;     /* line 0: not in the file. It is set for a value that was refused already, too */
	unsigned int needed;  /* in these modes */
	unsigned int allowed; /* in these modes */
	const char *what;
};

/* A missing key has no place; the first key of its section is where a reader would add it. */
static struct mark section_mark(const struct key *keys, size_t n, const char *name)
{
	size_t section = strcspn(name, ".") + 1, i;
	struct mark first = {0, 0};

	for (i = 0; i < n; i++)
		if (keys[i].mark.line && strncmp(keys[i].name, name, section) == 0 &&
			(first.line == 0 || keys[i].mark.line < first.line))
			first = keys[i].mark;
	return first;
}

void rules_keys(struct rules *rules)
{
	const struct config *c = rules->config;
#define KEY(section, key) #section "." #key, c->section.key.given, c->section.key.mark
	const struct key keys[] = {
		{KEY(mgmt_net, cidr), ALL, ALL, "the network of the nodes' management addresses"},
		{KEY(mgmt_net, cidr2), DUAL, DUAL, "the management network of the other family"},
		{KEY(pod_net, cidr), ALL, ALL, "the network that the nodes' pod subnets are cut from"},
		{KEY(pod_net, cidr2), DUAL, DUAL, "the pod network of the other family"},
		{KEY(pod_net, mtu), NONE, ALL, "the largest packet between nodes"},
		{KEY(pod_net, node_size), NONE, V6 | V4, "one length for two families"},
		{KEY(service_net, cidr), ALL, ALL, "the network of the cluster's service addresses"},
		{KEY(service_net, cidr2), NONE, DUAL, "the service network of the other family"},
		{KEY(support_net, cidr), V6, V6, "the IPv6 network of the DNS64 and NAT64 servers"},
		{KEY(support_net, v4cidr), V6, V6, "the IPv4 network of the NAT64 server"},
		{KEY(nat64, v4_cidr), V6, V6, "the IPv4 addresses that stand for IPv6 hosts"},
		{KEY(nat64, v4_ip), V6, V6, "the NAT64 server's own IPv4 address"},
		{KEY(nat64, ip), V6, V6, "the NAT64 server's own IPv6 address"},
		{KEY(nat64, engine), NONE, V6, "the program that translates"},
		{KEY(dns64, remote_server), V6, V6, "the IPv4 name server that queries are forwarded to"},
		{KEY(dns64, cidr), V6, V6, "the prefix that IPv4 addresses are embedded in"},
		{KEY(dns64, ip), V6, V6, "the DNS64 server's own address"},
		{KEY(dns64, allow_aaaa_use), NONE, V6, "what is done with native IPv6 addresses"},
	};
#undef KEY
	const char *mode = mode_name(rules->cluster->mode);
	unsigned int bit = 1U << rules->cluster->mode;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		const struct key *key = &keys[i];

		if (key->given && !(key->allowed & bit))
			diagnostics_add(rules->out, SEVERITY_ERROR, key->mark, "take it out, or change general.mode",
				"%s (%s) has no meaning in mode '%s'", key->name, key->what, mode);
		if (key->mark.line == 0 && (key->needed & bit))
			diagnostics_add(rules->out, SEVERITY_ERROR, section_mark(keys, ARRAY_SIZE(keys), key->name),
				key->what, "%s is missing; mode '%s' needs it", key->name, mode);
	}
}
