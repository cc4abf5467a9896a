/* SPDX-License-Identifier: Apache-2.0 */
/* Networks: an address and a prefix length (RFC 4291 section 2.3, RFC 4632). No I/O. */
#pragma once

#include "net/address.h"

struct prefix {
	struct address address;
	unsigned int length; /* 0..32 or 0..128 */
};

#define PREFIX_TEXT_MAX (ADDRESS_TEXT_MAX + 4)

/*
 * Parse "ADDRESS/LENGTH". Host bits are kept (prefix_host_bits() tells). Returns 0; -EINVAL when it isn't one;
 * -ERANGE when the length is too large for the family.
 */
int prefix_parse(const char *text, struct prefix *ret);

const char *prefix_text(const struct prefix *prefix, char ret[PREFIX_TEXT_MAX]);

/* True when bits behind the length are set: the address is not a network's. */
bool prefix_host_bits(const struct prefix *prefix);

/* The same length with the host bits cleared. */
struct prefix prefix_network(const struct prefix *prefix);

bool prefix_equal(const struct prefix *a, const struct prefix *b);
bool prefix_contains_address(const struct prefix *prefix, const struct address *address);
bool prefix_contains(const struct prefix *outer, const struct prefix *inner); /* equal counts */
bool prefix_overlaps(const struct prefix *a, const struct prefix *b);

/* network + n. Returns 0, or -ERANGE when that lies outside the prefix. */
int prefix_host(const struct prefix *prefix, uint64_t n, struct address *ret);

/* The n-th network of `length` inside the prefix. Returns 0, or -ERANGE (no room), -EINVAL (length not behind its own).
 */
int prefix_subnet(const struct prefix *prefix, uint64_t n, unsigned int length, struct prefix *ret);

/* A host route's prefix: /32 or /128. */
struct prefix prefix_of_address(const struct address *address);
