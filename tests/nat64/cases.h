/* SPDX-License-Identifier: Apache-2.0 */
/* What the cases share: frames of every kind, the result's fields, the list of all cases. */
#pragma once

#include "packet.h"
#include "run.h"

extern struct tested t;
extern struct packet p;	   /* the present frame */
extern const char *failed; /* what a case was not content with, and where */
extern int failed_line;

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition) && !failed) {                                                                         \
			failed = #condition;                                                                           \
			failed_line = __LINE__;                                                                        \
		}                                                                                                      \
	} while (0)

#define HOST "fd00:10::2"
#define HOST4 "198.18.0.2"
#define SERVER "203.0.113.2"
#define SERVER6 "fd00:64::203.0.113.2"

static inline const uint8_t *out(void)
{
	return t.out + ETH_HLEN;
}

static inline unsigned int out16(size_t at)
{
	return (unsigned int)out()[at] << 8 | out()[at + 1];
}

static inline size_t out_n(void)
{
	return t.n_out - ETH_HLEN;
}

/* The result as a packet, for its sums. */
static inline struct packet result(void)
{
	struct packet r = {.n = out_n()};

	memcpy(r.octets, out(), out_n());
	packet_parse(&r);
	return r;
}

static inline bool summed(void)
{
	struct packet r = result();

	return packet_l4_sum(&r) == 0xffff && (r.octets[0] >> 4 == 6 || packet_sum(r.octets, 20, 0) == 0xffff);
}

static inline unsigned long long counted(__u32 counter)
{
	return load_count(&t.loaded, counter);
}

static inline int verdict6(void)
{
	return tested_compare(&t, true, &p);
}

static inline int verdict4(void)
{
	return tested_compare(&t, false, &p);
}

/* Octets of no meaning. */
static inline void data(struct packet *to, size_t n)
{
	while (n-- > 0)
		packet_octet(to, (uint8_t)(n * 7 + 1));
}

static inline void udp(struct packet *to, size_t n)
{
	packet_be32(to, 40000u << 16 | 53);
	packet_be16(to, (uint16_t)(8 + n));
	packet_be16(to, 0);
	data(to, n);
}

static inline void tcp(struct packet *to, uint8_t flags, const uint8_t *options, size_t n_options, size_t n)
{
	packet_be32(to, 40000u << 16 | 80);
	packet_be32(to, 1);
	packet_be32(to, 2);
	packet_octet(to, (uint8_t)((5 + n_options / 4) << 4));
	packet_octet(to, flags);
	packet_be16(to, 65535);
	packet_be32(to, 0);
	if (n_options)
		packet_add(to, options, n_options);
	data(to, n);
}

static inline void icmp(struct packet *to, uint8_t type, uint8_t code, uint32_t word)
{
	packet_octet(to, type);
	packet_octet(to, code);
	packet_be16(to, 0);
	packet_be32(to, word);
}

static inline void start6(uint8_t next)
{
	packet_ip6(&p, HOST, SERVER6, next, 63);
	p.octets[0] = 0x6b; /* traffic class 0xb8, flow label 0x12345 */
	p.octets[1] = 0x81;
	p.octets[2] = 0x23;
	p.octets[3] = 0x45;
}

static inline void start4(uint8_t protocol)
{
	packet_ip4(&p, SERVER, HOST4, protocol, 57, NULL, 0);
	p.octets[1] = 0xb8;
}

static inline void udp6(size_t n)
{
	start6(17);
	udp(&p, n);
	packet_finish(&p, false);
}

static inline void udp4(size_t n, bool no_checksum)
{
	start4(17);
	udp(&p, n);
	packet_finish(&p, no_checksum);
}

/* What HOST sent to SERVER and a router in IPv4 returns: `n` octets of data. */
static inline void inner4(struct packet *in, uint8_t protocol, size_t n)
{
	packet_ip4(in, HOST4, SERVER, protocol, 1, NULL, 0);
	if (protocol == 17)
		udp(in, n);
	else if (protocol == 6)
		tcp(in, 0x10, NULL, 0, n);
	else
		icmp(in, 8, 0, 0x12340001);
	packet_finish(in, false);
}

static inline void inner6(struct packet *in, uint8_t protocol, size_t n)
{
	packet_ip6(in, SERVER6, HOST, protocol, 1);
	if (protocol == 17)
		udp(in, n);
	else if (protocol == 6)
		tcp(in, 0x10, NULL, 0, n);
	else
		icmp(in, 128, 0, 0x12340001);
	packet_finish(in, false);
}

static inline void error4(uint8_t type, uint8_t code, uint32_t word, const struct packet *in)
{
	packet_ip4(&p, "203.0.113.99", HOST4, 1, 60, NULL, 0);
	icmp(&p, type, code, word);
	packet_add(&p, in->octets, in->n);
	packet_finish(&p, false);
}

static inline void error6(uint8_t type, uint8_t code, uint32_t word, const struct packet *in)
{
	packet_ip6(&p, HOST, SERVER6, 58, 60);
	icmp(&p, type, code, word);
	packet_add(&p, in->octets, in->n);
	packet_finish(&p, false);
}

static inline bool answered(uint8_t type, uint8_t code)
{
	const bool six = out()[0] >> 4 == 6;

	return out()[six ? 40 : 20] == type && out()[(six ? 40 : 20) + 1] == code && summed();
}

/* X(suffix of the function's name, text): the number is that of doc/NAT64.md. */
#define CASES(X)                                                                                                       \
	X(1, "1 small UDP, TCP and echo to IPv4")                                                                      \
	X(2, "2 don't fragment and identification by size")                                                            \
	X(3, "3 1500 octets become 1480")                                                                              \
	X(4, "4 extension headers are left out")                                                                       \
	X(5, "5 routing header that isn't used up")                                                                    \
	X(6, "6 fragments to IPv4")                                                                                    \
	X(7, "7 atomic fragment")                                                                                      \
	X(8, "8 fragmented ICMPv6 is dropped")                                                                         \
	X(9, "9 extension header behind a fragment header")                                                            \
	X(10, "10 other protocols to IPv4")                                                                            \
	X(12, "12 source that isn't allowed")                                                                          \
	X(13, "13 wrong lengths of IPv6")                                                                              \
	X(14, "14 destinations that are no hosts, deny list")                                                          \
	X(15, "15 well-known prefix and private addresses")                                                            \
	X(16, "16 reply to IPv6")                                                                                      \
	X(17, "17 IPv4 options, source route")                                                                         \
	X(18, "18 fragments to IPv6")                                                                                  \
	X(19, "19 no fragment header without need")                                                                    \
	X(20, "20 too big with don't fragment")                                                                        \
	X(21, "21 fragment with don't fragment")                                                                       \
	X(23, "23 no mapping")                                                                                         \
	X(24, "24 wrong IPv4 headers")                                                                                 \
	X(25, "25 broadcast and multicast sources")                                                                    \
	X(26, "26 echo both ways")                                                                                     \
	X(27, "27 unreachable to IPv6")                                                                                \
	X(28, "28 time exceeded to IPv6")                                                                              \
	X(29, "29 parameter problem to IPv6")                                                                          \
	X(30, "30 ICMPv4 without counterpart")                                                                         \
	X(31, "31 errors to IPv4")                                                                                     \
	X(32, "32 ICMPv6 without counterpart")                                                                         \
	X(33, "33 the packet in an error")                                                                             \
	X(34, "34 8 octets of transport in an error")                                                                  \
	X(35, "35 error with too short a packet")                                                                      \
	X(36, "36 error about an error inside an error")                                                               \
	X(37, "37 long errors are cut")                                                                                \
	X(38, "38 extensions of errors (RFC 4884)")                                                                    \
	X(39, "39 error of a router without mapping")                                                                  \
	X(40, "40 no error about an error")                                                                            \
	X(41, "41 UDP without checksum to IPv6")                                                                       \
	X(42, "42 UDP without checksum from IPv6")                                                                     \
	X(43, "43 checksum zero is sent as ones")                                                                      \
	X(44, "44 a bad checksum stays bad")                                                                           \
	X(46, "46 maximum segment size")                                                                               \
	X(47, "47 odd lengths and carries")                                                                            \
	X(52, "52 hairpin")                                                                                            \
	X(53, "53 nobody gets in without a mapping")                                                                   \
	X(55, "55 pool exhausted")                                                                                     \
	X(58, "58 70000 sources")                                                                                      \
	X(59, "59 six prefix lengths, vectors of RFC 6052")                                                            \
	X(inline, "inline program takes the simple only")                                                              \
	X(unconfigured, "nothing passes without configuration")

#define DECLARE_CASE(n, text) void case_##n(void);
CASES(DECLARE_CASE)
#undef DECLARE_CASE
