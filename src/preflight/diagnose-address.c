/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "preflight/diagnose.h"
#include "preflight/neighbour.h"
#include "resource/netlink.h"

enum {
	PROBE_MS = 300,		/* an owner on the link answers within a few */
	TENTATIVE_SECONDS = 10, /* detection takes one or two (RFC 4862 section 5.4) */
};

/* The clock of struct ifa_cacheinfo counts hundredths of a second and stands still while the machine sleeps. */
static long age_of(uint32_t stamp)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec - (long)(stamp / 100);
}

static int take_address(const struct nlmsghdr *header, void *user)
{
	struct seen_addresses *addresses = user;
	struct address local = {0}, address = {0};
	struct seen_address seen = {.valid = -1};
	const struct ifa_cacheinfo *times;
	const struct ifaddrmsg *message;
	const struct nlattr *attribute;

	if (header == NULL) {
		addresses->n = 0;
		return 0;
	}
	if (header->nlmsg_type != RTM_NEWADDR)
		return 0;
	message = mnl_nlmsg_get_payload(header);
	seen.flags = message->ifa_flags;
	mnl_attr_for_each (attribute, header, sizeof(*message)) {
		switch (mnl_attr_get_type(attribute)) {
		case IFA_LOCAL:
			netlink_get_address(message->ifa_family, attribute, &local);
			break;
		case IFA_ADDRESS:
			netlink_get_address(message->ifa_family, attribute, &address);
			break;
		case IFA_FLAGS:
			seen.flags = mnl_attr_get_u32(attribute);
			break;
		case IFA_CACHEINFO:
			times = mnl_attr_get_payload(attribute);
			seen.age = age_of(times->tstamp);
			seen.valid = times->ifa_valid == UINT32_MAX ? -1 : (long)times->ifa_valid;
			break;
		}
	}
	/* IFA_ADDRESS is the other end's on a point-to-point link (linux/if_addr.h). */
	seen.prefix = (struct prefix){local.family ? local : address, message->ifa_prefixlen};
	if (seen.prefix.address.family == AF_UNSPEC || !if_indextoname(message->ifa_index, seen.interface))
		return 0;
	addresses->items = mem_grow(addresses->items, addresses->n, &addresses->cap, sizeof(*addresses->items));
	addresses->items[addresses->n++] = seen;
	return 0;
}

int look_addresses(const struct doctor *what, struct seen_addresses *ret, struct err *err)
{
	union netlink_message message;
	struct mnl_socket *socket;
	int r;

	r = node_netlink(what->node, NULL, &socket, err);
	if (r < 0)
		return r;
	netlink_begin(&message, RTM_GETADDR, NLM_F_DUMP, sizeof(struct ifaddrmsg));
	r = netlink_talk(socket, &message, take_address, ret, err);
	return r < 0 ? err_wrap(err, "cannot list the addresses") : 0;
}

void seen_addresses_done(struct seen_addresses *addresses)
{
	free(addresses->items);
	*addresses = (struct seen_addresses){0};
}

void judge_duplicate(const struct seen_addresses *seen, const struct check *check, struct findings *findings)
{
	size_t i;

	for (i = 0; i < seen->n; i++) {
		const struct seen_address *address = &seen->items[i];
		char text[ADDRESS_TEXT_MAX];

		if (address->flags & IFA_F_DADFAILED)
			findings_add(findings, check, SEVERITY_ERROR,
				"take it away from the other machine, delete it here with 'ip addr del', then "
				"'lazyjack prepare' sets it again",
				"duplicate address detection failed for '%s' on '%s': another machine on that link "
				"has it, and this one does not use it",
				address_text(&address->prefix.address, text), address->interface);
	}
}

void judge_tentative(const struct seen_addresses *seen, const struct check *check, struct findings *findings)
{
	size_t i;

	for (i = 0; i < seen->n; i++) {
		const struct seen_address *address = &seen->items[i];
		char text[ADDRESS_TEXT_MAX];

		if ((address->flags & IFA_F_TENTATIVE) && !(address->flags & (IFA_F_DADFAILED | IFA_F_OPTIMISTIC)) &&
			address->age >= TENTATIVE_SECONDS)
			findings_add(findings, check, SEVERITY_WARNING,
				"look at the cable or switch port: detection waits for a carrier",
				"'%s' on '%s' has been tentative for %ld s, so nothing can use it yet",
				address_text(&address->prefix.address, text), address->interface, address->age);
	}
}

static const struct seen_address *find(const struct seen_addresses *seen, const struct address *address)
{
	size_t i;

	for (i = 0; i < seen->n; i++)
		if (address_equal(&seen->items[i].prefix.address, address))
			return &seen->items[i];
	return NULL;
}

void judge_own_address(const struct seen_addresses *seen, const struct cluster_node *self, bool prepared,
	const struct check *check, struct findings *findings)
{
	const struct seen_address *found = find(seen, &self->mgmt[0].address);
	char text[ADDRESS_TEXT_MAX];

	address_text(&self->mgmt[0].address, text);
	if (found && !str_eq(found->interface, self->interface))
		findings_add(findings, check, SEVERITY_ERROR,
			"remove the address there, or name that interface in the configuration",
			"the management address '%s' is on the interface '%s' of this node, not on '%s'", text,
			found->interface, self->interface);
	else if (!found && self->address_exists)
		findings_add(findings, check, SEVERITY_ERROR,
			"give the interface the address, or leave out the node's key 'address'",
			"the interface '%s' does not have the address '%s' that the configuration says it has",
			self->interface, text);
	else if (!found && prepared)
		findings_add(findings, check, SEVERITY_ERROR, "'lazyjack prepare' sets it again",
			"this node was prepared, but its management address '%s' is not on '%s'", text,
			self->interface);
}

/* "ADDRESS" or "ADDRESS%INTERFACE". */
void judge_ssh(const struct seen_addresses *seen, const char *server, const struct cluster_node *self,
	const struct check *check, struct findings *findings)
{
	_cleanup_free_ char *plain = mem_strndup(server, strcspn(server, "%"));
	const char *zone = strchr(server, '%');
	const struct seen_address *found = NULL;
	struct address address;

	if (address_parse(plain, &address) == 0)
		found = find(seen, &address);
	if (str_eq(zone ? zone + 1 : found ? found->interface : NULL, self->interface))
		findings_add(findings, check, SEVERITY_WARNING,
			"have a console or another interface at hand before 'prepare', 'down' or 'clean'",
			"this SSH session came in over '%s' to '%s': a mistake in the configuration of that "
			"interface cuts it off",
			self->interface, plain);
}

typedef void judge_fn(const struct seen_addresses *seen, const struct check *check, struct findings *findings);

static int look_and_judge(const struct doctor *what, const struct check *check, struct findings *findings,
	judge_fn *judge, struct err *err)
{
	_cleanup_seen_addresses_ struct seen_addresses seen = {0};
	int r = look_addresses(what, &seen, err);

	if (r == 0)
		judge(&seen, check, findings);
	return r;
}

int diagnose_duplicate(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	return look_and_judge(what, check, findings, judge_duplicate, err);
}

int diagnose_tentative(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	return look_and_judge(what, check, findings, judge_tentative, err);
}

int diagnose_own_address(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_seen_addresses_ struct seen_addresses seen = {0};
	int r = look_addresses(what, &seen, err);

	if (r == 0)
		judge_own_address(&seen, what->self, doctor_prepared(what), check, findings);
	return r;
}

int diagnose_ssh(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_seen_addresses_ struct seen_addresses seen = {0};
	int r;

	if (what->ssh_server == NULL)
		return 0;
	r = look_addresses(what, &seen, err);
	if (r == 0)
		judge_ssh(&seen, what->ssh_server, what->self, check, findings);
	return r;
}

int diagnose_conflict(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	const struct address *address = &what->self->mgmt[0].address;
	_cleanup_err_ struct err reason = ERR_INIT;
	uint8_t mac[NEIGHBOUR_MAC];
	char text[ADDRESS_TEXT_MAX];
	int r;

	if (address->family != AF_INET6)
		return 0;
	r = neighbour_probe(what->self->interface, address, PROBE_MS, mac, &reason);
	if (r < 0) /* Not every kind of link has neighbours; that there is none at all is said elsewhere. */
		log_info("did not ask who else has the address: %s", reason.msg);
	if (r == 1)
		findings_add(findings, check, SEVERITY_ERROR,
			"take it away from that machine, or give this node another 'id' in the configuration",
			"the management address '%s' is in use by the machine with hardware address "
			"%02x:%02x:%02x:%02x:%02x:%02x on '%s' as well",
			address_text(address, text), mac[0], mac[1], mac[2], mac[3], mac[4], mac[5],
			what->self->interface);
	return 0;
}
