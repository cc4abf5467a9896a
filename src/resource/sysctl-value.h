/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel parameters as files below /proc/sys. /proc/sys/net shows the namespace of the task that opens a file, so every
 * function enters `netns` for it (net/sysctl_net.c).
 *
 * `path` is relative to /proc/sys: "net/ipv6/conf/all/forwarding".
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "resource/node.h"

/*
 * The path of a key: "net.ipv6.conf.eth0/100.mtu" becomes "net/ipv6/conf/eth0.100/mtu", as sysctl(8) has it. -EINVAL
 * for anything but letters, digits, "_", "-" and parts that lead elsewhere.
 */
int sysctl_path(const char *key, char **ret, struct err *err);

/*
 * 1 and the value, on one line, words separated by one blank; the caller frees it. 0 when there is no such parameter
 * (or no such namespace).
 */
int sysctl_read(struct node *node, const char *netns, const char *path, char **ret, struct err *err);

/* Add PATH: VALUE for DIRECTORY/<every entry>/NAME to `into`. */
int sysctl_read_each(
	struct node *node, const char *netns, const char *directory, const char *name, json_t *into, struct err *err);

/* -ENOENT when there is no such parameter. */
int sysctl_write(struct node *node, const char *netns, const char *path, const char *value, struct err *err);
