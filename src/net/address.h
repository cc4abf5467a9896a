/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses as numbers. An address is 4 or 16 octets in network order; arithmetic is done on the octets, never on
 * text. No I/O.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

struct address {
	int family;	   /* AF_INET, AF_INET6; AF_UNSPEC (0) means none */
	uint8_t bytes[16]; /* network order; IPv4 uses the first 4, the rest is zero */
};

#define ADDRESS_TEXT_MAX INET6_ADDRSTRLEN

/* Parse an IPv4 or IPv6 address, no brackets, no zone, no prefix length. Returns 0 or -EINVAL. */
int address_parse(const char *text, struct address *ret);

/* RFC 5952 text. `ret` holds ADDRESS_TEXT_MAX octets. Returns `ret`. */
const char *address_text(const struct address *address, char ret[ADDRESS_TEXT_MAX]);

/* 32 or 128; 0 for AF_UNSPEC. */
unsigned int address_bits(const struct address *address);

bool address_equal(const struct address *a, const struct address *b);
int address_compare(const struct address *a, const struct address *b); /* family first, then number */

/* address + value * 2^shift. Returns 0, or -ERANGE when it would wrap around. */
int address_add(const struct address *address, uint64_t value, unsigned int shift, struct address *ret);

bool address_is_multicast(const struct address *address);
bool address_is_link_local(const struct address *address);
bool address_is_unspecified(const struct address *address);

/* "[fd00::1]:6443" or "10.0.0.1:6443": the one place where an address gets brackets. */
void address_host_port(const struct address *address, unsigned int port, struct str *ret);

/* The matching struct sockaddr_in or sockaddr_in6; returns its length. */
struct sockaddr_storage;
unsigned int address_sockaddr(const struct address *address, uint16_t port, struct sockaddr_storage *ret);
