/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The translator's maps, which are pinned in the eBPF file system and so outlive every run of lazyjack: fill them,
 * compare them, read them.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "nat64/setup.h"

#define NAT64_DIRECTORY "/sys/fs/bpf/lazyjack/nat64"

struct nat64_maps {
	int config, sources, blocks, hosts, leases, free, denied, counters; /* descriptors; 0: not open */
};

/* Where below `directory` the maps and the program of this NAT64_ABI are; the caller frees it. */
char *nat64_pins(const char *directory);

/* -ENOENT when no translator of this version is loaded. On success nat64_maps_close(). */
int nat64_maps_open(const char *directory, struct nat64_maps *ret, struct err *err);
void nat64_maps_close(struct nat64_maps *maps);
#define _cleanup_nat64_maps_ __attribute__((cleanup(nat64_maps_close)))

/*
 * Make the maps say what the setup says: lists, then the addresses to give out (only where the pool is a new one, so
 * that living mappings stay), then the configuration.
 */
int nat64_maps_fill(const struct nat64_maps *maps, const struct nat64_setup *setup, struct err *err);

/* 1 when they say so already, else 0 and what differs in `ret_detail` (may be NULL). */
int nat64_maps_compare(
	const struct nat64_maps *maps, const struct nat64_setup *setup, struct str *ret_detail, struct err *err);

int nat64_read_config(const struct nat64_maps *maps, struct nat64_config *ret, struct err *err);
int nat64_read_counters(const struct nat64_maps *maps, uint64_t ret[NAT64_COUNTERS], struct err *err);

/* Name and meaning of a counter, from the table in nat64-abi.h. */
struct nat64_counter_row {
	const char *key, *text;
};
extern const struct nat64_counter_row nat64_counter_rows[NAT64_COUNTERS];

struct nat64_mapping {
	struct nat64_v6 v6;
	struct nat64_v4 v4;
	uint32_t idle; /* seconds since the last packet of either direction */
};

/* All dynamic mappings, in the kernel's order; `*ret` is the caller's. Returns their number or a negative errno value.
 */
int nat64_read_mappings(const struct nat64_maps *maps, struct nat64_mapping **ret, struct err *err);

/* Hosts that have their address by arithmetic. `*ret` is the caller's. Returns their number or a negative errno value.
 */
int nat64_read_blocks(const struct nat64_maps *maps, struct nat64_setup_block **ret, struct err *err);

/* How many addresses there are for all other hosts. */
int nat64_read_capacity(const struct nat64_maps *maps, size_t *ret, struct err *err);

/* CLOCK_MONOTONIC in seconds, as the maps have it. */
uint32_t nat64_now(void);
