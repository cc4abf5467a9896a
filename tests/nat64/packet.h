/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: building IP packets, with lengths and checksums as they should be. */
#pragma once

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct packet {
	uint8_t octets[8192];
	size_t n;
	size_t next; /* the place of the last next-header field */
	size_t l4;
};

static inline void packet_add(struct packet *p, const void *octets, size_t n)
{
	if (n > sizeof(p->octets) - p->n)
		abort();
	memcpy(p->octets + p->n, octets, n);
	p->n += n;
}

static inline void packet_octet(struct packet *p, uint8_t octet)
{
	packet_add(p, &octet, 1);
}

static inline void packet_be16(struct packet *p, uint16_t value)
{
	value = htons(value);
	packet_add(p, &value, 2);
}

static inline void packet_be32(struct packet *p, uint32_t value)
{
	value = htonl(value);
	packet_add(p, &value, 4);
}

static inline void packet_ip6(struct packet *p, const char *from, const char *to, uint8_t next, uint8_t hops)
{
	p->n = 0;
	packet_be32(p, 0x60000000);
	packet_be16(p, 0);
	packet_octet(p, next);
	packet_octet(p, hops);
	p->n += 32;
	if (inet_pton(AF_INET6, from, p->octets + 8) != 1 || inet_pton(AF_INET6, to, p->octets + 24) != 1)
		abort();
	p->next = 6;
	p->l4 = 40;
}

/* Sets the last next-header field. */
static inline void packet_next(struct packet *p, uint8_t next)
{
	p->octets[p->next] = next;
}

/* An extension header of 8 octets, behind those that are there. */
static inline void packet_extension(struct packet *p, uint8_t kind, const uint8_t *rest)
{
	const uint8_t last = p->octets[p->next];

	p->octets[p->next] = kind;
	p->next = p->n;
	packet_octet(p, last);
	packet_add(p, rest, 7);
	p->l4 = p->n;
}

static inline void packet_ip4(struct packet *p, const char *from, const char *to, uint8_t protocol, uint8_t ttl,
	const uint8_t *options, size_t n_options)
{
	p->n = 0;
	packet_octet(p, (uint8_t)(0x45 + n_options / 4));
	packet_octet(p, 0);
	packet_be16(p, 0);
	packet_be32(p, 0x12340000);
	packet_octet(p, ttl);
	packet_octet(p, protocol);
	packet_be16(p, 0);
	p->n += 8;
	if (inet_pton(AF_INET, from, p->octets + 12) != 1 || inet_pton(AF_INET, to, p->octets + 16) != 1)
		abort();
	if (n_options)
		packet_add(p, options, n_options);
	p->l4 = p->n;
}

static inline uint16_t packet_sum(const uint8_t *octets, size_t n, uint32_t sum)
{
	size_t i;

	for (i = 0; i < n; i++)
		sum += i % 2 ? octets[i] : (uint32_t)octets[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static inline uint8_t packet_protocol(const struct packet *p)
{
	return p->octets[0] >> 4 == 4 ? p->octets[9] : p->octets[p->next];
}

/* The sum over what is behind the IP headers, with the pseudo-header the protocol has; 0xffff for a good checksum. */
static inline uint16_t packet_l4_sum(const struct packet *p)
{
	const uint8_t protocol = packet_protocol(p);
	const bool v4 = p->octets[0] >> 4 == 4;
	uint32_t sum = 0;

	if (!(v4 && protocol == 1))
		sum = packet_sum(p->octets + (v4 ? 12 : 8), v4 ? 8 : 32, protocol + (uint32_t)(p->n - p->l4));
	return packet_sum(p->octets + p->l4, p->n - p->l4, sum);
}

static inline size_t packet_checksum_place(uint8_t protocol)
{
	switch (protocol) {
	case 1:
	case 58:
		return 2;
	case 6:
		return 16;
	case 17:
		return 6;
	default:
		return 0;
	}
}

/* Lengths and checksums; UDP's stays zero if so asked. */
static inline void packet_finish(struct packet *p, bool no_checksum)
{
	const bool v4 = p->octets[0] >> 4 == 4;
	const size_t at = v4 ? 2 : 4, length = v4 ? p->n : p->n - 40;
	const size_t place = packet_checksum_place(packet_protocol(p));

	p->octets[at] = (uint8_t)(length >> 8);
	p->octets[at + 1] = (uint8_t)length;
	if (place && !no_checksum && p->l4 + place + 2 <= p->n) {
		uint16_t sum;

		p->octets[p->l4 + place] = p->octets[p->l4 + place + 1] = 0;
		sum = (uint16_t)~packet_l4_sum(p);
		if (!sum && place == 6)
			sum = 0xffff;
		p->octets[p->l4 + place] = (uint8_t)(sum >> 8);
		p->octets[p->l4 + place + 1] = (uint8_t)sum;
	}
	if (v4) {
		uint16_t sum;

		p->octets[10] = p->octets[11] = 0;
		sum = (uint16_t)~packet_sum(p->octets, (p->octets[0] & 15) * 4u, 0);
		p->octets[10] = (uint8_t)(sum >> 8);
		p->octets[11] = (uint8_t)sum;
	}
}

/* Find the upper layer of a finished IPv6 packet again. */
static inline void packet_parse(struct packet *p)
{
	if (p->octets[0] >> 4 == 4) {
		p->l4 = (p->octets[0] & 15) * 4u;
		return;
	}
	p->next = 6;
	p->l4 = 40;
	while (p->octets[p->next] == 0 || p->octets[p->next] == 43 || p->octets[p->next] == 44 ||
		p->octets[p->next] == 60) {
		const size_t length = p->octets[p->next] == 44 ? 8 : 8 * (p->octets[p->l4 + 1] + 1u);

		p->next = p->l4;
		p->l4 += length;
		if (p->l4 + 8 > p->n)
			abort();
	}
}
