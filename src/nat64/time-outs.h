/* SPDX-License-Identifier: Apache-2.0 */
/* How long the kernel remembers flows through the translator (RFC 6146 section 4), as an nftables table. */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "net/prefix.h"

/* The table's body for flows from the pools. */
void nat64_time_outs(const struct prefix *pools, size_t n, struct str *ret);

/*
 * Load such a table with nft in the network namespace `netns_fd`: 0, or a negative errno value. -ENOENT: there is no
 * nft, which others complain about.
 */
int nat64_time_outs_try(int netns_fd, struct err *err);
