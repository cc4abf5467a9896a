/* SPDX-License-Identifier: Apache-2.0 */
/* Links (network interfaces): look them up, change what all kinds have in common, delete them. */
#pragma once

#include <net/if.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "resource/netlink.h"
#include "resource/node.h"

struct link {
	unsigned int index;
	char name[IF_NAMESIZE];
	char kind[16]; /* "veth", "bridge"; "" for hardware and lo */
	unsigned int mtu;
	unsigned int master; /* index of the bridge it is a port of; 0: none */
	unsigned int peer;   /* index of the other end, in its own namespace; 0: none */
	bool up;	     /* administratively */
};

/* 1 and `*ret`, 0 when there is no such link (or not even the namespace), or a negative errno value. */
int link_find(struct node *node, const char *netns, const char *name, struct link *ret, struct err *err);

/* As link_find(), but a link that isn't there is an error (-ENODEV) that lists those there are. Returns 0. */
int link_need(struct node *node, const char *netns, const char *name, struct link *ret, struct err *err);

/* The name of a link by index, "?" when it is gone; for messages. */
void link_name(struct node *node, const char *netns, unsigned int index, char ret[IF_NAMESIZE]);

/* What a step wants of a link that it makes. */
struct link_wish {
	const char *netns, *name, *kind;
	unsigned int mtu;   /* 0: any */
	const char *master; /* NULL: any */
	const uint8_t *mac; /* 6 octets for a link that is made; NULL: any */
};

/*
 * The inspect of a link that a step makes. Returns an enum step_state; -EEXIST and how to get out of it when one is
 * there that isn't `ours`. `ret_detail` (may be NULL) says what differs. `ret` is filled when a link is there.
 */
int link_inspect(struct node *node, const struct link_wish *wish, bool ours, struct link *ret, struct str *ret_detail,
	struct err *err);

/*
 * Make the link, up, or bring one that is there to what is wished. `put_data` (may be NULL) adds the attributes of its
 * kind (IFLA_INFO_DATA) and others to the request that makes it.
 */
int link_make(struct node *node, const struct link_wish *wish,
	void (*put_data)(const void *user, struct nlmsghdr *header), const void *user, struct err *err);

/* Set the MTU alone. */
int link_set_mtu(struct node *node, const char *netns, const char *name, unsigned int mtu, struct err *err);

/* Delete the link if it is there and of the kind; another kind under the name is someone else's and stays. */
int link_delete(struct node *node, const char *netns, const char *name, const char *kind, struct err *err);
