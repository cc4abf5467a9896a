/* SPDX-License-Identifier: Apache-2.0 */
/* The other side of verification: answers greetings (greeting.h) on a node's management address and in its pod. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/address.h"
#include "resource/node.h"

/*
 * Listen on `address` inside `netns` (NULL: here); waits a little for an address that the kernel still checks for
 * duplicates. -EADDRNOTAVAIL: it isn't this machine's; -EADDRINUSE: something listens there already.
 */
int responder_listen(
	struct node *node, const char *netns, const struct address *address, uint16_t port, int *ret, struct err *err);

/* A socket of responder_listen(), and the pod's address that is told to who asks there; NULL: there is no pod. */
struct listener {
	int fd;
	const struct address *pod;
};

#define LISTENERS_MAX 4 /* node and pod, each with two families */

/* Answer on all listeners until a signal asks to stop, or until `deadline` of clock_ms() (0: none). */
void responder_run(const struct listener *listeners, size_t n, const char *name, int64_t deadline);
