/* SPDX-License-Identifier: Apache-2.0 */
#include "model/cluster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/rules.h"

enum { NAMES_SHOWN = 20 };

struct cluster *cluster_new(const struct config *config, struct diagnostics *diagnostics)
{
	struct cluster *cluster = mem_new(1, sizeof(*cluster));
	struct rules rules = {.config = config, .out = diagnostics, .cluster = cluster};

	rules_general(&rules);
	rules_keys(&rules);
	rules_networks(&rules);
	rules_translation(&rules);
	rules_overlap(&rules);
	rules_topology(&rules);
	rules_version(&rules);
	if (diagnostics->errors == 0)
		return cluster;
	cluster_free(cluster);
	return NULL;
}

static void free_secret(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void cluster_free(struct cluster *cluster)
{
	size_t i;

	if (cluster == NULL)
		return;
	for (i = 0; i < cluster->n_nodes; i++) {
		free(cluster->nodes[i].name);
		free(cluster->nodes[i].interface);
	}
	free(cluster->nodes);
	free(cluster->plugin);
	free(cluster->plugin_manifest);
	free(cluster->work_area);
	free(cluster->kubernetes_version);
	free(cluster->runtime);
	free(cluster->dns64.image);
	free(cluster->nat64.image);
	free(cluster->cri_socket);
	free(cluster->token_cert_hash);
	free(cluster->nat64.engine);
	free(cluster->endpoint);
	free_secret(cluster->token);
	free_secret(cluster->certificate_key);
	free(cluster);
}

const struct cluster_node *cluster_find(const struct cluster *cluster, const char *name)
{
	size_t i;

	for (i = 0; i < cluster->n_nodes; i++)
		if (strcasecmp(cluster->nodes[i].name, name) == 0)
			return &cluster->nodes[i];
	return NULL;
}

const struct cluster_node *cluster_with_role(const struct cluster *cluster, enum role role)
{
	size_t i;

	for (i = 0; i < cluster->n_nodes; i++)
		if (cluster->nodes[i].roles & role)
			return &cluster->nodes[i];
	return NULL;
}

size_t cluster_count(const struct cluster *cluster, enum role role)
{
	size_t n = 0, i;

	for (i = 0; i < cluster->n_nodes; i++)
		n += (cluster->nodes[i].roles & role) != 0;
	return n;
}

bool cluster_has_family(const struct cluster *cluster, int family)
{
	unsigned int f;

	for (f = 0; f < cluster->families; f++)
		if (cluster->mgmt[f].address.family == family)
			return true;
	return false;
}

bool cluster_makes_network(const struct cluster *cluster)
{
	return str_eq(cluster->plugin, "bridge") || str_eq(cluster->plugin, "ptp");
}

static int not_found(const struct cluster *cluster, const char *host, const char *name, struct err *err)
{
	const char **names = mem_new(cluster->n_nodes, sizeof(*names)), *nearest;
	_cleanup_str_ struct str text = STR_INIT;
	size_t i;

	for (i = 0; i < cluster->n_nodes; i++) {
		names[i] = cluster->nodes[i].name;
		if (i < NAMES_SHOWN)
			str_addf(&text, "%s%s", i ? ", " : "", names[i]);
	}
	if (cluster->n_nodes > NAMES_SHOWN)
		str_addf(&text, " and %zu more", cluster->n_nodes - NAMES_SHOWN);
	nearest = str_nearest(name, names, cluster->n_nodes);
	if (nearest)
		str_addf(&text, "; did you mean '%s'?", nearest);
	else if (host == NULL)
		str_add(&text, "; name the node with --host");
	free(names);
	return err_set(err, ENOENT,
		host ? "host '%s' is not in the topology, which has %s"
		     : "this machine's name '%s' is not in the topology, which has %s",
		name, str_text(&text));
}

const struct cluster_node *cluster_select(
	const struct cluster *cluster, const char *host, const char *hostname, struct err *err)
{
	const char *name = host ? host : hostname;
	const struct cluster_node *node = cluster_find(cluster, name);

	if (node == NULL && host == NULL) {
		_cleanup_free_ char *label = mem_strndup(name, strcspn(name, "."));

		node = cluster_find(cluster, label);
	}
	if (node == NULL)
		not_found(cluster, host, name, err);
	return node;
}
