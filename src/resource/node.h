/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only door to the machine. Tests pass one for a private network namespace and a temporary root; nothing in
 * resource/ opens a path or a socket but through here.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

struct event_sink;
struct mnl_socket;
struct sd_bus;
struct route_table;

struct node {
	char *root;		  /* prefix of every path; "" on a real machine */
	struct node_netns *netns; /* open namespaces with their sockets, a list (node.c) */
	struct sd_bus *bus;	  /* connected on first use */
	struct event_sink *sink;  /* told what goes on within a step; NULL: nobody */
	const char *verb;	  /* under which */
};

/* `root` is "" for the machine itself, or a directory without trailing slash for tests. */
struct node *node_new(const char *root);
void node_free(struct node *node);

/* Who is told what steps have to say beside their results, and under which verb. Both have to outlive the node. */
void node_listen(struct node *node, struct event_sink *sink, const char *verb);

/* A remark for the person: what a step waits for, where it put his file. */
void node_say(struct node *node, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line that a program printed; `source` tells which ("kubeadm certs"). It must hold no secret. */
void node_say_output(struct node *node, const char *source, const char *line);

/* root + path; the caller frees it. `path` is absolute. */
char *node_path(const struct node *node, const char *path);

/*
 * The netlink route socket of a namespace: `netns` NULL or "" is the one we run in, else a name under /run/netns.
 * -ENOENT when there is no such namespace. The socket stays the node's.
 */
int node_netlink(struct node *node, const char *netns, struct mnl_socket **ret, struct err *err);

/* An open file descriptor of the namespace (the node's), for setns(2) and struct run_options. */
int node_netns_fd(struct node *node, const char *netns, int *ret, struct err *err);

/* Run `fn` inside the namespace and come back, whatever it returns. */
int node_in_netns(
	struct node *node, const char *netns, int (*fn)(void *user, struct err *err), void *user, struct err *err);

/* The routes of a namespace as they are now, read once and kept true (resource/route-table.h); the node's. */
int node_route_table(struct node *node, const char *netns, struct route_table **ret, struct err *err);

/* Forget the open descriptors of a namespace that is about to go. */
void node_forget_netns(struct node *node, const char *netns);

/* The system bus; -ENOENT with a clear message when no systemd answers. The connection stays the node's. */
int node_bus(struct node *node, struct sd_bus **ret, struct err *err);
