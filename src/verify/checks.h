/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of one node: what it, and a pod on it, can reach.
 *
 *   mgmt   every node's management address answers ICMPv6 echo
 *   mtu    a packet of the full MTU passes unfragmented, there and back: to every other node, and from pod to pod
 *   pod    the pod on every other node answers over TCP
 *   dns64  a name without AAAA record resolves to its A record in the DNS64 prefix
 *   nat64  HTTP to that address works, full-size packets included
 */
#pragma once

#include "model/cluster.h"
#include "resource/node.h"
#include "verify/http.h"
#include "verify/result.h"

struct checks {
	struct node *node;
	const struct cluster *cluster;
	const struct cluster_node *self;
	const char *pod;	 /* namespace of this node's pod; NULL: there is none, since … */
	const char *pod_problem; /* … of this */
	uint16_t port;		 /* of the responders */
	const struct url *url;	 /* something on an IPv4-only host */
};

/* mgmt, mtu and pod, for an IPv6 cluster. Every expected verdict is added, whatever happens. */
void check_nodes(const struct checks *checks, struct verdicts *ret);

/* dns64 and nat64, from the node and from its pod. */
void check_outside(const struct checks *checks, struct verdicts *ret);
