/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is others' in directories that `kubeadm reset` empties: a registry's credentials, seccomp profiles, leases of
 * another engine's pods, and (kubeadm before 1.17 empties /etc/cni/net.d, too) CNI configurations.
 *
 * While a reset runs, it has a second name below "DIRECTORY.lazyjack-aside", a hard link (on another file system a
 * copy), so that nothing is ever away: whatever kills the run, one of both is there, and the next one gives the first
 * name back.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "resource/node.h"

/* The paths of what is there now: an array, a new reference. To be asked before kubeadm first runs. */
json_t *kubeadm_aside_find(const struct node *node);

/* Give a second name to those of `paths` (may be NULL) that are still there. */
int kubeadm_aside_put(const struct node *node, const json_t *paths, struct err *err);

/* Give the first name back to all that have a second one; what someone else put there meanwhile stays instead. */
int kubeadm_aside_back(const struct node *node, struct err *err);
