/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups of a lab node, "lazyjack-lab/NODE", in every hierarchy of the machine: one with cgroup v2, one a
 * controller with v1, both with the hybrid of the two.
 *
 * They are also the node's identity: whatever runs in the group belongs to the node, however its starter ended. So no
 * process id is ever stored, and none is trusted.
 */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "base/err.h"
#include "resource/node.h"

/* A group in every hierarchy that systemd inside a node needs or may use. May be repeated. */
int cgroup_make(const struct node *node, const char *group, struct err *err);

/* 1 when the group is there, 0 when not, or an error: no hierarchy that systemd can use. */
int cgroup_exists(const struct node *node, const char *group, struct err *err);

/* Move this process into the group, in every hierarchy that has it. */
int cgroup_enter(const struct node *node, const char *group, struct err *err);

/* Move this process to where `other` is, in every hierarchy that has `group`. */
int cgroup_enter_beside(const struct node *node, const char *group, pid_t other, struct err *err);

/* The number of processes in the group and below it. */
int cgroup_count(const struct node *node, const char *group, struct err *err);

/* The process in the group that is PID 1 of a PID namespace of its own. -ESRCH when there is none. */
int cgroup_leader(const struct node *node, const char *group, pid_t *ret, struct err *err);

/* SIGKILL for all processes in the group and below, until none is left (bounded). */
int cgroup_kill(const struct node *node, const char *group, struct err *err);

/*
 * Where cgroup_make() would make the group now, an array of directories. With v1 that depends on who asks: somebody who
 * is confined by a controller makes groups below his own, which another one, later, would not find.
 */
json_t *cgroup_places(const struct node *node, const char *group);

/* Remove the emptied group, there and (NULL: only) where it usually is, and the group above it when that is empty. */
int cgroup_remove(const struct node *node, const char *group, const json_t *places, struct err *err);
