/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/icmp.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <string.h>

enum {
	IP = sizeof(struct ip6_hdr),
	ICMP = sizeof(struct icmp6_hdr),
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

size_t icmp_request(uint16_t id, uint16_t sequence, const uint8_t nonce[ICMP_NONCE], size_t size, uint8_t *ret)
{
	memset(ret, 0, size - IP);
	ret[0] = ICMP6_ECHO_REQUEST;
	put16(ret + 4, id);
	put16(ret + 6, sequence);
	memcpy(ret + ICMP, nonce, ICMP_NONCE);
	return size - IP;
}

bool icmp_parse(
	const uint8_t *message, size_t len, uint16_t id, const uint8_t nonce[ICMP_NONCE], struct icmp_reply *ret)
{
	const uint8_t *echo = message;
	enum icmp_kind kind = ICMP_ANSWER;

	if (len < ICMP + ICMP_NONCE)
		return false;
	switch (message[0]) {
	case ICMP6_ECHO_REPLY:
		break;
	case ICMP6_PACKET_TOO_BIG:
	case ICMP6_DST_UNREACH:
	case ICMP6_TIME_EXCEEDED:
		/* Behind the header comes as much of the offending packet as fits (RFC 4443 section 3). */
		kind = message[0] == ICMP6_PACKET_TOO_BIG ? ICMP_TOO_BIG : ICMP_UNREACHABLE;
		echo = message + ICMP + IP;
		if (len < ICMP + IP + ICMP + ICMP_NONCE || message[ICMP + 6] != IPPROTO_ICMPV6 ||
			echo[0] != ICMP6_ECHO_REQUEST)
			return false;
		break;
	default:
		return false;
	}
	if (get16(echo + 4) != id || memcmp(echo + ICMP, nonce, ICMP_NONCE) != 0)
		return false;
	*ret = (struct icmp_reply){.kind = kind, .sequence = get16(echo + 6)};
	if (kind == ICMP_TOO_BIG)
		ret->mtu = (uint32_t)get16(message + 4) << 16 | get16(message + 6);
	return true;
}
