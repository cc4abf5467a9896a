/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "kube/cni.h"
#include "preflight/diagnose.h"
#include "resource/netlink.h"

enum { NODES_MAX = 256 }; /* that are asked for: each takes some microseconds */

/* Ports of the pods' bridge whose MTU isn't `wanted`; the name of the first. */
static size_t odd_ports(const struct seen_links *seen, const struct seen_link *bridge, unsigned int wanted,
	const struct seen_link **ret_first)
{
	size_t i, n = 0;

	for (i = 0; i < seen->n; i++)
		if (seen->items[i].master == bridge->index && seen->items[i].mtu != wanted && n++ == 0)
			*ret_first = &seen->items[i];
	return n;
}

static void judge_bridge(
	const struct seen_links *seen, unsigned int wanted, const struct check *check, struct findings *findings)
{
	const struct seen_link *bridge = seen_links_find(seen, CNI_BRIDGE), *first = NULL;
	size_t n;

	if (bridge == NULL)
		return;
	if (wanted == 0)
		wanted = bridge->mtu;
	if (bridge->mtu != wanted)
		findings_add(findings, check, SEVERITY_ERROR, "'lazyjack up' sets it right",
			"the MTU of the pods' bridge '%s' is %u, but 'pod_net.mtu' is %u", bridge->name, bridge->mtu,
			wanted);
	n = odd_ports(seen, bridge, wanted, &first);
	if (n > 0)
		findings_add(findings, check, SEVERITY_WARNING, "delete these pods, so that they are made anew",
			"%zu pod%s on '%s' %s not have the MTU %u ('%s' has %u): they were made before it changed", n,
			n == 1 ? "" : "s", bridge->name, n == 1 ? "does" : "do", wanted, first->name, first->mtu);
}

void judge_mtu(const struct seen_links *seen, const struct cluster *cluster, const struct cluster_node *self,
	const struct check *check, struct findings *findings)
{
	const struct seen_link *interface = self ? seen_links_find(seen, self->interface) : NULL;

	judge_bridge(seen, cluster ? cluster->mtu : 0, check, findings);
	if (cluster && interface && interface->mtu < cluster->mtu)
		findings_add(findings, check, SEVERITY_ERROR,
			"'lazyjack prepare' sets it; when the link cannot do it, lower 'pod_net.mtu' on all nodes, "
			"then "
			"'prepare' and 'up'",
			"the MTU of '%s' is %u, less than 'pod_net.mtu' (%u): full packets of pods don't pass",
			interface->name, interface->mtu, cluster->mtu);
}

int diagnose_mtu(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_seen_links_ struct seen_links seen = {0};
	/* Before `prepare` nothing has the cluster's MTU yet. */
	bool prepared = doctor_prepared(what);
	int r = look_links(what, &seen, err);

	if (r == 0)
		judge_mtu(&seen, prepared ? what->cluster : NULL, prepared ? what->self : NULL, check, findings);
	return r;
}

void judge_path_mtu(const struct cluster_node *node, unsigned int path, unsigned int wanted, const struct check *check,
	struct findings *findings)
{
	if (path != 0 && path < wanted)
		findings_add(findings, check, SEVERITY_ERROR,
			"raise it on the switches between, or lower 'pod_net.mtu'; 'lazyjack verify' measures it",
			"the kernel learned that packets of %u octets at most reach node '%s', but 'pod_net.mtu' is %u",
			path, node->name, wanted);
}

/* The MTU that the route has been given, or that the kernel learned on the way (RFC 8201); 0: the interface's. */
static int take_mtu(const struct nlmsghdr *header, void *user)
{
	const struct nlattr *attribute, *metric;
	unsigned int *mtu = user;

	if (header == NULL || header->nlmsg_type != RTM_NEWROUTE)
		return 0;
	mnl_attr_for_each (attribute, header, sizeof(struct rtmsg))
		if (mnl_attr_get_type(attribute) == RTA_METRICS)
			mnl_attr_for_each_nested (metric, attribute)
				if (mnl_attr_get_type(metric) == RTAX_MTU)
					*mtu = mnl_attr_get_u32(metric);
	return 0;
}

static unsigned int path_mtu(struct mnl_socket *socket, const struct address *address)
{
	union netlink_message message;
	struct rtmsg *wanted;
	unsigned int mtu = 0;

	wanted = netlink_begin(&message, RTM_GETROUTE, 0, sizeof(*wanted));
	wanted->rtm_family = (unsigned char)address->family;
	wanted->rtm_dst_len = (unsigned char)address_bits(address);
	netlink_put_address(&message.header, RTA_DST, address);
	/* No route: what leads there is `verify`'s to say. */
	if (netlink_talk(socket, &message, take_mtu, &mtu, NULL) < 0)
		return 0;
	return mtu;
}

int diagnose_path_mtu(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	const struct cluster *cluster = what->cluster;
	struct mnl_socket *socket;
	size_t i;
	int r;

	r = node_netlink(what->node, NULL, &socket, err);
	for (i = 0; r == 0 && i < cluster->n_nodes && i < NODES_MAX; i++)
		if (&cluster->nodes[i] != what->self)
			judge_path_mtu(&cluster->nodes[i], path_mtu(socket, &cluster->nodes[i].mgmt[0].address),
				cluster->mtu, check, findings);
	return r;
}
