/* SPDX-License-Identifier: Apache-2.0 */
/* What the eBPF translator is to do, in lazyjack's words, and the same in the words of its maps. No I/O. */
#pragma once

#include <stdbool.h>

#include "nat64/nat64-abi.h"
#include "net/prefix.h"

#define NAT64_SETUP_LIST_MAX 64	   /* of sources and of denied networks */
#define NAT64_SETUP_BLOCKS_MAX 960 /* with the sources no more than NAT64_SOURCES_MAX */

/* IPv6 addresses that have IPv4 addresses by arithmetic: both end in the same bits. */
struct nat64_setup_block {
	struct prefix hosts;	 /* 128 - n bits long */
	struct prefix addresses; /* 32 - n bits long, of a slot (nat64/slots.h) */
};

/* Where the programs are: the names of two devices. */
struct nat64_devices {
	const char *device; /* that the NAT64 prefix is routed to */
	const char *inside; /* behind which IPv6 hosts are: simple packets are translated here already */
};

struct nat64_setup {
	struct prefix prefix;	/* RFC 6052 */
	struct prefix pool;	/* IPv4 addresses that stand for IPv6 hosts */
	struct prefix overflow; /* more of them, for when the pool is used up; AF_UNSPEC: none */
	struct address own4, own6;
	unsigned int mtu;			     /* octets, the lowest of the IPv6 side */
	struct prefix sources[NAT64_SETUP_LIST_MAX]; /* IPv6 hosts that may go out; others are refused */
	size_t n_sources;
	struct prefix denied[NAT64_SETUP_LIST_MAX]; /* IPv4 destinations that nobody reaches; the pool is excepted */
	size_t n_denied;
	struct nat64_setup_block blocks[NAT64_SETUP_BLOCKS_MAX]; /* a host in one of them needs no entry in a table */
	size_t n_blocks;
};

/* The map entry for it; octets that mean nothing are zero, so that two can be compared as memory. */
struct nat64_config nat64_config_of(const struct nat64_setup *setup);

struct nat64_key6 nat64_key6_of(const struct prefix *prefix);
struct nat64_key4 nat64_key4_of(const struct prefix *prefix);

/*
 * The addresses that may be given to hosts, in order, at most NAT64_HOSTS_MAX: of the pool what isn't slots, then the
 * overflow; without the first and last of each (they may be a link's network and broadcast address) and the
 * translator's own. `*ret` is the caller's. Returns their number.
 */
size_t nat64_pool_addresses(const struct nat64_setup *setup, struct nat64_v4 **ret);

struct address nat64_address4(const struct nat64_v4 *v4);
struct address nat64_address6(const struct nat64_v6 *v6);
