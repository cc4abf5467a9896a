/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of one node: what it, and a pod on it, can reach.
 *
 *   mgmt   every node's management address answers ICMP echo
 *   mtu    a packet of the full MTU passes unfragmented, there and back: to every other node, and from pod to pod
 *   pod    the pod on every other node answers over TCP
 *   dns64  a name without AAAA record resolves to its A record in the DNS64 prefix
 *   nat64  HTTP to that address works, full-size packets included
 *   outside  (modes with IPv4, instead of the last two) HTTP to a name outside works, where this node has a way out
 *
 * and on a node that is a member of the Kubernetes cluster:
 *
 *   api          the API server says that it is ready
 *   ready        every node is known to it, Ready, and has its management address there (asked from the master only)
 *   service      the Service 'kubernetes' takes TCP connections from node and pod, which kube-proxy makes possible
 *   cluster-dns  the cluster DNS knows that Service
 *   name         a pod that knows nothing but a name and the cluster DNS gets outside
 *
 * Everything is done for each family of the cluster.
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
	const char *pod_problem; /* … of this; NULL: none can be had, so all that needs one is left out */
	unsigned int pod_mtu;	 /* octets of a packet between pods */
	uint16_t port;		 /* of the responders */
	const struct url *url;	 /* something on an IPv4-only host */
	int64_t settle;		 /* of clock_ms(): until then, what Kubernetes may still be starting is asked again */
};

/* mgmt, mtu and pod. Every expected verdict is added, whatever happens. */
void check_nodes(const struct checks *checks, struct verdicts *ret);

/* api and ready, by this node's kubectl: on a member of the Kubernetes cluster only. */
void check_cluster(const struct checks *checks, struct verdicts *ret);

/* service, cluster-dns and name: on a member of the Kubernetes cluster only. */
void check_services(const struct checks *checks, struct verdicts *ret);

/* dns64 and nat64, from the node and from its pod; outside in modes with IPv4. */
void check_outside(const struct checks *checks, struct verdicts *ret);

/*
 * Where this node, by its own resolver and routes, finds the host of checks->url over `family`. 1 and its address; 0:
 * it has no way out or the name no such address, `*err` tells; negative: it should, and `*err` tells what went wrong.
 */
int checks_way_out(const struct checks *checks, int family, struct address *ret, struct err *err);

/*
 * What the checks share: who holds a role (this node when none does), what became of an attempt in words, and whether
 * to try once more, after a pause; false when checks->settle has passed or a signal asked to stop.
 */
enum {
	PEER_MS = 4000
}; /* longer than the duplicate address detection of a bridge that got its first port, before
      which it asks nobody */
const char *checks_holder(const struct checks *checks, enum role role);
const char *checks_outcome(int code); /* of an exchange or ping of PEER_MS */
bool checks_again(const struct checks *checks);

/* HTTP: GET checks->url from `to`, and judge it as `check` of `from`, which is in `netns` (NULL: here). */
void checks_fetch(const struct checks *checks, const char *check, const char *netns, const char *from,
	const struct address *to, struct verdicts *ret);
