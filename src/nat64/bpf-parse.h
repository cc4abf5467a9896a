/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Reading packets: headers of both families into one form. 0, or the counter of the reason to drop. */
#pragma once

#include "nat64/bpf-state.h"

static __always_inline int is_extension(__u8 next)
{
	return next == PROTO_HOP_BY_HOP || next == PROTO_ROUTING || next == PROTO_FRAGMENT || next == PROTO_DESTINATION;
}

enum { EXTENSIONS_MAX = 8 };

/*
 * Behind the fragment header there must be no other extension header: RFC 7915 section 5.1.1 has no place for it in
 * the fragments that don't hold it.
 */
FUNCTION int parse_fragment(struct parsed *p, const __u8 *octets)
{
	const __u16 offset = (__u16)(octets[2] << 8 | octets[3]);

	p->is_fragment = 1;
	p->fragment = fragment_to4(offset);
	p->id = (__u32)octets[4] << 24 | (__u32)octets[5] << 16 | (__u32)octets[6] << 8 | octets[7];
	return is_extension(octets[0]) ? NAT64_COUNT_FRAGMENT : 0;
}

static __always_inline int parse_extensions(
	struct __sk_buff *skb, struct work *w, struct parsed *p, __u32 at, __u8 next)
{
	__u32 l4 = at + IP6_SIZE, routing = 0;
	__u8 octets[8];
	int i, drop;

	p->is_fragment = 0;
	p->fragment = 0;
	p->id = 0;
	for (i = 0; i < EXTENSIONS_MAX && is_extension(next); i++) {
		p->l4 = l4;
		if (bpf_skb_load_bytes(skb, l4, octets, sizeof(octets)) < 0)
			return NAT64_COUNT_MALFORMED;
		if (next == PROTO_FRAGMENT) {
			drop = parse_fragment(p, octets);
			if (drop)
				return drop;
			next = octets[0];
			l4 += FRAGMENT_SIZE;
			break;
		}
		if (next == PROTO_ROUTING && octets[3] && !routing)
			routing = l4 + 3 - at;
		next = octets[0];
		l4 += (octets[1] + 1) * 8;
	}
	if (is_extension(next))
		return NAT64_COUNT_EXTENSION;
	p->protocol = next;
	p->l4 = l4;
	p->header = l4 - at;
	return routing ? refuse(w, ICMP6_PARAMETER, 0, routing, NAT64_COUNT_EXTENSION) : 0;
}

SEPARATE int parse_outer_extensions(struct __sk_buff *skb)
{
	struct work *w = work();

	return w ? parse_extensions(skb, w, &w->outer, FRAME, w->ip6.next) : NAT64_COUNT_KERNEL;
}

SEPARATE int parse_inner_extensions(struct __sk_buff *skb, __u32 at)
{
	struct work *w = work();

	return w ? parse_extensions(skb, w, &w->inner, at, w->inner6.next) : NAT64_COUNT_KERNEL;
}

/* `at`: where the IP header starts. */
static __always_inline int parse6(struct __sk_buff *skb, struct work *w, __u32 at, struct ip6 *ip, struct parsed *p)
{
	__u32 payload;
	int drop;

	payload = BE16(ip->payload);
	p->tos = class_of(ip);
	p->ttl = ip->hop_limit;
	p->df = 0;
	if (is_extension(ip->next)) {
		drop = p == &w->outer ? parse_outer_extensions(skb) : parse_inner_extensions(skb, at);
		if (drop && !w->reply_type)
			return drop;
	} else {
		drop = 0;
		p->is_fragment = 0;
		p->fragment = 0;
		p->id = 0;
		p->protocol = ip->next;
		p->l4 = at + IP6_SIZE;
		p->header = IP6_SIZE;
	}
	if (p->header - IP6_SIZE > payload) {
		w->reply_type = 0;
		return NAT64_COUNT_MALFORMED;
	}
	if (drop)
		return drop;
	p->l4_length = payload - (p->header - IP6_SIZE);
	return 0;
}

static __always_inline int parse4(__u32 at, const struct ip4 *ip, struct parsed *p)
{
	const __u32 header = (ip->version_ihl & 15) * 4, length = BE16(ip->length);
	const __u16 fragment = BE16(ip->fragment);

	if (ip->version_ihl >> 4 != 4 || header < IP4_SIZE || length < header)
		return NAT64_COUNT_MALFORMED;
	p->header = header;
	p->l4 = at + header;
	p->l4_length = length - header;
	p->protocol = ip->protocol;
	p->tos = ip->tos;
	p->ttl = ip->ttl;
	p->df = !!(fragment & IP4_DF);
	p->fragment = fragment & (IP4_MF | IP4_OFFSET);
	p->is_fragment = !!p->fragment;
	p->id = BE16(ip->id);
	return 0;
}

/*
 * What both directions ask of a packet beyond its IP header. A fragment's end must lie within the largest packet, and
 * all but the last must be multiples of 8; the first one must hold the transport header.
 */
static __always_inline int check_transport(const struct parsed *p)
{
	if (p->fragment) {
		if ((p->fragment & IP4_OFFSET) * 8 + p->l4_length > 65535)
			return NAT64_COUNT_MALFORMED;
		if ((p->fragment & IP4_MF) && (p->l4_length & 7))
			return NAT64_COUNT_MALFORMED;
	}
	if (!(p->fragment & IP4_OFFSET) && p->l4_length < transport_minimum(p->protocol))
		return NAT64_COUNT_MALFORMED;
	return 0;
}

#define SUM_PIECE(size)                                                                                                \
	if (length & size) {                                                                                           \
		if (bpf_skb_load_bytes(skb, at, buffer, size) < 0)                                                     \
			return -1;                                                                                     \
		sum = (__u32)bpf_csum_diff(0, 0, (__be32 *)buffer, size < 4 ? 4 : size, sum);                          \
		at += size;                                                                                            \
	}

/*
 * The sum of `length` octets of the packet from `at` on, added to `sum`, goes to `sum` of the work. 0, or -1: longer
 * than 18 buffers (9216 octets, the usual jumbo frame).
 */
SEPARATE int sum_packet(struct __sk_buff *skb, __u32 at, __u32 length, __u32 sum)
{
	struct work *w = work();
	__u8 *buffer;
	int i;

	if (!w)
		return -1;
	buffer = w->buffer;
	for (i = 0; i < 18; i++) {
		if (length < BUFFER)
			break;
		if (bpf_skb_load_bytes(skb, at, buffer, BUFFER) < 0)
			return -1;
		sum = (__u32)bpf_csum_diff(0, 0, (__be32 *)buffer, BUFFER, sum);
		at += BUFFER;
		length -= BUFFER;
	}
	if (length >= BUFFER)
		return -1;
	SUM_PIECE(256)
	SUM_PIECE(128)
	SUM_PIECE(64)
	SUM_PIECE(32)
	SUM_PIECE(16)
	SUM_PIECE(8)
	SUM_PIECE(4)
	__builtin_memset(buffer, 0, 4);
	SUM_PIECE(2)
	__builtin_memset(buffer, 0, 4);
	SUM_PIECE(1)
	w->sum = sum;
	return 0;
}
#undef SUM_PIECE
