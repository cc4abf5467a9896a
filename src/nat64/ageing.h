/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Give addresses of the pool back that no host uses any more. The kernel's program only hands them out; this runs now
 * and then, from a timer, in the network namespace where the pool is masqueraded.
 */
#pragma once

#include <stddef.h>

#include "nat64/maps.h"

/*
 * Seconds without a packet before a mapping may go. RFC 6146 section 4: an established TCP connection lives 2 hours and
 * 4 minutes at least, everything else less. One that conntrack still has entries of stays longer, unless addresses are
 * short.
 */
#define NAT64_IDLE_MIN 7440

/* Addresses are short when fewer than one in so many is free. */
#define NAT64_SHORT 4

struct nat64_ageing {
	size_t mappings; /* that are left */
	size_t released; /* addresses that were given back */
	int connections; /* conntrack entries that went with them */
};

/*
 * An address comes back to the free list when no mapping and no conntrack entry speaks of it any more, in this order,
 * so that its next host doesn't meet connections of the last one. Killed in between, the next run goes on.
 */
int nat64_age(const struct nat64_maps *maps, uint32_t idle_min, struct nat64_ageing *ret, struct err *err);
