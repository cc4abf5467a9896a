/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The little of DNS (RFC 1035) that verification needs: ask for a name's A or AAAA records, and read the answer. Pure;
 * an answer comes from the network and is never trusted for a length.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/address.h"

enum {
	DNS_A = 1,
	DNS_AAAA = 28, /* RFC 3596 */
	DNS_PORT = 53,
	DNS_NAME_MAX = 253,  /* octets as text */
	DNS_QUERY_MAX = 271, /* header 12, name 255, type 2, class 2 */
	DNS_MESSAGE_MAX = 65535,
	DNS_ADDRESSES_MAX = 16,
};

struct dns_answer {
	unsigned int rcode;			     /* 0: no error, 2: SERVFAIL, 3: NXDOMAIN, 5: REFUSED */
	bool truncated;				     /* ask again over TCP */
	struct address addresses[DNS_ADDRESSES_MAX]; /* of the type asked for; further ones are dropped */
	size_t n;
};

/* A recursive query. Returns its length in octets, or -EINVAL when `name` is not a host name. */
int dns_query(const char *name, unsigned int type, uint16_t id, uint8_t ret[DNS_QUERY_MAX]);

/*
 * Read the answer to `query`. Addresses are those of the type asked for, of any owner name: the server has followed
 * CNAMEs. -ENOMSG: not an answer to this query; -EBADMSG: it is, but broken.
 */
int dns_parse(const uint8_t *message, size_t len, const uint8_t *query, size_t query_len, struct dns_answer *ret);

/* "NXDOMAIN", …; "a rare error" beyond RFC 1035. */
const char *dns_rcode_name(unsigned int rcode);
