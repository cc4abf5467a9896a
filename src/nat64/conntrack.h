/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel's table of IPv4 connections in the present network namespace, by ctnetlink
 * (linux/netfilter/nfnetlink_conntrack.h): who has entries, and away with them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "nat64/nat64-abi.h"

/* The sources of all entries' original direction, sorted, each once; `*ret` is the caller's. */
int conntrack_sources(struct nat64_v4 **ret, size_t *ret_n, struct err *err);

/* Delete the entries of sources that `wanted` says yes to. Returns how many, or a negative errno value. */
int conntrack_clear(bool (*wanted)(void *user, const struct nat64_v4 *source), void *user, struct err *err);

/* As conntrack_clear(), for all sources in a pool. */
int conntrack_clear_network(const struct nat64_key4 *network, struct err *err);
