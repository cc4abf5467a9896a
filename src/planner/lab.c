/* SPDX-License-Identifier: Apache-2.0 */
#include "planner/lab.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "resource/kinds.h"

#define BRIDGES "lazyjack-lab" /* the namespace */
#define GATEWAY "203.0.113.1"
#define KUBERNETES_LAYER "kubernetes"

enum { MACHINE_ID_DIGITS = 32 };

/* The last two are of a block for servers that answer for nobody (RFC 7535): public ones for all programs. */
static const char *const outside_addresses[] = {GATEWAY "/24", LAB_NAMESERVER "/24", "203.0.113.80/24",
	"198.51.100.10/24", "198.51.100.11/24", "192.31.196.53/32", "192.31.196.80/32"};

char *lab_node_name(unsigned int index)
{
	return index == 0 ? mem_strdup("master") : mem_printf("minion-%u", index);
}

char *lab_node_group(const char *node)
{
	return mem_printf("lazyjack-lab/%s", node);
}

static bool is_master(const char *node)
{
	return str_eq(node, "master");
}

static bool is_outside(const char *node)
{
	return str_eq(node, LAB_OUTSIDE);
}

/* Whether a node has an eth0 on the outside's bridge: where nothing translates for the others, each has its own. */
static bool has_way_out(const struct lab_design *design, const char *node)
{
	return is_outside(node) || is_master(node) || !lab_is_translated(design->mode);
}

static void add_directory(struct plan *plan, const char *parent, const char *name, mode_t mode, bool runtime)
{
	_cleanup_free_ char *path = mem_printf("%s/%s", parent, name);

	plan_add(plan, step_directory(path, mode, runtime));
}

static void add_file(struct plan *plan, const char *parent, const char *name, const char *content, mode_t mode)
{
	_cleanup_free_ char *path = mem_printf("%s/%s", parent, name);

	plan_add(plan, step_file(path, content, mode));
}

/*
 * What makes one node differ from the others is a layer of its own between the shared root file system and the node's
 * own writes: a node then changes its files as it likes, and the lab never writes to one that runs.
 */
static void add_layer(struct plan *plan, const struct lab_design *design, const char *layer, const char *node)
{
	_cleanup_free_ char *seed = mem_printf("lazyjack lab %s", node), *hosts = NULL;
	char id[65];

	hosts = mem_printf("127.0.0.1\tlocalhost\n127.0.1.1\t%s\n\n::1\t\tlocalhost ip6-localhost ip6-loopback\n"
			   "ff02::1\t\tip6-allnodes\nff02::2\t\tip6-allrouters\n",
		node);
	/* Given, so that systemd sees no first boot and enables nothing by its presets (machine-id(5)). */
	file_sha256(seed, strlen(seed), id);
	id[MACHINE_ID_DIGITS] = '\n';
	id[MACHINE_ID_DIGITS + 1] = '\0';
	add_directory(plan, layer, "etc", 0755, false);
	add_file(plan, layer, "etc/hosts", hosts, 0644);
	add_file(plan, layer, "etc/machine-id", id, 0444);
	add_file(plan, layer, "etc/resolv.conf",
		has_way_out(design, node) && !is_outside(node) ? "nameserver " LAB_NAMESERVER "\n"
							       : "options timeout:2\n",
		0644);
	if (is_master(node)) {
		_cleanup_free_ char *config = lab_config_text(design->nodes, design->mode, design->plugin);

		add_directory(plan, layer, "root", 0700, false);
		add_file(plan, layer, "root/config.yaml", config, 0644);
	}
	if (is_outside(node))
		plan_lab_outside(layer, plan);
}

/* The outside stays as it is: no cluster reaches it. */
static bool has_kubernetes(const struct lab_design *design, const char *node)
{
	return design->kubernetes && !is_outside(node);
}

static char *lower_directories(const struct lab_design *design, const char *node, const char *layer)
{
	if (has_kubernetes(design, node))
		return mem_printf("%s:%s/" KUBERNETES_LAYER ":%s", layer, design->directory, design->base);
	return mem_printf("%s:%s", layer, design->base);
}

static void add_root(struct plan *plan, const struct lab_design *design, const char *node)
{
	_cleanup_free_ char *directory = mem_printf("%s/%s", design->directory, node);
	_cleanup_free_ char *layer = mem_printf("%s/layer", directory), *lower = lower_directories(design, node, layer);
	_cleanup_free_ char *upper = mem_printf("%s/upper", directory), *work = mem_printf("%s/work", directory);
	_cleanup_free_ char *root = mem_printf("%s/root", directory);

	add_directory(plan, design->directory, node, 0755, true);
	add_directory(plan, directory, "layer", 0755, true);
	add_directory(plan, directory, "upper", 0755, true);
	add_directory(plan, directory, "work", 0755, true);
	add_directory(plan, directory, "root", 0755, false);
	if (has_kubernetes(design, node))
		plan_lab_kubernetes_data(directory, plan);
	add_layer(plan, design, layer, node);
	plan_add(plan, step_overlay(root, lower, upper, work));
}

/* The record comes before that of the root file system: who finds that one knows by this one what the lab is. */
static void add_kubernetes(struct plan *plan, const struct lab_design *design)
{
	_cleanup_free_ char *layer = mem_printf("%s/" KUBERNETES_LAYER, design->directory);
	_cleanup_free_ char *text = lab_kubernetes_text(design->kubernetes);

	add_file(plan, design->directory, LAB_KUBERNETES_RECORD, text, 0644);
	plan_lab_kubernetes(design->kubernetes, layer, plan);
}

void plan_lab(const struct lab_design *design, struct plan *ret)
{
	_cleanup_free_ char *program = mem_printf("%s/program/lazyjack", design->directory);
	_cleanup_free_ char *cluster = lab_cluster_text(design->mode, design->plugin);
	unsigned int i;

	if (design->kubernetes)
		add_kubernetes(ret, design);
	add_file(ret, design->directory, LAB_CLUSTER_RECORD, cluster, 0644);
	add_file(ret, design->directory, "base", design->base, 0644);
	add_directory(ret, design->directory, "program", 0755, false);
	plan_add(ret, step_copied_file(program, design->program, design->program_sha256, 0755));
	plan_add(ret, step_netns(BRIDGES));
	plan_add(ret, step_bridge(BRIDGES, "mgmt", 0));
	plan_add(ret, step_bridge(BRIDGES, LAB_OUTSIDE, 0));
	add_root(ret, design, LAB_OUTSIDE);
	for (i = 0; i < design->nodes; i++) {
		_cleanup_free_ char *name = lab_node_name(i);

		add_root(ret, design, name);
	}
}

static void add_address(struct plan *plan, const char *netns, const char *link, const char *text)
{
	struct prefix prefix;

	if (prefix_parse(text, &prefix) == 0)
		plan_add(plan, step_address(netns, link, &prefix, false));
}

/* `port` on the bridge; interface names have at most 15 octets, which "outside-minion-19" would not fit. */
static void add_links(struct plan *plan, const struct lab_design *design, const char *node, const char *netns)
{
	if (!is_outside(node))
		plan_add(plan, step_veth(BRIDGES, node, "mgmt", netns, "eth1", 0));
	if (has_way_out(design, node)) {
		_cleanup_free_ char *port = mem_printf("o-%s", node);

		plan_add(plan, step_veth(BRIDGES, port, LAB_OUTSIDE, netns, "eth0", 0));
	}
}

static void add_way_out(struct plan *plan, unsigned int index, const char *netns)
{
	_cleanup_free_ char *address = mem_printf("203.0.113.%u/24", LAB_FIRST_ID + index);
	struct address gateway;
	struct prefix all;

	add_address(plan, netns, "eth0", address);
	if (prefix_parse("0.0.0.0/0", &all) == 0 && address_parse(GATEWAY, &gateway) == 0)
		plan_add(plan, step_route(netns, &all, &gateway, "eth0"));
}

static void add_addresses(struct plan *plan, const struct lab_design *design, const char *node, const char *netns)
{
	unsigned int i;

	if (is_outside(node)) {
		plan_add(plan, step_sysctl(netns, "net.ipv6.conf.all.disable_ipv6", "1"));
		for (i = 0; i < ARRAY_SIZE(outside_addresses); i++)
			add_address(plan, netns, "eth0", outside_addresses[i]);
		return;
	}
	for (i = 0; has_way_out(design, node) && i < design->nodes; i++) {
		_cleanup_free_ char *name = lab_node_name(i);

		if (str_eq(name, node))
			add_way_out(plan, i, netns);
	}
}

/* Device nodes, the program, and what the container runtime keeps. [host, node, read-only] */
static json_t *binds_of(const struct lab_design *design, const char *node, const char *directory)
{
	_cleanup_free_ char *program = mem_printf("%s/program", design->directory);
	json_t *binds = json_array();

	json_array_append_new(binds, json_pack("[s,s,b]", program, "/usr/local/bin", 1));
	if (design->tun)
		json_array_append_new(binds, json_pack("[s,s,b]", "/dev/net/tun", "/dev/net/tun", 0));
	if (design->kmsg)
		json_array_append_new(binds, json_pack("[s,s,b]", "/dev/kmsg", "/dev/kmsg", 0));
	if (has_kubernetes(design, node))
		lab_kubernetes_binds(directory, binds);
	return binds;
}

/* Where nspawn keeps mounts to be passed into a node; it leaves its directory behind when it is killed. */
static void add_nspawn_directories(struct plan *plan, const char *node)
{
	static const char *const parents[] = {"/run/systemd", "/run/systemd/nspawn", "/run/systemd/nspawn/propagate"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(parents); i++)
		plan_add(plan, step_directory(parents[i], 0755, false));
	add_directory(plan, parents[ARRAY_SIZE(parents) - 1], node, 0755, true);
}

void plan_lab_node(const struct lab_design *design, const char *node, struct plan *ret)
{
	_cleanup_free_ char *directory = mem_printf("%s/%s", design->directory, node);
	_cleanup_free_ char *root = mem_printf("%s/root", directory),
			    *console = mem_printf("%s/console.log", directory);
	_cleanup_free_ char *netns = mem_printf("lab-%s", node), *group = lab_node_group(node);

	plan_add(ret, step_netns(netns));
	add_links(ret, design, node, netns);
	add_addresses(ret, design, node, netns);
	add_nspawn_directories(ret, node);
	plan_add(ret, step_control_group(group));
	plan_add(ret, step_nspawn(node, root, netns, group, console, binds_of(design, node, directory)));
}
