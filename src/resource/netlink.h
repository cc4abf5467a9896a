/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rtnetlink requests over libmnl: one at a time, as a dump, or many in one go. What the kernel says about a request it
 * refuses (extended acknowledgement) becomes the error's text.
 */
#pragma once

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/address.h"

#define NETLINK_MESSAGE_MAX 1024 /* octets; room for every request that lazyjack makes */

/* A request under construction. */
union netlink_message {
	struct nlmsghdr header;
	char octets[NETLINK_MESSAGE_MAX];
};

/* A route socket in the namespace that we are in. `groups`: multicast groups to join, a bit mask of RTMGRP_. */
int netlink_open(uint32_t groups, struct mnl_socket **ret, struct err *err);

/* Begin a request; `flags` beside NLM_F_REQUEST. The extra header of `extra` octets is zeroed and returned. */
void *netlink_begin(union netlink_message *message, uint16_t type, uint16_t flags, size_t extra);

/* The octets of an address as an attribute. */
void netlink_put_address(struct nlmsghdr *header, uint16_t attribute, const struct address *address);
int netlink_get_address(int family, const struct nlattr *attribute, struct address *ret);

/*
 * Called for each message of the answer; 0 or a negative errno value, which is what netlink_talk() then returns. NULL
 * means that the kernel's data changed during the dump: forget what was told, it begins again.
 */
typedef int netlink_each(const struct nlmsghdr *header, void *user);

/*
 * Send one request and wait for the end of its answer. Returns 0 or the kernel's errno value, negative, with its own
 * words as message. `each` may be NULL.
 */
int netlink_talk(
	struct mnl_socket *socket, union netlink_message *message, netlink_each *each, void *user, struct err *err);

/* How one of many requests ended: 0 or a negative errno value, and why in words. */
struct netlink_result {
	int error;
	char text[160];
};

/* The most requests of one netlink_many(): their acknowledgements fit a socket's receive buffer of the usual size. */
#define NETLINK_MANY_MAX 128

/*
 * Send `n` requests at once. All are carried out, also those behind one that fails; results[0..n-1] tell how each
 * ended. Returns 0, or a negative errno value when the kernel could not be talked to.
 */
int netlink_many(struct mnl_socket *socket, size_t n,
	void (*build)(void *user, size_t i, union netlink_message *message), void *user, struct netlink_result *results,
	struct err *err);
