/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/icmp.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>

enum {
	ICMP = 8, /* octets of an echo's header, and of an error's, in both families */
};

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* RFC 1071. */
static uint16_t checksum(const uint8_t *octets, size_t n)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += (uint32_t)octets[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

size_t icmp_request(
	int family, uint16_t id, uint16_t sequence, const uint8_t nonce[ICMP_NONCE], size_t size, uint8_t *ret)
{
	bool v6 = family == AF_INET6;
	size_t len = size - (v6 ? sizeof(struct ip6_hdr) : sizeof(struct iphdr));

	memset(ret, 0, len);
	ret[0] = v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;
	put16(ret + 4, id);
	put16(ret + 6, sequence);
	memcpy(ret + ICMP, nonce, ICMP_NONCE);
	if (!v6)
		put16(ret + 2, checksum(ret, len));
	return len;
}

/* Octets of an IPv4 header by its own length field; 0: none that makes sense. */
static size_t ipv4_header(const uint8_t *packet, size_t len)
{
	size_t n = len > 0 && packet[0] >> 4 == 4 ? (packet[0] & 0x0fU) * 4U : 0;

	return n >= sizeof(struct iphdr) && n <= len ? n : 0;
}

size_t icmp_skip(int family, const uint8_t *message, size_t len)
{
	return family == AF_INET6 ? 0 : ipv4_header(message, len);
}

static bool has_nonce(const uint8_t *echo, size_t len, const uint8_t nonce[ICMP_NONCE])
{
	return len >= ICMP + ICMP_NONCE && memcmp(echo + ICMP, nonce, ICMP_NONCE) == 0;
}

static bool parse_v6(
	const uint8_t *message, size_t len, uint16_t id, const uint8_t nonce[ICMP_NONCE], struct icmp_reply *ret)
{
	const size_t quoted = ICMP + sizeof(struct ip6_hdr);

	if (len < ICMP + ICMP_NONCE)
		return false;
	switch (message[0]) {
	case ICMP6_ECHO_REPLY:
		*ret = (struct icmp_reply){.kind = ICMP_ANSWER, .sequence = get16(message + 6)};
		return get16(message + 4) == id && has_nonce(message, len, nonce);
	case ICMP6_PACKET_TOO_BIG:
	case ICMP6_DST_UNREACH:
	case ICMP6_TIME_EXCEEDED:
		/* Behind the header comes as much of the offending packet as fits (RFC 4443 section 3). */
		if (len < quoted + ICMP + ICMP_NONCE || message[ICMP + 6] != IPPROTO_ICMPV6 ||
			message[quoted] != ICMP6_ECHO_REQUEST)
			return false;
		*ret = (struct icmp_reply){.kind = ICMP_UNREACHABLE, .sequence = get16(message + quoted + 6)};
		if (message[0] == ICMP6_PACKET_TOO_BIG) {
			ret->kind = ICMP_TOO_BIG;
			ret->mtu = (uint32_t)get16(message + 4) << 16 | get16(message + 6);
		}
		return get16(message + quoted + 4) == id && has_nonce(message + quoted, len - quoted, nonce);
	default:
		return false;
	}
}

static bool parse_v4_error(
	const uint8_t *message, size_t len, uint16_t id, const uint8_t nonce[ICMP_NONCE], struct icmp_reply *ret)
{
	const uint8_t *packet = message + ICMP;
	size_t header = ipv4_header(packet, len - ICMP), left;
	const uint8_t *echo = packet + header;

	if (header == 0 || packet[9] != IPPROTO_ICMP)
		return false;
	left = len - ICMP - header;
	if (left < ICMP || echo[0] != ICMP_ECHO || get16(echo + 4) != id)
		return false;
	if (left >= ICMP + ICMP_NONCE && !has_nonce(echo, left, nonce))
		return false;
	*ret = (struct icmp_reply){.kind = ICMP_UNREACHABLE, .sequence = get16(echo + 6)};
	/* RFC 1191 section 4. */
	if (message[0] == ICMP_DEST_UNREACH && message[1] == ICMP_FRAG_NEEDED) {
		ret->kind = ICMP_TOO_BIG;
		ret->mtu = get16(message + 6);
	}
	return true;
}

static bool parse_v4(
	const uint8_t *message, size_t len, uint16_t id, const uint8_t nonce[ICMP_NONCE], struct icmp_reply *ret)
{
	if (len < ICMP)
		return false;
	switch (message[0]) {
	case ICMP_ECHOREPLY:
		*ret = (struct icmp_reply){.kind = ICMP_ANSWER, .sequence = get16(message + 6)};
		return get16(message + 4) == id && has_nonce(message, len, nonce);
	case ICMP_DEST_UNREACH:
	case ICMP_TIME_EXCEEDED:
		return parse_v4_error(message, len, id, nonce, ret);
	default:
		return false;
	}
}

bool icmp_parse(int family, const uint8_t *message, size_t len, uint16_t id, const uint8_t nonce[ICMP_NONCE],
	struct icmp_reply *ret)
{
	return family == AF_INET6 ? parse_v6(message, len, id, nonce, ret) : parse_v4(message, len, id, nonce, ret);
}
