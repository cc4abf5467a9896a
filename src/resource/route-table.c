/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/route-table.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"

#define NONE UINT32_MAX

/* First in the structure is what callers get, so that "the next one" can be found from it. */
struct entry {
	struct route route;
	uint32_t next; /* in the same bucket */
	bool gone;
};

struct link_name {
	unsigned int index;
	char name[IF_NAMESIZE];
};

struct route_table {
	struct mnl_socket *requests, *news;
	bool valid;
	struct entry *entries;
	size_t n, cap;
	uint32_t *buckets;
	size_t n_buckets; /* a power of two */
	struct link_name *links;
	size_t n_links, cap_links;
};

struct route_table *route_table_new(struct mnl_socket *requests, struct mnl_socket *news)
{
	struct route_table *table = mem_new(1, sizeof(*table));

	table->requests = requests;
	table->news = news;
	return table;
}

void route_table_free(struct route_table *table)
{
	if (table == NULL)
		return;
	mnl_socket_close(table->news);
	free(table->entries);
	free(table->buckets);
	free(table->links);
	free(table);
}

/* FNV-1a. */
static uint32_t hash(const struct prefix *prefix)
{
	uint32_t value = 2166136261u;
	size_t i;

	for (i = 0; i < sizeof(prefix->address.bytes); i++)
		value = (value ^ prefix->address.bytes[i]) * 16777619u;
	value = (value ^ prefix->length) * 16777619u;
	return (value ^ (uint32_t)prefix->address.family) * 16777619u;
}

static void chain(struct route_table *table, uint32_t i)
{
	uint32_t *bucket = &table->buckets[hash(&table->entries[i].route.to) & (table->n_buckets - 1)];

	table->entries[i].next = *bucket;
	*bucket = i;
}

static void rehash(struct route_table *table)
{
	size_t i;

	table->n_buckets = table->n_buckets ? table->n_buckets * 2 : 64;
	free(table->buckets);
	table->buckets = mem_new(table->n_buckets, sizeof(*table->buckets));
	for (i = 0; i < table->n_buckets; i++)
		table->buckets[i] = NONE;
	for (i = 0; i < table->n; i++)
		chain(table, (uint32_t)i);
}

void route_table_add(struct route_table *table, const struct route *route)
{
	table->entries = mem_grow(table->entries, table->n, &table->cap, sizeof(*table->entries));
	table->entries[table->n] = (struct entry){.route = *route};
	if (table->n >= table->n_buckets) {
		table->n++;
		rehash(table);
		return;
	}
	chain(table, (uint32_t)table->n++);
}

const struct route *route_table_find(
	const struct route_table *table, const struct prefix *to, const struct route *after)
{
	uint32_t i = NONE;

	if (after)
		i = ((const struct entry *)after)->next;
	else if (table->n_buckets)
		i = table->buckets[hash(to) & (table->n_buckets - 1)];
	for (; i != NONE; i = table->entries[i].next)
		if (!table->entries[i].gone && prefix_equal(&table->entries[i].route.to, to))
			return &table->entries[i].route;
	return NULL;
}

void route_table_remove(struct route_table *table, const struct route *route)
{
	const struct route *found = NULL;

	while ((found = route_table_find(table, &route->to, found)) != NULL)
		if (address_equal(&found->via, &route->via) && (route->link == 0 || found->link == route->link))
			table->entries[(const struct entry *)found - table->entries].gone = true;
}

void route_table_expire(struct route_table *table)
{
	table->valid = false;
}

unsigned int route_table_link(const struct route_table *table, const char *name)
{
	size_t i;

	for (i = 0; i < table->n_links; i++)
		if (str_eq(table->links[i].name, name))
			return table->links[i].index;
	return 0;
}

const char *route_table_link_name(const struct route_table *table, unsigned int link)
{
	size_t i;

	for (i = 0; i < table->n_links; i++)
		if (table->links[i].index == link)
			return table->links[i].name;
	return "?";
}

/* Keep the first `n` routes only. */
static void truncate_routes(struct route_table *table, size_t n)
{
	size_t i;

	table->n = n;
	for (i = 0; i < table->n_buckets; i++)
		table->buckets[i] = NONE;
	for (i = 0; i < n; i++)
		chain(table, (uint32_t)i);
}

/* The paths of a multipath route: struct rtnexthop and its attributes, one after the other (linux/rtnetlink.h). */
static void take_paths(struct route_table *table, const struct route *base, const struct nlattr *paths)
{
	const char *at = mnl_attr_get_payload(paths);
	size_t left = mnl_attr_get_payload_len(paths);

	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *path = (const struct rtnexthop *)at;
		struct route route = *base;
		const struct nlattr *attr;

		if (path->rtnh_len < sizeof(*path) || path->rtnh_len > left)
			return;
		route.link = (unsigned int)path->rtnh_ifindex;
		mnl_attr_for_each_payload ((const void *)(at + sizeof(*path)), path->rtnh_len - sizeof(*path))
			if (mnl_attr_get_type(attr) == RTA_GATEWAY)
				netlink_get_address(base->to.address.family, attr, &route.via);
		route_table_add(table, &route);
		if (RTNH_ALIGN(path->rtnh_len) >= left)
			return;
		left -= RTNH_ALIGN(path->rtnh_len);
		at += RTNH_ALIGN(path->rtnh_len);
	}
}

struct reading {
	struct route_table *table;
	size_t from; /* routes of the dumps before this one */
};

static unsigned int take_mtu(const struct nlattr *metrics)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, metrics)
		if (mnl_attr_get_type(attribute) == RTAX_MTU)
			return mnl_attr_get_u32(attribute);
	return 0;
}

static int take_route(const struct nlmsghdr *header, void *user)
{
	struct reading *reading = user;
	const struct nlattr *attribute, *paths = NULL;
	const struct rtmsg *message;
	struct route route = {0};
	uint32_t table;

	if (header == NULL) {
		truncate_routes(reading->table, reading->from);
		return 0;
	}
	if (header->nlmsg_type != RTM_NEWROUTE)
		return 0;
	message = mnl_nlmsg_get_payload(header);
	table = message->rtm_table;
	route.to.address.family = message->rtm_family;
	route.to.length = message->rtm_dst_len;
	mnl_attr_for_each (attribute, header, sizeof(*message)) {
		switch (mnl_attr_get_type(attribute)) {
		case RTA_TABLE:
			table = mnl_attr_get_u32(attribute);
			break;
		case RTA_DST:
			netlink_get_address(message->rtm_family, attribute, &route.to.address);
			break;
		case RTA_GATEWAY:
			netlink_get_address(message->rtm_family, attribute, &route.via);
			break;
		case RTA_OIF:
			route.link = mnl_attr_get_u32(attribute);
			break;
		case RTA_METRICS:
			route.mtu = take_mtu(attribute);
			break;
		case RTA_MULTIPATH:
			paths = attribute;
			break;
		}
	}
	if (table != RT_TABLE_MAIN || (message->rtm_flags & RTM_F_CLONED))
		return 0;
	if (paths)
		take_paths(reading->table, &route, paths);
	else
		route_table_add(reading->table, &route);
	return 0;
}

static int take_link(const struct nlmsghdr *header, void *user)
{
	struct route_table *table = user;
	const struct nlattr *attribute;
	const struct ifinfomsg *message;

	if (header == NULL) {
		table->n_links = 0;
		return 0;
	}
	if (header->nlmsg_type != RTM_NEWLINK)
		return 0;
	message = mnl_nlmsg_get_payload(header);
	mnl_attr_for_each (attribute, header, sizeof(*message)) {
		struct link_name *link;

		if (mnl_attr_get_type(attribute) != IFLA_IFNAME)
			continue;
		table->links = mem_grow(table->links, table->n_links, &table->cap_links, sizeof(*table->links));
		link = &table->links[table->n_links++];
		link->index = (unsigned int)message->ifi_index;
		snprintf(link->name, sizeof(link->name), "%s", mnl_attr_get_str(attribute));
	}
	return 0;
}

static int read_routes(struct route_table *table, int family, struct err *err)
{
	struct reading reading = {.table = table, .from = table->n};
	union netlink_message message;
	struct rtmsg *wanted;
	int r;

	wanted = netlink_begin(&message, RTM_GETROUTE, NLM_F_DUMP, sizeof(*wanted));
	wanted->rtm_family = (unsigned char)family;
	wanted->rtm_table = RT_TABLE_MAIN;
	r = netlink_talk(table->requests, &message, take_route, &reading, NULL);
	/* A table is made with its first route; a kernel without IPv6 knows no such family. */
	if (r < 0 && r != -ENOENT && r != -EAFNOSUPPORT && r != -EOPNOTSUPP)
		return err_errno(err, -r, "can't read the routing table");
	return 0;
}

static int read_all(struct route_table *table, struct err *err)
{
	union netlink_message message;
	int r;

	truncate_routes(table, 0);
	table->n_links = 0;
	netlink_begin(&message, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(&message.header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = netlink_talk(table->requests, &message, take_link, table, err);
	if (r < 0)
		return err_wrap(err, "can't list the links");
	r = read_routes(table, AF_INET6, err);
	if (r == 0)
		r = read_routes(table, AF_INET, err);
	table->valid = r == 0;
	return r;
}

/* True when a notification is about something that we did not enter ourselves. */
static bool is_news(const struct route_table *table, const struct nlmsghdr *header)
{
	return (header->nlmsg_type != RTM_NEWROUTE && header->nlmsg_type != RTM_DELROUTE) ||
	       header->nlmsg_pid != mnl_socket_get_portid(table->requests);
}

int route_table_refresh(struct route_table *table, struct err *err)
{
	_Alignas(struct nlmsghdr) char buffer[8192];
	const struct nlmsghdr *header;
	ssize_t n;
	int left;

	for (;;) {
		n = recv(mnl_socket_get_fd(table->news), buffer, sizeof(buffer), MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0 && errno == EINTR)
			continue;
		/* ENOBUFS: there was more than the socket could hold, so anything may have happened. */
		if (n <= 0 || (size_t)n > sizeof(buffer)) {
			table->valid = false;
			if (n < 0 && errno != ENOBUFS)
				return err_errno(err, errno, "can't hear what the kernel tells about routes");
			continue;
		}
		header = (const struct nlmsghdr *)buffer;
		for (left = (int)n; mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left))
			if (is_news(table, header))
				table->valid = false;
	}
	return table->valid ? 0 : read_all(table, err);
}
