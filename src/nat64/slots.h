/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which part of the pool is given to hosts by arithmetic. Such hosts need no entry in a table, and have the same
 * address after a reboot. No I/O.
 *
 * Half of a large pool is cut into slots of one size: slot 0 is for the first addresses of the management network, slot
 * ID for the first addresses of that node's pods. The halves and the size depend on the pool and the translator's own
 * address alone, so nodes may come and go without a new address for anybody else.
 */
#pragma once

#include <stdbool.h>

#include "net/prefix.h"

/* A kubelet runs 110 pods unless it is told otherwise; a pool without room for so many on three nodes has no slots. */
#define NAT64_SLOT_BITS_MIN 8
#define NAT64_SLOT_IDS_MIN 2 /* bits */

struct nat64_slots {
	struct prefix half; /* that is cut into slots */
	struct prefix rest; /* the other half, for everybody else */
	unsigned int bits;  /* of an address within its slot */
};

/* False: the pool is too small. */
bool nat64_slots(const struct prefix *pool, const struct address *own4, struct nat64_slots *ret);

/*
 * The block for the first addresses of `network`: its hosts, and their IPv4 addresses in slot `n`. False: there is no
 * such slot.
 */
bool nat64_slot(const struct nat64_slots *slots, uint64_t n, const struct prefix *network, struct prefix *ret_hosts,
	struct prefix *ret_addresses);
