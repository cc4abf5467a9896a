/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "preflight/checks.h"
#include "preflight/neighbour.h"
#include "resource/link.h"
#include "resource/netlink.h"

enum { PROBE_TIMEOUT = 150 }; /* ms; an owner on the link answers within a few */

int check_interface(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *cure = mem_printf("'ip link set %s up'", what->self->interface);
	_cleanup_err_ struct err reason = ERR_INIT;
	struct link link;

	if (link_need(what->node, NULL, what->self->interface, &link, &reason) < 0)
		findings_add(findings, check, SEVERITY_ERROR,
			"set the node's 'interface' in the configuration to one of them", "%s", reason.msg);
	else if (!link.up)
		findings_add(
			findings, check, SEVERITY_ERROR, cure, "the interface '%s' is down", what->self->interface);
	return 0;
}

#define IPV6_CONF "/proc/sys/net/ipv6/conf"

enum { VALUE_MAX = 64 }; /* octets of a sysctl */

/* The management address goes to the one, kubeadm has etcd listen on the other. */
int check_ipv6(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	const char *const names[] = {what->self->interface, "lo"};
	size_t i;

	if (what->cluster->mode == MODE_IPV4)
		return 0;
	if (access(IPV6_CONF, F_OK) < 0) {
		findings_add(findings, check, SEVERITY_ERROR,
			"take 'ipv6.disable=1' out of the kernel's command line, and reboot",
			"the kernel has IPv6 turned off");
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = mem_printf(IPV6_CONF "/%s/disable_ipv6", names[i]), *text = NULL;
		_cleanup_free_ char *cure = mem_printf("'sysctl -w net/ipv6/conf/%s/disable_ipv6=0'", names[i]);
		size_t len;

		/* No such interface: said by its own check. */
		if (file_read(path, VALUE_MAX, &text, &len, NULL, NULL) == 0 && str_eq(text, "1\n"))
			findings_add(
				findings, check, SEVERITY_ERROR, cure, "IPv6 is off on the interface '%s'", names[i]);
	}
	return 0;
}

static int take_max_mtu(const struct nlmsghdr *header, void *user)
{
	const struct nlattr *attribute;
	unsigned int *max = user;

	if (header == NULL || header->nlmsg_type != RTM_NEWLINK)
		return 0;
	mnl_attr_for_each (attribute, header, sizeof(struct ifinfomsg))
		if (mnl_attr_get_type(attribute) == IFLA_MAX_MTU)
			*max = mnl_attr_get_u32(attribute);
	return 0;
}

int check_mtu(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	union netlink_message message;
	struct mnl_socket *socket;
	unsigned int max = 0;
	int r;

	r = node_netlink(what->node, NULL, &socket, err);
	if (r < 0)
		return r;
	netlink_begin(&message, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(&message.header, IFLA_IFNAME, what->self->interface);
	r = netlink_talk(socket, &message, take_max_mtu, &max, err);
	if (r == -ENODEV) { /* said by the check of the interface */
		err_done(err);
		return 0;
	}
	if (r < 0)
		return r;
	/* 0: the driver sets no limit. */
	if (max != 0 && what->cluster->mtu > max)
		findings_add(findings, check, SEVERITY_ERROR, "set pod_net.mtu to what every node's interface can do",
			"the interface '%s' can do an MTU of %u at most, but the configuration wants %u",
			what->self->interface, max, what->cluster->mtu);
	return 0;
}

/* On which interface this machine has the address: 1 and its name, 0 for none. */
static int find_own(const struct address *address, char ret[IF_NAMESIZE], struct err *err)
{
	struct ifaddrs *list, *item;
	struct sockaddr_storage wanted;
	int found = 0;

	address_sockaddr(address, 0, &wanted);
	if (getifaddrs(&list) < 0)
		return err_errno(err, errno, "cannot list this machine's addresses");
	for (item = list; item && !found; item = item->ifa_next) {
		if (item->ifa_addr == NULL || item->ifa_addr->sa_family != wanted.ss_family)
			continue;
		if (wanted.ss_family == AF_INET6)
			found = memcmp(&((struct sockaddr_in6 *)item->ifa_addr)->sin6_addr,
					&((struct sockaddr_in6 *)&wanted)->sin6_addr, 16) == 0;
		else
			found = memcmp(&((struct sockaddr_in *)item->ifa_addr)->sin_addr,
					&((struct sockaddr_in *)&wanted)->sin_addr, 4) == 0;
		if (found)
			snprintf(ret, IF_NAMESIZE, "%s", item->ifa_name);
	}
	freeifaddrs(list);
	return found;
}

static int check_own(const struct preflight *what, const struct address *address, bool exists,
	const struct check *check, struct findings *findings, struct err *err)
{
	const char *wanted = what->self->interface;
	char text[ADDRESS_TEXT_MAX], interface[IF_NAMESIZE];
	int r = find_own(address, interface, err);

	address_text(address, text);
	if (r < 0)
		return r;
	if (r == 1 && !str_eq(interface, wanted))
		findings_add(findings, check, SEVERITY_ERROR,
			"remove the address there, or name that interface in the configuration",
			"the management address '%s' is on the interface '%s' of this node, not on '%s'", text,
			interface, wanted);
	if (r == 0 && exists)
		findings_add(findings, check, SEVERITY_ERROR,
			"give the interface the address, or leave out the node's key 'address'",
			"the interface '%s' does not have the address '%s' that the configuration says it has", wanted,
			text);
	return 0;
}

/* The configuration's 'address' is of the first family. */
static bool is_there_already(const struct cluster_node *self, unsigned int family)
{
	return family == 0 && self->address_exists;
}

int check_own_address(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	unsigned int f;
	int r = 0;

	for (f = 0; r >= 0 && f < what->cluster->families; f++)
		r = check_own(
			what, &what->self->mgmt[f].address, is_there_already(what->self, f), check, findings, err);
	return r;
}

static int probe(const struct preflight *what, const struct address *address, const struct check *check,
	struct findings *findings, struct err *err)
{
	const char *on = what->self->interface;
	char text[ADDRESS_TEXT_MAX], interface[IF_NAMESIZE];
	_cleanup_err_ struct err reason = ERR_INIT;
	uint8_t mac[NEIGHBOUR_MAC];
	int r;

	/* One that is here already was found to be unique when it was set, or the next check says what became of it. */
	r = find_own(address, interface, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = neighbour_probe(on, address, PROBE_TIMEOUT, mac, &reason);
	if (r < 0) {
		/* Not every kind of link has neighbours. */
		log_info("did not ask for the address before setting it: %s", reason.msg);
		return 0;
	}
	if (r == 1)
		findings_add(findings, check, SEVERITY_ERROR,
			"take it away from that machine, or give this node another 'id' in the configuration",
			"the management address '%s' is in use already by the machine with hardware address "
			"%02x:%02x:%02x:%02x:%02x:%02x on '%s'",
			address_text(address, text), mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], on);
	return 0;
}

int check_address_in_use(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_err_ struct err reason = ERR_INIT;
	struct link link;
	unsigned int f;
	int r = 0;

	if (link_find(what->node, NULL, what->self->interface, &link, &reason) <= 0 || !link.up)
		return 0; /* said by the check of the interface */
	for (f = 0; r >= 0 && f < what->cluster->families; f++)
		if (!is_there_already(what->self, f))
			r = probe(what, &what->self->mgmt[f].address, check, findings, err);
	return r;
}

/* proc(5), /proc/net/route: destination, gateway and mask as hexadecimal numbers in network order. */
static bool find_ipv4_default(char ret_interface[IF_NAMESIZE], char ret_gateway[INET_ADDRSTRLEN])
{
	FILE *file = fopen("/proc/net/route", "re");
	unsigned int destination, gateway, mask, flags;
	char line[256], name[16];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		struct in_addr address;

		if (sscanf(line, "%15s %x %x %x %*s %*s %*s %x", name, &destination, &gateway, &flags, &mask) != 5)
			continue;
		if (destination != 0 || mask != 0)
			continue;
		address.s_addr = gateway;
		snprintf(ret_interface, IF_NAMESIZE, "%s", name);
		inet_ntop(AF_INET, &address, ret_gateway, INET_ADDRSTRLEN);
		found = true;
	}
	if (file)
		fclose(file);
	return found;
}

/*
 * Kubernetes takes the address of the interface with the IPv4 default route for the node's, unless told otherwise;
 * NAT64 on the other hand needs one.
 */
int check_ipv4_default_route(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	char interface[IF_NAMESIZE], gateway[INET_ADDRSTRLEN];
	bool nat64 = what->self->roles & ROLE_NAT64, there = find_ipv4_default(interface, gateway);

	if (what->cluster->mode != MODE_IPV6)
		return 0;
	if (nat64 && !there)
		findings_add(findings, check, SEVERITY_WARNING,
			"add an IPv4 default route before names outside are needed",
			"this node translates to IPv4, but has no IPv4 default route");
	if (!nat64 && there)
		findings_add(findings, check, SEVERITY_WARNING,
			"nothing has to be done as long as kubeadm.conf, which sets 'node-ip', is used; else remove "
			"the route",
			"the IPv4 default route via '%s' on '%s' would win over the IPv6 node address", gateway,
			interface);
	return 0;
}
