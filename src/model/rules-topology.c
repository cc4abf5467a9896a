/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/rules.h"

/* A node's name is the value of its label kubernetes.io/hostname as well, and that is what a label has room for. */
enum { NODE_NAME_MAX = 63 };

static const char *const role_words[] = {"master", "control-plane", "minion", "worker", "dns64", "nat64"};
static const enum role word_roles[] = {ROLE_MASTER, ROLE_MASTER, ROLE_MINION, ROLE_MINION, ROLE_DNS64, ROLE_NAT64};

const char *role_name(enum role role)
{
	switch (role) {
	case ROLE_MASTER:
		return "master";
	case ROLE_MINION:
		return "minion";
	case ROLE_DNS64:
		return "dns64";
	case ROLE_NAT64:
		return "nat64";
	}
	return "none";
}

/* The role of one word, 0 when there is no such role. */
static unsigned int role_of(const char *word, size_t n)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(role_words); i++)
		if (strlen(role_words[i]) == n && strncasecmp(role_words[i], word, n) == 0)
			return word_roles[i];
	return 0;
}

static void report_word(struct rules *rules, const struct config_host *host, const char *word, size_t n)
{
	_cleanup_free_ char *text = mem_strndup(word, n < 64 ? n : 64), *hint = NULL;
	const char *nearest = str_nearest(text, role_words, ARRAY_SIZE(role_words));

	hint = nearest ? mem_printf("did you mean '%s'?", nearest)
		       : mem_strdup("roles are master, minion, dns64 and nat64, separated by blanks");
	diagnostics_add(rules->out, SEVERITY_ERROR, host->opmodes.mark, hint, "host '%s' has an unknown role '%s'",
		host->name, text);
}

/* False when a word is unknown, so that a role may be missing only because it is misspelt. */
static bool take_roles(struct rules *rules, const struct config_host *host, struct cluster_node *node)
{
	static const char blanks[] = " \t\n";
	const char *word = host->opmodes.given ? host->opmodes.value : "";
	bool known = true;

	for (word += strspn(word, blanks); *word; word += strspn(word, blanks)) {
		size_t n = strcspn(word, blanks);
		unsigned int role = role_of(word, n);

		if (role == 0) {
			known = false;
			report_word(rules, host, word, n);
		}
		node->roles |= role;
		word += n;
	}
	/* Words that are not words at all: refused already. */
	if (!host->opmodes.given && host->opmodes.mark.line)
		return false;
	if (node->roles == 0 && known)
		diagnostics_add(rules->out, SEVERITY_ERROR, host->mark,
			"add opmodes with one or more of master, minion, dns64 and nat64", "host '%s' has no role",
			host->name);
	return known && node->roles;
}

void rules_one(struct rules *rules, enum role role, bool none, const char *cure)
{
	const struct config_host *hosts = rules->config->hosts, *first = NULL;
	const struct cluster *cluster = rules->cluster;
	const char *name = role_name(role);
	size_t i;

	for (i = 0; i < cluster->n_nodes; i++) {
		if (!(cluster->nodes[i].roles & role))
			continue;
		if (first)
			diagnostics_add(rules->out, SEVERITY_ERROR, hosts[i].opmodes.mark, cure,
				"host '%s' is a second %s; '%s' (line %u) is one already", hosts[i].name, name,
				first->name, first->mark.line);
		else
			first = &hosts[i];
	}
	if (first == NULL && none)
		diagnostics_add(rules->out, SEVERITY_ERROR, rules->config->topology_mark,
			"add it to the opmodes of one host", "no host of the topology has the role '%s'", name);
}

static void check_foreign(struct rules *rules, enum role role)
{
	const struct cluster *cluster = rules->cluster;
	size_t i;

	for (i = 0; i < cluster->n_nodes; i++)
		if (cluster->nodes[i].roles & role)
			diagnostics_add(rules->out, SEVERITY_ERROR, rules->config->hosts[i].opmodes.mark,
				"take it out, or change general.mode",
				"host '%s' has the role '%s', which has no meaning in mode '%s'",
				cluster->nodes[i].name, role_name(role), mode_name(cluster->mode));
}

/* The largest id that a network takes: 2^bits - 1, and one less where the last address is IPv4's broadcast. */
static unsigned long id_max(unsigned int bits, bool broadcast)
{
	unsigned long all = bits >= 64 ? ~0UL : (1UL << bits) - 1;

	return broadcast ? all - 1 : all;
}

static void report_id(struct rules *rules, const struct config_host *host, const char *key,
	const struct prefix *network, unsigned long max)
{
	char text[PREFIX_TEXT_MAX];

	diagnostics_add(rules->out, SEVERITY_ERROR, host->id.mark, "take a lower id, or a larger network",
		"id %lu of host '%s' does not fit %s '%s', which has room up to %lu", host->id.value, host->name, key,
		prefix_text(network, text), max);
}

static void derive_mgmt(struct rules *rules, const struct config_host *host, unsigned int f, struct prefix *ret)
{
	const struct prefix *network = &rules->cluster->mgmt[f];
	unsigned int bits = address_bits(&network->address) - network->length;
	unsigned long max = id_max(bits, network->address.family == AF_INET);

	if (host->id.value > max) {
		report_id(rules, host, f ? "mgmt_net.cidr2" : "mgmt_net.cidr", network, max);
		return;
	}
	if (prefix_host(network, host->id.value, &ret->address) == 0)
		ret->length = network->length;
}

static void derive_pods(struct rules *rules, const struct config_host *host, unsigned int f, struct prefix *ret)
{
	const struct prefix *network = &rules->cluster->pod[f];

	if (rules->node_length[f] && prefix_subnet(network, host->id.value, rules->node_length[f], ret) == -ERANGE)
		report_id(rules, host, f ? "pod_net.cidr2" : "pod_net.cidr", network,
			id_max(rules->node_length[f] - network->length, false));
}

/* An address that the interface has already, instead of the derived one. */
static void take_address(struct rules *rules, const struct config_host *host, struct cluster_node *node)
{
	const struct prefix *network = &rules->cluster->mgmt[0];
	const struct prefix *address = &host->address.value;
	char text[PREFIX_TEXT_MAX], other[PREFIX_TEXT_MAX];

	node->address_exists = true;
	if (network->address.family == AF_UNSPEC)
		return;
	prefix_text(address, text);
	if (address->address.family != network->address.family)
		diagnostics_add(rules->out, SEVERITY_ERROR, host->address.mark, NULL,
			"address '%s' of host '%s' is %s; mgmt_net.cidr is %s", text, host->name,
			family_name(address->address.family), family_name(network->address.family));
	else if (!prefix_contains_address(network, &address->address))
		diagnostics_add(rules->out, SEVERITY_ERROR, host->address.mark,
			"set mgmt_net.cidr to the network that the interfaces are in",
			"address '%s' of host '%s' lies outside mgmt_net.cidr '%s'", text, host->name,
			prefix_text(network, other));
	else if (address_equal(&network->address, &address->address))
		diagnostics_add(rules->out, SEVERITY_ERROR, host->address.mark, "give the interface's own address",
			"address '%s' of host '%s' is the network's, not a host's", text, host->name);
	else
		node->mgmt[0] = *address;
}

static void take_host(struct rules *rules, const struct config_host *host, struct cluster_node *node)
{
	unsigned int f;

	node->name = mem_strdup(host->name);
	node->interface = mem_strdup(host->interface.given ? host->interface.value : "");
	if (host->interface.mark.line == 0)
		diagnostics_add(rules->out, SEVERITY_ERROR, host->mark,
			"add the interface that is in the management network", "host '%s' has no 'interface'",
			host->name);
	if (strlen(host->name) > NODE_NAME_MAX)
		diagnostics_add(rules->out, SEVERITY_ERROR, host->mark, "give the machine a shorter name",
			"the name of host '%s' has %zu characters; a Kubernetes node's may have %d", host->name,
			strlen(host->name), NODE_NAME_MAX);
	if (host->address.given)
		take_address(rules, host, node);
	if (!host->id.given) {
		if (host->id.mark.line == 0)
			diagnostics_add(rules->out, SEVERITY_ERROR, host->mark,
				"add a number from 2 that no other host has", "host '%s' has no 'id'", host->name);
		return;
	}
	node->id = host->id.value;
	/* lazyjack puts nothing there, so 1 is free unless a router has it, as is the custom. */
	if (node->id == 1 && !node->address_exists)
		diagnostics_add(rules->out, SEVERITY_WARNING, host->id.mark,
			"ids from 2 leave the first address to a router",
			"id 1 of host '%s' gives it the address that usually is the router's", host->name);
	for (f = 0; f < rules->cluster->families; f++) {
		if (rules->cluster->mgmt[f].address.family != AF_UNSPEC && !(f == 0 && node->address_exists))
			derive_mgmt(rules, host, f, &node->mgmt[f]);
		derive_pods(rules, host, f, &node->pods[f]);
	}
}

void rules_topology(struct rules *rules)
{
	const struct config *config = rules->config;
	struct cluster *cluster = rules->cluster;
	bool roles_known = true;
	size_t i;

	if (config->n_hosts == 0) {
		diagnostics_add(rules->out, SEVERITY_ERROR, config->topology_mark,
			"add each node under 'topology:' with interface, opmodes and id", "the topology has no hosts");
		return;
	}
	cluster->nodes = mem_new(config->n_hosts, sizeof(*cluster->nodes));
	cluster->n_nodes = config->n_hosts;
	for (i = 0; i < config->n_hosts; i++) {
		take_host(rules, &config->hosts[i], &cluster->nodes[i]);
		roles_known = take_roles(rules, &config->hosts[i], &cluster->nodes[i]) && roles_known;
	}
	rules_unique(rules);
	rules_masters(rules, roles_known);
	if (cluster->mode == MODE_IPV6) {
		rules_one(rules, ROLE_DNS64, roles_known, "let one host have the role");
		rules_one(rules, ROLE_NAT64, roles_known, "let one host have the role");
	} else {
		check_foreign(rules, ROLE_DNS64);
		check_foreign(rules, ROLE_NAT64);
	}
}
