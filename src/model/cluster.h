/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cluster: typed and validated. No text of the file, no I/O. Every derived address and network is computed here, as
 * numbers, once; nothing else in the program adds to an address.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "net/prefix.h"

enum cluster_mode {
	MODE_IPV6,
	MODE_IPV4,
	MODE_DUAL_STACK,
};

enum role {
	ROLE_MASTER = 1 << 0, /* control plane */
	ROLE_MINION = 1 << 1, /* worker */
	ROLE_DNS64 = 1 << 2,
	ROLE_NAT64 = 1 << 3,
};

#define WORK_AREA_DEFAULT                                                                                              \
	"/var/lib/lazyjack/work-area" /* below the journal's directory: root-only, lasts across reboots                \
				       */
#define FAMILIES_MAX 2		      /* networks come in the order of the file: [0] decides what Kubernetes prefers */

struct cluster_node {
	char *name;
	char *interface;
	unsigned long id;
	unsigned int roles;		  /* bits of enum role */
	struct prefix mgmt[FAMILIES_MAX]; /* the node's address with the network's length: "fd00:20::2/64" */
	struct prefix pods[FAMILIES_MAX]; /* the node's own pod subnet: "fd00:40:0:0:2::/80" */
	bool address_exists;		  /* mgmt[0] is one the interface has already, with the length that the file
					     gives it: never added, never removed */
};

struct cluster {
	enum cluster_mode mode;
	unsigned int families;	  /* 1 or 2: how many of mgmt[], pod[], service[] are in use */
	char *plugin;		  /* "bridge", "ptp"; or one that brings its own network: "calico", "cilium", "none" */
	char *plugin_manifest;	  /* of such a plugin, an absolute path on the master; NULL: none */
	char *work_area;	  /* absolute, without trailing slash */
	char *kubernetes_version; /* "latest" or "v1.2.3" */
	char *token;		  /* NULL: none yet */
	char *token_cert_hash;	  /* 64 hexadecimal digits, NULL: none yet */
	char *endpoint;		  /* of all masters, "HOST:PORT"; NULL: the only master's own */
	char *certificate_key;	  /* 64 hexadecimal digits, NULL: none yet */
	char *runtime;		  /* "host", "docker", "podman" */
	char *cri_socket;	  /* of the container runtime, an absolute path; NULL: to be found */
	bool insecure;
	unsigned long kubeadm_timeout; /* seconds */

	struct prefix mgmt[FAMILIES_MAX];
	struct prefix pod[FAMILIES_MAX];
	struct prefix service[FAMILIES_MAX];	  /* dual-stack: [1] is AF_UNSPEC unless service_net.cidr2 is given */
	struct address cluster_dns[FAMILIES_MAX]; /* service network + 10 */
	unsigned int mtu;			  /* octets, 1280..65535 */

	/* ipv6 mode only */
	struct prefix support6, support4;
	struct address support6_gateway, support4_gateway; /* the networks' first addresses, on the support bridge */
	struct {
		struct prefix pool;			   /* IPv4 addresses that stand for IPv6 hosts */
		struct prefix overflow;			   /* more of them, seen on the node alone */
		struct address v4, v6;			   /* the translator's own */
		char *engine;				   /* "tayga", "ebpf", "auto" */
		struct prefix denied[CONFIG_NETWORKS_MAX]; /* IPv4 destinations behind it that nobody reaches */
		size_t n_denied;
		char *image; /* of its container, where the runtime is a container engine */
	} nat64;
	struct {
		struct prefix prefix;	      /* RFC 6052 */
		struct address v6;	      /* the server's own */
		struct address remote_server; /* forwarder, IPv4 */
		struct address forwarder;     /* the same, embedded in the prefix */
		bool allow_aaaa;
		char *image; /* as nat64.image */
	} dns64;

	struct cluster_node *nodes; /* in the order of the file */
	size_t n_nodes;
};

/*
 * Check all rules and derive everything. Findings go to `diagnostics` with their places, all of them; returns NULL when
 * any is an error (there or before). The result is the caller's: cluster_free().
 */
struct cluster *cluster_new(const struct config *config, struct diagnostics *diagnostics);
void cluster_free(struct cluster *cluster);

/* By name, or NULL. */
const struct cluster_node *cluster_find(const struct cluster *cluster, const char *name);

/*
 * The first node with the role, or NULL. The first master is the one whose cluster it is: certificate authority and
 * token are made there, `kubeadm init` runs there, and all others join.
 */
const struct cluster_node *cluster_with_role(const struct cluster *cluster, enum role role);

/* How many nodes have the role. */
size_t cluster_count(const struct cluster *cluster, enum role role);

/* Whether the cluster has networks of AF_INET, AF_INET6. */
bool cluster_has_family(const struct cluster *cluster, int family);

/* Whether lazyjack makes the pods' network (bridge, ptp), or a plugin of Kubernetes brings its own. */
bool cluster_makes_network(const struct cluster *cluster);

/* "master", "minion", "dns64", "nat64". */
const char *role_name(enum role role);

/*
 * The node to act for: `host` when given, else the one whose name is this machine's (`hostname`, with or without its
 * domain). NULL and an error that lists the names of the topology when there is none.
 */
const struct cluster_node *cluster_select(
	const struct cluster *cluster, const char *host, const char *hostname, struct err *err);
