/* SPDX-License-Identifier: Apache-2.0 */
/* ICMP echo to many addresses of one family side by side, each packet whole: never fragmented on the way. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/address.h"
#include "resource/node.h"

struct ping {
	struct address to;
	unsigned int size; /* octets of the IP packet, ICMP_HEADERS + ICMP_NONCE to 65535 */

	int code; /* result: 0 (answered), -ETIMEDOUT, -EMSGSIZE, -EHOSTUNREACH, -ENETUNREACH, -EINTR, … */
	struct address reporter; /* for a failure: who told; AF_UNSPEC: this machine's own kernel, or nobody */
	uint32_t mtu;		 /* with -EMSGSIZE from a reporter: what it can forward, or sends in one piece */
	int64_t next;		 /* own: when to send (again) */
};

#define PING_MAX 65536 /* at a time */

/*
 * Ping all (of one family) from inside `netns` (NULL: here), repeating until `timeout_ms` is over. An error return
 * means that there was no socket for it; what became of each ping is in its `code`.
 */
int ping_run(struct node *node, const char *netns, struct ping *list, size_t n, int timeout_ms, struct err *err);
