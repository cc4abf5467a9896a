/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes that Kubernetes has, against those of the configuration. Pure; what Kubernetes says is never trusted. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "model/cluster.h"

/*
 * Add the nodes of one page to `nodes`, an array that node_list_judge() reads. `text` is the API server's NodeList
 * (core API v1). `*ret_next` becomes the token that asks for the next page, which is safe in a URL; NULL behind the
 * last page; the caller frees it. -EPROTO: not such a list.
 */
int node_list_add(json_t *nodes, const char *text, size_t len, char **ret_next, struct err *err);

enum node_state {
	NODE_READY,
	NODE_STARTING, /* known, but its kubelet has not said that it is ready (yet) */
	NODE_FAILED,   /* missing, or with another address: time does not mend that */
};

/*
 * Is `node` there, Ready, with the configuration's management addresses as InternalIPs, no more and no less? What was
 * seen, and for a failure what to look at, is appended to `ret_detail`.
 */
enum node_state node_list_judge(
	const json_t *nodes, const struct cluster *cluster, const struct cluster_node *node, struct str *ret_detail);

/* Append "a, b": the nodes that the configuration does not know; nothing when there are none. */
void node_list_unknown(const json_t *nodes, const struct cluster *cluster, struct str *ret);
