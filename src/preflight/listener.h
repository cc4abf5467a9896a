/* SPDX-License-Identifier: Apache-2.0 */
/* Who listens on a TCP port of the machine. */
#pragma once

#include "resource/node.h"

#define KUBELET_PORT 10250

struct listener {
	long pid;      /* 0: no process that can be seen */
	char name[16]; /* its own (proc(5), "comm"); "" without a process, "?" when it can't be read */
};

/* The inode of the socket that listens on the TCP port, from the text of /proc/net/tcp or tcp6; 0: none. */
unsigned long listening_inode(const char *text, unsigned int port);

/* True when some process listens on the port, at whichever address of the node. */
bool look_listener(struct node *node, unsigned int port, struct listener *ret);
