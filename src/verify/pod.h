/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pod that verification looks from or answers in: a network namespace attached by the node's own CNI configuration,
 * as a container runtime would do it. It is made and undone by the engine, so a killed run leaves nothing that the next
 * one does not clean up.
 */
#pragma once

#include "base/err.h"
#include "engine/engine.h"
#include "model/cluster.h"
#include "net/address.h"

struct pod {
	const char *name;     /* of its namespace, too */
	const char *conflist; /* path of the CNI configuration list */
	unsigned int families;
	int family[FAMILIES_MAX];

	/* of its interface, from pod_make() */
	struct address address[FAMILIES_MAX];
	unsigned int mtu;
};

/*
 * The list that pods of this node are attached by: lazyjack's own, or for a plugin that brings its own network the
 * first one that a runtime would read. `*ret` is the caller's. -ENOENT, …: there is none that could be called, so that
 * no pod is to be had; a failure only where it is lazyjack's own.
 */
int pod_conflist(struct node *node, const struct cluster *cluster, char **ret, struct err *err);

/*
 * Make the pod under `verb`, after undoing what an earlier run under that verb left. It has to have an address of each
 * family. On failure nothing is left.
 */
int pod_make(const struct engine_settings *settings, const char *verb, struct pod *pod, struct err *err);

/* Undo it. Goes on when a signal has asked to stop. */
int pod_undo(const struct engine_settings *settings, const char *verb, struct err *err);

/* The steps that make it. */
void pod_plan(const struct pod *pod, struct plan *ret);
