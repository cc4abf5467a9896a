/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The main routing table of a namespace, and its links' names, read from the kernel in one go and then looked up
 * without asking it again. It stays true: a second socket listens to the kernel's notifications, and whatever someone
 * else changes makes the table be read anew. What we change ourselves is entered by route_table_add() and _remove().
 */
#pragma once

#include <linux/rtnetlink.h>
#include <stdint.h>

#include "net/prefix.h"
#include "resource/netlink.h"

/* What the second socket listens to. An IPv4 route that goes with its link or address is not notified itself. */
#define ROUTE_TABLE_GROUPS                                                                                             \
	(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE)

struct route {
	struct prefix to;
	struct address via; /* family AF_UNSPEC: none */
	unsigned int link;  /* its index; 0: none (an unreachable route, say), or any in a wish */
	unsigned int mtu;   /* octets; 0: the link's, or any in a wish */
};

struct route_table;

/* `requests` is borrowed, `news` (joined to ROUTE_TABLE_GROUPS) is taken over. */
struct route_table *route_table_new(struct mnl_socket *requests, struct mnl_socket *news);
void route_table_free(struct route_table *table);

/* Take the news, and read the table again if they demand it. Before every look-up. */
int route_table_refresh(struct route_table *table, struct err *err);

/* The next route (each path of a multipath route is one) to exactly `to` behind `after` (NULL: the first), or NULL. */
const struct route *route_table_find(
	const struct route_table *table, const struct prefix *to, const struct route *after);

/* Read everything again at the next refresh. */
void route_table_expire(struct route_table *table);

/* Enter what we changed ourselves. Adding invalidates what route_table_find() returned; `link` 0 removes on any. */
void route_table_add(struct route_table *table, const struct route *route);
void route_table_remove(struct route_table *table, const struct route *route);

/* Index of a link, 0 when there is none. Name of a link, "?" when there is none. */
unsigned int route_table_link(const struct route_table *table, const char *name);
const char *route_table_link_name(const struct route_table *table, unsigned int link);
