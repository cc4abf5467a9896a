/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/socket.h>

#include "base/mem.h"
#include "model/rules.h"

struct network {
	const char *key;
	struct mark mark;
	const struct prefix *prefix;
};

static bool is_before(const struct mark *a, const struct mark *b)
{
	return a->line != b->line ? a->line < b->line : a->column < b->column;
}

static void report(struct rules *rules, const struct network *a, const struct network *b)
{
	const struct network *first = is_before(&a->mark, &b->mark) ? a : b, *second = first == a ? b : a;
	char text[PREFIX_TEXT_MAX], other[PREFIX_TEXT_MAX];

	prefix_text(second->prefix, text);
	prefix_text(first->prefix, other);
	if (first->mark.line)
		diagnostics_add(rules->out, SEVERITY_ERROR, second->mark, "give each network a range of its own",
			"%s '%s' overlaps %s '%s' (line %u)", second->key, text, first->key, other, first->mark.line);
	else
		diagnostics_add(rules->out, SEVERITY_ERROR, second->mark, "give each network a range of its own",
			"%s '%s' overlaps %s, which is '%s' unless it is given", second->key, text, first->key, other);
}

void rules_overlap(struct rules *rules)
{
	const struct config *c = rules->config;
	const struct cluster *cluster = rules->cluster;
	/* nat64.v4_cidr is left out: it must lie inside support_net.v4cidr, and is reported when it does not. */
	const struct network networks[] = {
		{"mgmt_net.cidr", c->mgmt_net.cidr.mark, &cluster->mgmt[0]},
		{"mgmt_net.cidr2", c->mgmt_net.cidr2.mark, &cluster->mgmt[1]},
		{"pod_net.cidr", c->pod_net.cidr.mark, &cluster->pod[0]},
		{"pod_net.cidr2", c->pod_net.cidr2.mark, &cluster->pod[1]},
		{"service_net.cidr", c->service_net.cidr.mark, &cluster->service[0]},
		{"service_net.cidr2", c->service_net.cidr2.mark, &cluster->service[1]},
		{"support_net.cidr", c->support_net.cidr.mark, &cluster->support6},
		{"support_net.v4cidr", c->support_net.v4cidr.mark, &cluster->support4},
		{"nat64.overflow_cidr", c->nat64.overflow_cidr.mark, &cluster->nat64.overflow},
		{"dns64.cidr", c->dns64.cidr.mark, &cluster->dns64.prefix},
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(networks); i++)
		for (j = i + 1; j < ARRAY_SIZE(networks); j++)
			if (prefix_overlaps(networks[i].prefix, networks[j].prefix))
				report(rules, &networks[i], &networks[j]);
}
