/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "preflight/diagnose.h"
#include "resource/netlink.h"
#include "service/support.h"

#define KUBELET_FLAGS "/var/lib/kubelet/kubeadm-flags.env"

static int take_route(const struct nlmsghdr *header, void *user)
{
	struct seen_routes *routes = user;
	struct seen_route seen = {.expires = -1};
	const struct rta_cacheinfo *times;
	const struct nlattr *attribute;
	const struct rtmsg *message;
	unsigned int table;

	if (header == NULL) {
		routes->n = 0;
		return 0;
	}
	if (header->nlmsg_type != RTM_NEWROUTE)
		return 0;
	message = mnl_nlmsg_get_payload(header);
	if (message->rtm_dst_len != 0 || message->rtm_type != RTN_UNICAST)
		return 0;
	table = message->rtm_table;
	seen.protocol = message->rtm_protocol;
	mnl_attr_for_each (attribute, header, sizeof(*message)) {
		switch (mnl_attr_get_type(attribute)) {
		case RTA_TABLE:
			table = mnl_attr_get_u32(attribute);
			break;
		case RTA_OIF:
			if_indextoname(mnl_attr_get_u32(attribute), seen.interface);
			break;
		case RTA_GATEWAY:
			netlink_get_address(message->rtm_family, attribute, &seen.via);
			break;
		case RTA_CACHEINFO: /* hundredths of a second, 0: for ever */
			times = mnl_attr_get_payload(attribute);
			if (times->rta_expires)
				seen.expires = times->rta_expires / 100;
			break;
		}
	}
	/* Several ways at once (RTA_MULTIPATH) are nobody's who learned them. */
	if (table != RT_TABLE_MAIN || seen.interface[0] == '\0')
		return 0;
	routes->items = mem_grow(routes->items, routes->n, &routes->cap, sizeof(*routes->items));
	routes->items[routes->n++] = seen;
	return 0;
}

int look_default_routes(const struct doctor *what, int family, struct seen_routes *ret, struct err *err)
{
	union netlink_message message;
	struct mnl_socket *socket;
	struct rtmsg *wanted;
	int r;

	r = node_netlink(what->node, NULL, &socket, err);
	if (r < 0)
		return r;
	wanted = netlink_begin(&message, RTM_GETROUTE, NLM_F_DUMP, sizeof(*wanted));
	wanted->rtm_family = (unsigned char)family;
	r = netlink_talk(socket, &message, take_route, ret, err);
	return r < 0 ? err_wrap(err, "cannot list the routes") : 0;
}

void seen_routes_done(struct seen_routes *routes)
{
	free(routes->items);
	*routes = (struct seen_routes){0};
}

/*
 * Kernel documentation, networking/ip-sysctl, accept_ra: 1 accepts advertisements only while forwarding is off; 2
 * always; 0 leaves them to another program (systemd-networkd, NetworkManager), which forwarding does no harm.
 */
void judge_ra(const struct seen_listener *seen, const struct check *check, struct findings *findings)
{
	_cleanup_free_ char *cure = mem_printf("'sysctl -w net.ipv6.conf.%s.accept_ra=2', and 'lazyjack prepare' "
					       "again while the route is there, which makes it last",
		seen->interface);

	if (seen->forwarding != 1 || seen->accept_ra != 1)
		return;
	if (seen->route && seen->route->expires >= 0)
		findings_add(findings, check, SEVERITY_ERROR, cure,
			"forwarding is on, so '%s' ignores router advertisements (accept_ra is 1): its default route "
			"goes in %ld s",
			seen->interface, seen->route->expires);
	else if (seen->route)
		findings_add(findings, check, SEVERITY_ERROR, cure,
			"forwarding is on, so '%s' ignores router advertisements (accept_ra is 1): its default route "
			"is not renewed",
			seen->interface);
	else if (seen->learned)
		findings_add(findings, check, SEVERITY_WARNING, cure,
			"forwarding is on, so '%s' ignores router advertisements (accept_ra is 1): the address that it "
			"learned that way goes in %ld s, the default route may be gone already",
			seen->interface, seen->learned->valid);
}

/* What the kernel makes of a prefix advertised has a lifetime and a route; other programs see to the route themselves.
 */
static bool is_learned(const struct seen_address *address)
{
	return address->prefix.address.family == AF_INET6 && address->prefix.length == 64 && address->valid >= 0 &&
	       !(address->flags & (IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE)) &&
	       !address_is_link_local(&address->prefix.address);
}

static long interface_sysctl(const struct doctor *what, const char *interface, const char *name)
{
	_cleanup_free_ char *path = mem_printf("net/ipv6/conf/%s/%s", interface, name);

	return doctor_sysctl(what, path);
}

static void judge_listener(
	const struct doctor *what, struct seen_listener *listener, const struct check *check, struct findings *findings)
{
	listener->forwarding = interface_sysctl(what, listener->interface, "forwarding");
	listener->accept_ra = interface_sysctl(what, listener->interface, "accept_ra");
	judge_ra(listener, check, findings);
}

static bool has_learned_route(const struct seen_routes *routes, const char *interface)
{
	size_t i;

	for (i = 0; i < routes->n; i++)
		if (routes->items[i].protocol == RTPROT_RA && str_eq(routes->items[i].interface, interface))
			return true;
	return false;
}

int diagnose_ra(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_seen_routes_ struct seen_routes routes = {0};
	_cleanup_seen_addresses_ struct seen_addresses addresses = {0};
	size_t i;
	int r;

	r = look_default_routes(what, AF_INET6, &routes, err);
	if (r == 0)
		r = look_addresses(what, &addresses, err);
	if (r < 0)
		return r;
	for (i = 0; i < routes.n; i++) {
		struct seen_listener listener = {.interface = routes.items[i].interface, .route = &routes.items[i]};

		if (routes.items[i].protocol == RTPROT_RA)
			judge_listener(what, &listener, check, findings);
	}
	for (i = 0; i < addresses.n; i++) {
		struct seen_listener listener = {
			.interface = addresses.items[i].interface, .learned = &addresses.items[i]};

		if (is_learned(&addresses.items[i]) && !has_learned_route(&routes, listener.interface))
			judge_listener(what, &listener, check, findings);
	}
	return 0;
}

/* Kubernetes takes the address beside the IPv4 default route for the node's, unless it is told another. */
void judge_ipv4_default(
	const struct seen_routes *seen, bool nat64, bool node_ip, const struct check *check, struct findings *findings)
{
	char via[ADDRESS_TEXT_MAX] = "?";

	if (nat64 && seen->n == 0)
		findings_add(findings, check, SEVERITY_ERROR, "add an IPv4 default route on this node",
			"this node translates to IPv4, but has no IPv4 default route: nothing outside answers");
	if (nat64 || seen->n == 0 || node_ip)
		return;
	if (seen->items[0].via.family)
		address_text(&seen->items[0].via, via);
	findings_add(findings, check, SEVERITY_WARNING,
		"let kubeadm use lazyjack's kubeadm.conf, which sets 'node-ip', or remove the route",
		"the IPv4 default route via '%s' on '%s' would make Kubernetes take that interface's IPv4 address for "
		"the node's",
		via, seen->items[0].interface);
}

int diagnose_ipv4_default(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *flags = doctor_text(what, KUBELET_FLAGS, NULL);
	_cleanup_seen_routes_ struct seen_routes routes = {0};
	int r;

	if (what->cluster->mode != MODE_IPV6)
		return 0;
	r = look_default_routes(what, AF_INET, &routes, err);
	if (r < 0)
		return r;
	judge_ipv4_default(&routes, what->self->roles & ROLE_NAT64,
		flags && kubelet_node_ip(flags, &what->self->mgmt[0].address) == 1, check, findings);
	return 0;
}

/*
 * Strict reverse path filtering (1) drops what comes back over another interface than it went out: it does no harm
 * where there is one way only. The larger of "all" and the interface's own holds (networking/ip-sysctl).
 */
int diagnose_rp_filter(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_seen_routes_ struct seen_routes routes = {0};
	long all = doctor_sysctl(what, "net/ipv4/conf/all/rp_filter");
	bool several = false;
	size_t i;
	int r;

	if (!(what->self->roles & ROLE_NAT64) && what->cluster->mode == MODE_IPV6)
		return 0;
	r = look_default_routes(what, AF_INET, &routes, err);
	if (r < 0)
		return r;
	for (i = 1; i < routes.n; i++)
		several = several || !str_eq(routes.items[i].interface, routes.items[0].interface);
	for (i = 0; several && i < routes.n; i++) {
		const char *interface = routes.items[i].interface;
		_cleanup_free_ char *path = mem_printf("net/ipv4/conf/%s/rp_filter", interface);
		_cleanup_free_ char *cure = mem_printf(
			"'sysctl -w net.ipv4.conf.%s.rp_filter=2' (loose), or one default route only", interface);
		long own = doctor_sysctl(what, path);

		if ((own > all ? own : all) == 1)
			findings_add(findings, check, SEVERITY_WARNING, cure,
				"there are IPv4 default routes over several interfaces, and '%s' drops answers that "
				"come back another way (rp_filter is 1, strict)",
				interface);
	}
	return 0;
}
