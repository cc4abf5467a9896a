/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lab as plans: which directories, files, links and nodes make a cluster on one machine. Pure, as every planner.
 *
 *       minion-1      minion-2             outside (IPv4 only: names and pages)
 *           |eth1         |eth1               |eth0 203.0.113.1/24, .53, .80, 198.51.100.10, .11, 192.31.196.53, .80
 *   --------+------+------+----- mgmt         +------+------ outside
 *                  |eth1                             |eth0 203.0.113.2/24
 *               master ------------------------------+
 *
 * Both bridges are in a namespace of their own, so the machine's own network and its rules neither see nor touch it.
 * eth1 has no address: giving it one is what lazyjack is for. In modes with IPv4 every node has such an eth0, minion-1
 * with 203.0.113.3 and so on, since nothing translates for the others there.
 */
#pragma once

#include <stdbool.h>

#include "planner/lab-kubernetes.h"
#include "step/plan.h"

#define LAB_NODES_MAX 20U
#define LAB_NODES_DEFAULT 3U
#define LAB_OUTSIDE "outside"
#define LAB_NAMESERVER "203.0.113.53" /* outside */
#define LAB_FIRST_ID 2U		      /* of the master; ids are the host part of the management address */

struct lab_design {
	const char *directory; /* everything is below it: LAB_DIRECTORY */
	const char *base;      /* the root file system, shared and never written to */
	const char *program;   /* file to install in every node as /usr/local/bin/lazyjack */
	const char *program_sha256;
	bool tun, kmsg; /* the machine has /dev/net/tun, /dev/kmsg */
	unsigned int nodes;
	const char *mode, *plugin;		 /* as the configuration has them: "ipv6", "bridge" */
	const struct lab_kubernetes *kubernetes; /* NULL: none; `base` then needs no container runtime */
};

/* "master" for 0, else "minion-N"; the caller frees it. */
char *lab_node_name(unsigned int index);

/* The control group of a node, "lazyjack-lab/NODE"; the caller frees it. */
char *lab_node_group(const char *node);

/* What stays while nodes come and go: directories, root file systems, files, bridges. */
void plan_lab(const struct lab_design *design, struct plan *ret);

/* What a node's boot makes and its power switch ends: namespace, links, processes. `node` may be LAB_OUTSIDE. */
void plan_lab_node(const struct lab_design *design, const char *node, struct plan *ret);

/* Whether nodes reach the outside through the NAT64 of one of them (mode ipv6), or each by its own link. */
bool lab_is_translated(const char *mode);

/* The config.yaml that matches the lab; the caller frees it. `mode` and `plugin` as in struct lab_design. */
char *lab_config_text(unsigned int nodes, const char *mode, const char *plugin);

/* What a lab remembers of its mode and plugin, as text, and the other way; the caller frees them. -EINVAL: no such
 * text.
 */
#define LAB_CLUSTER_RECORD "cluster.json" /* in the lab's directory */
char *lab_cluster_text(const char *mode, const char *plugin);
int lab_cluster_parse(const char *text, char **ret_mode, char **ret_plugin);

/* The files, links and directories that make a node the outside; for plan_lab(). `layer` is where its "/" begins. */
void plan_lab_outside(const char *layer, struct plan *ret);
