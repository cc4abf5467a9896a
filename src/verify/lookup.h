/* SPDX-License-Identifier: Apache-2.0 */
/* Ask a DNS server: over UDP, again after a while, over TCP when the answer does not fit. */
#pragma once

#include "base/err.h"
#include "net/address.h"
#include "resource/node.h"
#include "verify/dns.h"

/* A name that has A records only, everywhere and for ever (RFC 7050). */
#define IPV4_ONLY_NAME "ipv4only.arpa"

/*
 * Ask `server` from inside `netns` (NULL: here) for the records of `type` of `name`. Whatever the server says is
 * success, see ret->rcode. -ETIMEDOUT, -ECONNREFUSED, …: no answer; -EBADMSG: one that makes no sense.
 */
int dns_lookup(struct node *node, const char *netns, const struct address *server, const char *name, unsigned int type,
	struct dns_answer *ret, struct err *err);
