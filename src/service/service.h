/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network service of the cluster (DNS64, NAT64) as data: where it stands in the network, what it is configured with.
 * A runtime turns that into steps; the service knows nothing of runtimes, and the runtime nothing of the service.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "model/cluster.h"
#include "step/plan.h"

/* The service's own side of its network; `via` AF_UNSPEC and `link` NULL as in step_route(). */
struct service_route {
	struct prefix destination;
	struct address via;
	const char *link;
	unsigned int mtu; /* octets; 0: the link's */
};

struct service_sysctl {
	const char *key, *value;
};

#define SERVICE_ROUTES_MAX 6
#define SERVICE_INTERFACE "eth0" /* the service's link to the support network */

struct service {
	const char *name;  /* "dns64"; units, namespaces and links are named after it */
	const char *title; /* "DNS64 name server" */
	unsigned int mtu;  /* octets, of all its links */

	struct prefix addresses[2]; /* on SERVICE_INTERFACE */
	size_t n_addresses;
	struct service_route routes[SERVICE_ROUTES_MAX];
	size_t n_routes;
	const struct service_sysctl *sysctls; /* within its namespace; ended by a NULL key */
	const char *tun;		      /* a TUN device that it needs; NULL: none */
	const char *tun_type;		      /* a device of this type instead, "dummy" or "ifb"; NULL: TUN */

	char *config_path;  /* owned */
	struct str config;  /* the program's configuration */
	struct str process; /* how systemd runs the program, lines of a unit's [Service] section */
	const char *after;  /* unit that has to be started first, if both are started; NULL: none */

	/* For runtimes with a container engine. */
	struct {
		const char *name;		 /* of the container, "bind9" */
		const char *image;		 /* the cluster's */
		const char *containerfile;	 /* builds the image; NULL: it is pulled */
		const char *directory;		 /* in the container, for the configuration: "/etc/bind" */
		const char *const *capabilities; /* NULL-terminated */
		struct address v4; /* an address of the support network that nobody else has; AF_UNSPEC: any */
	} container;
};

void service_add_address(struct service *service, const struct address *address, unsigned int length);
void service_add_route(
	struct service *service, const struct prefix *destination, const struct address *via, const char *link);
void service_done(struct service *service);
#define _cleanup_service_ __attribute__((cleanup(service_done)))

/* A way to run services. */
struct service_runtime {
	const char *name;    /* general.runtime */
	const char *package; /* that brings the container engine's program, which has the runtime's name; NULL: there is
				none, the node's own named and tayga run */

	/* The network that the services of `self` stand in: bridge, gateway addresses, the way out for IPv4. */
	void (*network)(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret);

	/* The service itself, running. */
	void (*run)(const struct service *service, struct plan *ret);
};

/* By name. NULL and -EINVAL in `err`, which lists those there are. */
const struct service_runtime *service_runtime_find(const char *name, struct err *err);
