/* SPDX-License-Identifier: Apache-2.0 */
/* ICMPv6 echo (RFC 4443): make requests, read what comes back. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ICMP_HEADERS = 48, /* IPv6 40, ICMPv6 echo 8: what a packet's size has beside the payload */
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
 * An echo request whose whole IPv6 packet has `size` octets (at least ICMP_HEADERS + ICMP_NONCE), for a raw ICMPv6
 * socket: the kernel adds the checksum (RFC 3542 section 3.1). Returns the length, size - 40.
 */
size_t icmp_request(uint16_t id, uint16_t sequence, const uint8_t nonce[ICMP_NONCE], size_t size, uint8_t *ret);

/* True when `message` (from the ICMPv6 header on) is about an echo request of ours. */
bool icmp_parse(
	const uint8_t *message, size_t len, uint16_t id, const uint8_t nonce[ICMP_NONCE], struct icmp_reply *ret);
