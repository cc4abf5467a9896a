/* SPDX-License-Identifier: Apache-2.0 */
/* ICMP echo for both families (RFC 4443, RFC 792): make requests, read what comes back. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ICMP_HEADERS = 48, /* IPv6 40 (IPv4 20), echo 8: the most that a packet has beside the payload */
	ICMP_NONCE = 8,	   /* octets at the start of the payload */
};

enum icmp_kind {
	ICMP_ANSWER,	  /* echo reply with our nonce */
	ICMP_TOO_BIG,	  /* a router could not forward it: `mtu` */
	ICMP_UNREACHABLE, /* destination unreachable or hop limit exceeded */
};

struct icmp_reply {
	enum icmp_kind kind;
	uint16_t sequence;
	uint32_t mtu;
};

/*
 * An echo request whose whole IP packet has `size` octets (at least ICMP_HEADERS + ICMP_NONCE), for a raw socket of
 * `family`. The kernel adds the checksum of ICMPv6 (RFC 3542 section 3.1). Returns the length, size without the IP
 * header.
 */
size_t icmp_request(
	int family, uint16_t id, uint16_t sequence, const uint8_t nonce[ICMP_NONCE], size_t size, uint8_t *ret);

/* Octets of the IP header that a raw socket puts in front of a message: IPv6 none (RFC 3542 section 3). */
size_t icmp_skip(int family, const uint8_t *message, size_t len);

/*
 * True when `message` (from the ICMP header on) is about an echo request of ours. An IPv4 router may quote no more than
 * the echo header of it (RFC 792); then there is no nonce to compare.
 */
bool icmp_parse(int family, const uint8_t *message, size_t len, uint16_t id, const uint8_t nonce[ICMP_NONCE],
	struct icmp_reply *ret);
