/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ask a link whether somebody has an IPv6 address already, as duplicate address detection does (RFC 4862
 * section 5.4.2), before the address is set.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "net/address.h"

#define NEIGHBOUR_MAC 6

/*
 * One neighbour solicitation from "::", and at most `timeout_ms` for an answer. Returns 1 and the owner's hardware
 * address, 0 when nobody answered, or a negative errno value. Only for Ethernet-like links.
 */
int neighbour_probe(const char *interface, const struct address *address, int timeout_ms,
	uint8_t ret_mac[NEIGHBOUR_MAC], struct err *err);
