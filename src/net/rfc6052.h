/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 addresses embedded in IPv6 (RFC 6052 section 2.2). No I/O. */
#pragma once

#include "net/prefix.h"

/* 32, 40, 48, 56, 64 or 96. */
bool rfc6052_length_ok(unsigned int length);

/* 64:ff9b::/96, which stands for public IPv4 addresses only (section 3.1). */
bool rfc6052_is_well_known(const struct prefix *prefix);

/* Embed; the u octet (bits 64 to 71) is zero. Returns 0 or -EINVAL (a length that is not allowed, not IPv6/IPv4). */
int rfc6052_embed(const struct prefix *prefix, const struct address *v4, struct address *ret);

/* Extract; -EINVAL as above, -ENOENT when `v6` does not lie in the prefix. */
int rfc6052_extract(const struct prefix *prefix, const struct address *v6, struct address *ret);
