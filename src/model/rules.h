/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules between the values of a configuration; private to model/. Each function looks at one part, reports all that
 * is wrong with it, and fills in its part of the cluster. What could not be taken over stays zero (family AF_UNSPEC),
 * so that later rules skip it and one mistake gives one finding.
 */
#pragma once

#include "config/diagnostic.h"
#include "model/cluster.h"

struct rules {
	const struct config *config;
	struct diagnostics *out;
	struct cluster *cluster;

	int family[FAMILIES_MAX];		/* AF_INET, AF_INET6: what the mode wants of each network */
	unsigned int node_length[FAMILIES_MAX]; /* prefix length of a node's own pod subnet; 0: not known */
};

/* general: what is chosen, and whether this version has it; families of the mode. Comes first. */
void rules_general(struct rules *rules);

/* Which keys the mode needs, and which are foreign to it. */
void rules_keys(struct rules *rules);

/* Management, pod and service networks; MTU. */
void rules_networks(struct rules *rules);

/* Support network, NAT64 and DNS64 (mode ipv6). */
void rules_translation(struct rules *rules);

/* No two networks overlap. Comes after the two above. */
void rules_overlap(struct rules *rules);

/* Hosts: roles, ids, addresses, pod subnets. */
void rules_topology(struct rules *rules);

/* Several masters: where they answer as one, and what they need of each other. Called by rules_topology(). */
void rules_masters(struct rules *rules, bool roles_known);

/* A role that exactly one host must have; `cure` is that of a second one. `none`: report that nobody has it. */
void rules_one(struct rules *rules, enum role role, bool none, const char *cure);

/* Whether the wanted version of Kubernetes makes such a cluster. Comes last. */
void rules_version(struct rules *rules);

/* No two hosts have the same id or management address. Called by rules_topology(). */
void rules_unique(struct rules *rules);

/* "ipv6", "ipv4", "dual-stack". */
const char *mode_name(enum cluster_mode mode);

/* "IPv4", "IPv6". */
const char *family_name(int family);

/*
 * Take over a network: of `family`, one that hosts can be in, without host bits. With host bits it is reported and
 * still taken over. `key` is its name in the file. True when `*ret` was written.
 */
bool rules_network(
	struct rules *rules, const char *key, const struct config_prefix *value, int family, struct prefix *ret);
