/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ask a link whether somebody has an address already, before it is set: for IPv6 as duplicate address detection does
 * (RFC 4862 section 5.4.2), for IPv4 with an ARP probe (RFC 5227 section 2.1.1).
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "net/address.h"

#define NEIGHBOUR_MAC 6

/*
 * One neighbour solicitation or ARP request from no address, and at most `timeout_ms` for an answer. Returns 1 and the
 * owner's hardware address, 0 when nobody answered, or a negative errno value. Only for Ethernet-like links.
 */
int neighbour_probe(const char *interface, const struct address *address, int timeout_ms,
	uint8_t ret_mac[NEIGHBOUR_MAC], struct err *err);
