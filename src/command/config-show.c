/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "command/command.h"
#include "command/config-verbs.h"
#include "config/read.h"
#include "config/schema.h"
#include "model/show.h"
#include "planner/cluster-routes.h"
#include "planner/support-routes.h"

/* With more nodes the routes to pods, one from each node to each other, are too many to be listed. */
enum { POD_ROUTES_NODES_MAX = 100 };

/* As `prepare` and `up` set them. */
static json_t *routes_json(const struct cluster *cluster, const struct cluster_node *node)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	json_t *routes = json_array();
	size_t i;

	if (cluster->mode == MODE_IPV6)
		(void)support_routes(cluster, node, &plan, NULL);
	service_routes(cluster, node, &plan);
	if (cluster->n_nodes <= POD_ROUTES_NODES_MAX)
		pod_routes(cluster, node, &plan);
	for (i = 0; i < plan.n; i++)
		json_array_append(routes, plan.steps[i].want);
	return routes;
}

static void add_routes(json_t *shown, const struct cluster *cluster)
{
	json_t *nodes = json_object_get(json_object_get(shown, "derived"), "nodes");
	size_t i;

	for (i = 0; i < cluster->n_nodes; i++)
		json_object_set_new(json_array_get(nodes, i), "routes", routes_json(cluster, &cluster->nodes[i]));
}

static void add_value(const char *indent, const char *key, const json_t *value, struct str *ret)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	if (text == NULL)
		mem_die();
	/* Every JSON scalar is a YAML one. */
	str_addf(ret, "%s%s: %s\n", indent, key, text);
	explicit_bzero(text, strlen(text));
	free(text);
}

static void add_values(const char *indent, json_t *values, struct str *ret)
{
	void *at;

	for (at = json_object_iter(values); at; at = json_object_iter_next(values, at))
		add_value(indent, json_object_iter_key(at), json_object_iter_value(at), ret);
}

/* The texts of an array, a line each. */
static void add_texts(const char *before, const json_t *texts, struct str *ret)
{
	size_t i;

	for (i = 0; i < json_array_size(texts); i++)
		str_addf(ret, "%s %s\n", before, json_string_value(json_array_get(texts, i)));
}

static void add_node(const json_t *node, struct str *ret)
{
	const json_t *all_pods = json_object_get(node, "pods"), *routes = json_object_get(node, "routes");
	size_t i;

	add_texts("        # address", json_object_get(node, "addresses"), ret);
	for (i = 0; i < json_array_size(all_pods); i++) {
		const json_t *pods = json_array_get(all_pods, i);

		str_addf(ret, "        # pods %s, on the node %s, from others via %s\n", json_text(pods, "subnet"),
			json_text(pods, "gateway"), json_text(pods, "via"));
	}
	for (i = 0; i < json_array_size(routes); i++) {
		const json_t *route = json_array_get(routes, i);
		const char *via = json_text(route, "via"), *link = json_text(route, "dev");

		str_addf(ret, "        # route %s%s%s%s%s\n", json_text(route, "to"), via ? " via " : "",
			via ? via : "", link ? " dev " : "", link ? link : "");
	}
}

static void add_topology(json_t *hosts, const json_t *nodes, struct str *ret)
{
	size_t i = 0;
	void *at;

	for (at = json_object_iter(hosts); at; at = json_object_iter_next(hosts, at)) {
		str_addf(ret, "    %s:\n", json_object_iter_key(at));
		add_values("        ", json_object_iter_value(at), ret);
		add_node(json_array_get(nodes, i++), ret);
	}
}

/* What follows from a section stands in it. */
static void add_derived(const char *section, const json_t *derived, struct str *ret)
{
	if (str_eq(section, "service_net"))
		add_texts("    # cluster DNS", json_object_get(derived, "cluster_dns"), ret);
	if (str_eq(section, "support_net"))
		add_texts("    # gateway", json_object_get(derived, "support_gateways"), ret);
	if (str_eq(section, "dns64"))
		str_addf(ret, "    # queries are forwarded to %s\n", json_text(derived, "dns64_forwarder"));
	if (str_eq(section, "nat64"))
		str_addf(ret, "    # translated by %s\n", json_text(derived, "nat64_engine"));
}

static void shown_text(json_t *shown, struct str *ret)
{
	const json_t *derived = json_object_get(shown, "derived");
	const struct schema_section *section;

	for (section = schema_sections; section->name; section++) {
		json_t *values = json_object_get(shown, section->name);

		if (values == NULL)
			continue;
		str_addf(ret, "%s:\n", section->name);
		if (section->hosts)
			add_topology(values, json_object_get(derived, "nodes"), ret);
		else
			add_values("    ", values, ret);
		add_derived(section->name, derived, ret);
	}
}

static void print_shown(json_t *shown)
{
	struct str text = STR_INIT;

	if (global.json) {
		char *line = json_line(shown);

		str_addf(&text, "%s\n", line);
		explicit_bzero(line, strlen(line));
		free(line);
	} else {
		shown_text(shown, &text);
	}
	fputs(text.s, stdout);
	str_wipe(&text);
}

/* Warnings stay out of what a program reads. */
static void print_findings(const struct diagnostics *diagnostics)
{
	_cleanup_str_ struct str text = STR_INIT;
	bool json = global.json && diagnostics->errors > 0;

	diagnostics_format(diagnostics, NULL, json, &text);
	fputs(str_text(&text), json ? stdout : stderr);
}

int config_show(const char *where, bool secrets)
{
	_cleanup_free_ char *name = config_shown_name(where);
	struct diagnostics diagnostics = {0};
	_cleanup_err_ struct err err = ERR_INIT;
	struct cluster *cluster = NULL;
	struct str text = STR_INIT;
	struct config *config;

	if (config_read(where, &text.s, &text.len, &err) < 0) {
		fprintf(stderr, "lazyjack: config show: %s\n", err.msg);
		return EXIT_USAGE;
	}
	text.cap = text.len;
	config = config_parse(text.s, text.len, name, &diagnostics);
	if (config->complete)
		cluster = cluster_new(config, &diagnostics);
	diagnostics_sort(&diagnostics);
	print_findings(&diagnostics);
	if (cluster) {
		_cleanup_json_ json_t *shown = cluster_show(config, cluster, secrets);

		add_routes(shown, cluster);
		print_shown(shown);
	}
	str_wipe(&text);
	diagnostics_done(&diagnostics);
	config_free(config);
	cluster_free(cluster);
	return cluster ? EXIT_DONE : EXIT_USAGE;
}
