/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of the cluster that a lab is for, and what the lab remembers of it. */
#include <errno.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "planner/lab.h"

bool lab_is_translated(const char *mode)
{
	return str_eq(mode, "ipv6");
}

static void add_networks(const char *mode, struct str *ret)
{
	static const struct {
		const char *section, *v6, *v4;
	} rows[] = {
		{"mgmt_net", "fd00:20::/64", "10.20.0.0/16"},
		{"pod_net", "fd00:40::/72", "10.244.0.0/16"},
		{"service_net", "fd00:30::/110", "10.96.0.0/16"},
	};
	bool v4 = str_eq(mode, "ipv4"), both = str_eq(mode, "dual-stack");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		str_addf(ret, "%s:\n  cidr: \"%s\"\n", rows[i].section, v4 ? rows[i].v4 : rows[i].v6);
		if (both)
			str_addf(ret, "  cidr2: \"%s\"\n", rows[i].v4);
		if (str_eq(rows[i].section, "pod_net"))
			str_add(ret, "  mtu: 1500\n");
	}
}

char *lab_config_text(unsigned int nodes, const char *mode, const char *plugin)
{
	const char *services = lab_is_translated(mode) ? " dns64 nat64" : "";
	_cleanup_str_ struct str text = STR_INIT;
	unsigned int i;

	str_addf(&text,
		"# The cluster of this lab: 'lazyjack help init' tells what comes next.\n"
		"general:\n"
		"  mode: %s\n"
		"  plugin: %s\n"
		"topology:\n",
		mode, plugin);
	for (i = 0; i < nodes; i++) {
		_cleanup_free_ char *name = lab_node_name(i);

		str_addf(&text, "  %s:\n    interface: eth1\n    opmodes: \"%s%s\"\n    id: %u\n", name,
			i == 0 ? "master" : "minion", i == 0 ? services : "", LAB_FIRST_ID + i);
	}
	if (lab_is_translated(mode))
		str_add(&text, "support_net:\n"
			       "  cidr: \"fd00:10::/64\"\n"
			       "  v4cidr: \"172.18.0.0/16\"\n");
	add_networks(mode, &text);
	if (lab_is_translated(mode))
		str_add(&text, "nat64:\n"
			       "  v4_cidr: \"172.18.0.128/25\"\n"
			       "  v4_ip: \"172.18.0.200\"\n"
			       "  ip: \"fd00:10::200\"\n"
			       "dns64:\n"
			       "  remote_server: \"" LAB_NAMESERVER "\"\n"
			       "  cidr: \"fd00:10:64:ff9b::/96\"\n"
			       "  ip: \"fd00:10::100\"\n");
	return str_take(&text);
}

char *lab_cluster_text(const char *mode, const char *plugin)
{
	_cleanup_json_ json_t *json = json_make("{s:s,s:s}", "mode", mode, "plugin", plugin);
	_cleanup_free_ char *line = json_line(json);

	return mem_printf("%s\n", line);
}

int lab_cluster_parse(const char *text, char **ret_mode, char **ret_plugin)
{
	_cleanup_json_ json_t *json = json_loads(text, 0, NULL);
	const char *mode = json_text(json, "mode"), *plugin = json_text(json, "plugin");

	if (mode == NULL || plugin == NULL)
		return -EINVAL;
	*ret_mode = mem_strdup(mode);
	*ret_plugin = mem_strdup(plugin);
	return 0;
}
