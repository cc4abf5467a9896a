/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "model/rules.h"

/* Sorted instead of compared in pairs: a topology may have thousands of hosts. */
struct entry {
	size_t host; /* index in the order of the file */
	unsigned long id;
	struct address address;
};

static int by_host(const struct entry *a, const struct entry *b)
{
	return a->host < b->host ? -1 : a->host > b->host;
}

static int by_id(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	return by_host(a, b);
}

static int by_address(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = address_compare(&a->address, &b->address);

	return order ? order : by_host(a, b);
}

static void check_ids(struct rules *rules, struct entry *entries, size_t n)
{
	const struct config_host *hosts = rules->config->hosts;
	size_t first = 0, i;

	qsort(entries, n, sizeof(*entries), by_id);
	for (i = 1; i < n; i++) {
		if (entries[i].id != entries[first].id) {
			first = i;
			continue;
		}
		diagnostics_add(rules->out, SEVERITY_ERROR, hosts[entries[i].host].id.mark,
			"give each host an id of its own", "id %lu of host '%s' is that of host '%s' (line %u) as well",
			entries[i].id, hosts[entries[i].host].name, hosts[entries[first].host].name,
			hosts[entries[first].host].id.mark.line);
	}
}

/* Hosts with different ids, of which one has an address of its own. */
static void check_addresses(struct rules *rules, struct entry *entries, size_t n)
{
	const struct config_host *hosts = rules->config->hosts;
	size_t i;

	qsort(entries, n, sizeof(*entries), by_address);
	for (i = 1; i < n; i++) {
		const struct entry *a = &entries[i - 1], *b = &entries[i];
		const struct config_host *second = &hosts[b->host];
		char text[ADDRESS_TEXT_MAX];

		if (a->address.family == AF_UNSPEC || a->id == b->id || !address_equal(&a->address, &b->address))
			continue;
		diagnostics_add(rules->out, SEVERITY_ERROR,
			second->address.given ? second->address.mark : second->id.mark,
			"give each host an address of its own",
			"host '%s' has the management address '%s' of host '%s' (line %u)", second->name,
			address_text(&b->address, text), hosts[a->host].name, hosts[a->host].mark.line);
	}
}

void rules_unique(struct rules *rules)
{
	const struct cluster *cluster = rules->cluster;
	struct entry *entries = mem_new(cluster->n_nodes, sizeof(*entries));
	size_t n = 0, i;

	for (i = 0; i < cluster->n_nodes; i++)
		if (cluster->nodes[i].id)
			entries[n++] = (struct entry){i, cluster->nodes[i].id, cluster->nodes[i].mgmt[0].address};
	check_ids(rules, entries, n);
	check_addresses(rules, entries, n);
	free(entries);
}
