/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroup hierarchies that are mounted below /sys/fs/cgroup: one with version 2, several with version 1. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "resource/node.h"

enum { HIERARCHIES_MAX = 32 };

struct hierarchy {
	char *mount;	   /* "/sys/fs/cgroup/cpu" */
	char *controllers; /* as in /proc/PID/cgroup: "cpu,cpuacct", "name=systemd", "" for version 2 */
	char *own;	   /* the group of this process: "/user.slice" */
};

/* [0] is the one in which systemd keeps its units. */
struct hierarchies {
	struct hierarchy items[HIERARCHIES_MAX];
	size_t n;
};

/* -ENOENT: none that systemd can use, the message has the cure. `*ret` is zeroed before; hierarchies_done() either way.
 */
int hierarchies_load(const struct node *node, struct hierarchies *ret, struct err *err);
void hierarchies_done(struct hierarchies *list);
#define _cleanup_hierarchies_ __attribute__((cleanup(hierarchies_done)))

/* Where the group is in this hierarchy; the caller frees it. */
char *hierarchy_group(const struct hierarchy *hierarchy, const char *group);

/* Small files of the kernel, in /proc and in groups: they have no size to go by. Appends to `ret`. */
int kernel_file_read(const char *path, struct str *ret, struct err *err);

/* 0 or a negative errno value. */
int kernel_file_write(const char *directory, const char *name, const char *value);
