/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plain translator to compare with: whole packets in, whole packets out, octet by octet after the text of RFC 7915,
 * RFC 6052 and RFC 4884, sharing nothing with the kernel's programs. No state: mappings are a list.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REFERENCE_MAX 66000 /* octets of a result */

struct reference_host {
	uint8_t v6[16], v4[4];
};

struct reference {
	uint8_t prefix[16], own6[16], own4[4];
	unsigned int prefix_length; /* bits: 32, 40, 48, 56, 64, 96 */
	uint8_t pool[4];
	unsigned int pool_length; /* bits */
	uint8_t denied[4];	  /* one address */
	bool private_allowed;	  /* with the well-known prefix */
	bool hairpin;
	unsigned int mtu6, mtu4;
	struct reference_host hosts[16];
	size_t n_hosts;
};

enum reference_verdict { REFERENCE_DROP, REFERENCE_TRANSLATED, REFERENCE_ERROR };

struct reference_result {
	enum reference_verdict verdict;
	uint8_t packet[REFERENCE_MAX]; /* IP packet, no Ethernet header */
	size_t length;
	/* Offsets of checksums that may be 0 or 0xffff alike; of an identification that may be anything. 0: none. */
	size_t loose[2], any;
};

/* One IP packet; its family is told by `v6`, as an Ethernet header would. */
void reference_translate(
	const struct reference *r, bool v6, const uint8_t *packet, size_t length, struct reference_result *ret);
