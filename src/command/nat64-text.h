/* SPDX-License-Identifier: Apache-2.0 */
/* What `lazyjack nat64` prints: for people, as JSON lines, in OpenMetrics' text format. To standard output. */
#pragma once

#include "nat64/maps.h"

enum nat64_style { NAT64_PLAIN, NAT64_JSON, NAT64_OPENMETRICS };

struct nat64_report {
	struct nat64_config config;
	uint64_t counters[NAT64_COUNTERS];
	size_t mappings, addresses; /* in use; that there are, without blocks */
	size_t blocks;
	unsigned int program; /* the kernel's identity of it; 0: not on its device */
};

void nat64_print_status(const struct nat64_report *report, enum nat64_style style);
void nat64_print_counters(const uint64_t counters[NAT64_COUNTERS], enum nat64_style style);
void nat64_print_blocks(const struct nat64_setup_block *blocks, size_t n, enum nat64_style style);
void nat64_print_mappings(const struct nat64_mapping *mappings, size_t n, enum nat64_style style);

/* "droppedPoolEmpty" as a metric's name: "dropped_pool_empty". */
void nat64_metric_name(const char *key, struct str *ret);
