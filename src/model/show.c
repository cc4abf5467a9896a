/* SPDX-License-Identifier: Apache-2.0 */
#include "model/show.h"

#include <sys/socket.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/schema.h"

static json_t *address_json(const struct address *address)
{
	char text[ADDRESS_TEXT_MAX];

	return json_string(address_text(address, text));
}

static json_t *prefix_json(const struct prefix *prefix)
{
	char text[PREFIX_TEXT_MAX];

	return json_string(prefix_text(prefix, text));
}

static json_t *value_json(const void *base, const struct schema_key *key, bool secrets)
{
	const void *member = config_head(base, key);
	struct str text = STR_INIT;
	json_t *json;

	if (key->type == VALUE_NUMBER)
		return json_integer((json_int_t)((const struct config_number *)member)->value);
	if (key->type == VALUE_FLAG)
		return json_boolean(((const struct config_flag *)member)->value);
	if (schema_is_secret(key) && !secrets)
		return json_string(SHOW_MASKED);
	config_value_text(base, key, &text);
	json = json_string(str_text(&text));
	str_wipe(&text);
	return json;
}

static json_t *values_json(const struct schema_section *section, const void *base, bool secrets)
{
	json_t *json = json_object();
	const struct schema_key *key;

	for (key = section->keys; key->name; key++)
		if (schema_is_modern(key) && config_head(base, key)->given)
			json_object_set_new(json, key->name, value_json(base, key, secrets));
	return json;
}

static json_t *hosts_json(const struct schema_section *section, const struct config *config)
{
	json_t *json = json_object();
	size_t i;

	for (i = 0; i < config->n_hosts; i++)
		json_object_set_new(json, config->hosts[i].name, values_json(section, &config->hosts[i], false));
	return json;
}

static json_t *roles_json(unsigned int roles)
{
	json_t *json = json_array();
	unsigned int role;

	for (role = ROLE_MASTER; role <= ROLE_NAT64; role <<= 1)
		if (roles & role)
			json_array_append_new(json, json_string(role_name((enum role)role)));
	return json;
}

static json_t *node_json(const struct cluster *cluster, const struct cluster_node *node)
{
	json_t *addresses = json_array(), *pods = json_array();
	unsigned int f;

	for (f = 0; f < cluster->families; f++) {
		struct address gateway = {0};

		prefix_host(&node->pods[f], 1, &gateway);
		json_array_append_new(addresses, prefix_json(&node->mgmt[f]));
		json_array_append_new(
			pods, json_make("{s:o, s:o, s:o}", "subnet", prefix_json(&node->pods[f]), "gateway",
				      address_json(&gateway), "via", address_json(&node->mgmt[f].address)));
	}
	return json_make("{s:s, s:o, s:o, s:o}", "name", node->name, "roles", roles_json(node->roles), "addresses",
		addresses, "pods", pods);
}

static json_t *derived_json(const struct cluster *cluster)
{
	json_t *dns = json_array(), *nodes = json_array(), *json;
	size_t i;

	for (i = 0; i < cluster->families; i++)
		if (cluster->service[i].address.family != AF_UNSPEC)
			json_array_append_new(dns, address_json(&cluster->cluster_dns[i]));
	for (i = 0; i < cluster->n_nodes; i++)
		json_array_append_new(nodes, node_json(cluster, &cluster->nodes[i]));
	json = json_make("{s:o}", "cluster_dns", dns);
	if (cluster->mode == MODE_IPV6) {
		json_object_set_new(json, "support_gateways",
			json_make("[o, o]", address_json(&cluster->support6_gateway),
				address_json(&cluster->support4_gateway)));
		json_object_set_new(json, "dns64_forwarder", address_json(&cluster->dns64.forwarder));
		json_object_set_new(json, "nat64_engine", json_string(cluster->nat64.engine));
	}
	json_object_set_new(json, "nodes", nodes);
	return json;
}

/* Defaults that are not the same for every cluster. */
static void fill_derived(struct config *config, const struct cluster *cluster)
{
	struct config_number *size = &config->pod_net.node_size;

	if (cluster->families == 1 && !size->given)
		*size = (struct config_number){.given = true, .value = cluster->nodes[0].pods[0].length};
}

json_t *cluster_show(struct config *config, const struct cluster *cluster, bool secrets)
{
	const struct schema_section *section;
	json_t *json = json_object();

	config_fill_defaults(config, 1U << cluster->mode);
	fill_derived(config, cluster);
	for (section = schema_sections; section->name; section++) {
		json_t *values = section->hosts ? hosts_json(section, config) : values_json(section, config, secrets);

		if (json_object_size(values) > 0)
			json_object_set(json, section->name, values);
		json_decref(values);
	}
	json_object_set_new(json, "derived", derived_json(cluster));
	return json;
}
