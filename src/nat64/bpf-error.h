/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* ICMP errors that are translated, with the packet in them (RFC 7915 sections 4.2, 4.3, 5.2, 5.3; RFC 4884). */
#pragma once

#include "nat64/bpf-map.h"
#include "nat64/bpf-parse.h"

/*
 * The packet in the error holds at least the transport header's first 8 octets, or all it ever had. `available` is
 * how many octets are there.
 */
static __always_inline int inner_long_enough(const struct parsed *p, __u32 available)
{
	return available >= 8 || available >= p->l4_length;
}

/* Change what the packet in the error has above IP: the checksum by the addresses' difference, an echo's type. */
static __always_inline int inner_transport(struct __sk_buff *skb, struct work *w, __u32 at, __u32 available)
{
	const struct parsed *const p = &w->inner;
	const struct ip4 *const ip4 = &w->inner4;
	const struct ip6 *const ip6 = &w->inner6;
	const int to6 = p->protocol == PROTO_ICMP;
	__u32 offset = checksum_offset(p->protocol), from, to;
	__be16 checksum;

	if (p->fragment & IP4_OFFSET)
		return 0;
	from = sum_addresses6(ip6);
	to = sum_addresses4(ip4);
	if (w->towards6) {
		from = to;
		to = sum_addresses6(ip6);
	}
	if (p->protocol == PROTO_ICMP || p->protocol == PROTO_ICMP6) {
		struct icmp *icmp = &w->icmp;
		const __u32 pseudo = sum_add(sum_addresses6(ip6), sum_pseudo(p->l4_length, PROTO_ICMP6));

		if (to6 != w->towards6 || p->is_fragment || available < ICMP_SIZE ||
			bpf_skb_load_bytes(skb, at, icmp, ICMP_SIZE) < 0)
			return NAT64_COUNT_ICMP_INNER;
		w->icmp_map = to6 ? icmp_to6(icmp) : icmp_to4(icmp);
		if (w->icmp_map.kind != ICMP_PING)
			return NAT64_COUNT_ICMP_INNER;
		from = BE16((__u16)(icmp->type << 8));
		to = BE16((__u16)(w->icmp_map.type << 8));
		if (to6)
			to = sum_add(to, pseudo);
		else
			from = sum_add(from, pseudo);
		icmp->checksum = checksum_adjust(icmp->checksum, from, to);
		icmp->type = w->icmp_map.type;
		return bpf_skb_store_bytes(skb, at, icmp, 4, BPF_F_RECOMPUTE_CSUM) < 0 ? NAT64_COUNT_KERNEL : 0;
	}
	if (!offset || available < offset + 2)
		return 0;
	if (bpf_skb_load_bytes(skb, at + offset, &checksum, 2) < 0)
		return NAT64_COUNT_KERNEL;
	if (p->protocol == PROTO_UDP && !checksum)
		return 0;
	checksum = checksum_adjust(checksum, from, to);
	if (p->protocol == PROTO_UDP)
		checksum = checksum_udp(checksum);
	return bpf_skb_store_bytes(skb, at + offset, &checksum, 2, BPF_F_RECOMPUTE_CSUM) < 0 ? NAT64_COUNT_KERNEL : 0;
}

/* Write zeros from `at` on, up to 128 octets. */
SEPARATE int pad(struct __sk_buff *skb, __u32 at, __u32 n)
{
	struct work *w = work();
	int i;

	if (!w)
		return -1;
	__builtin_memset(w->buffer, 0, 4);
	for (i = 0; i < 33 && n >= 4; i++) {
		if (bpf_skb_store_bytes(skb, at, w->buffer, 4, BPF_F_RECOMPUTE_CSUM) < 0)
			return -1;
		at += 4;
		n -= 4;
	}
	return 0;
}

enum {
	ORIGINAL_MIN = 128,   /* RFC 4884 section 4.1: with extensions, the packet has at least so much */
	EXTENSIONS_SIZE = 256 /* longer ones are left out */
};

/*
 * Keep the extensions behind the packet: it gets the length that the field can tell, no more than fits, zeros if it is
 * too short. Returns the field's value, 0 when there are none (any more), or -1.
 */
SEPARATE int move_extensions(struct __sk_buff *skb)
{
	struct work *w = work();
	const struct error_shape *s;
	__u32 from, size, padded;

	if (!w)
		return -1;
	s = &w->shape;
	from = s->datagram + s->original;
	size = skb->len - from;
	padded = s->original;
	if (!s->unit || !size || size > EXTENSIONS_SIZE || (size & 3)) {
		/* Only the packet stays. */
		return bpf_skb_change_tail(skb, from < s->limit ? from : s->limit, 0) < 0 ? -1 : 0;
	}
	padded = (padded + s->unit - 1) & ~(s->unit - 1);
	if (padded < ORIGINAL_MIN)
		padded = ORIGINAL_MIN;
	if (s->datagram + padded + size > s->limit)
		padded = (s->limit - s->datagram - size) & ~(s->unit - 1);
	if (padded == s->original)
		return (int)(padded / s->unit);
	size = (size - 1) & (EXTENSIONS_SIZE - 1);
	barrier_var(size);
	size++;
	if (bpf_skb_load_bytes(skb, from, w->buffer + 8, size) < 0 ||
		bpf_skb_change_tail(skb, s->datagram + padded + size, 0) < 0 ||
		bpf_skb_store_bytes(skb, s->datagram + padded, w->buffer + 8, size, BPF_F_RECOMPUTE_CSUM) < 0)
		return -1;
	if (padded > s->original && pad(skb, from, padded - s->original) < 0)
		return -1;
	return (int)(padded / s->unit);
}

/* No longer than allowed. Returns the length field's value, or -1. */
static __always_inline int trim_error(struct __sk_buff *skb, struct work *w, const struct error_shape *s)
{
	if (s->original)
		return move_extensions(skb);
	if (skb->len > s->limit && bpf_skb_change_tail(skb, s->limit, 0) < 0)
		return -1;
	return 0;
}

/* The second word of the new ICMP header, but for the length field. */
static __always_inline void fill_icmp(struct icmp *ret, const struct icmp_map *map)
{
	ret->type = map->type;
	ret->code = map->code;
	ret->checksum = 0;
	ret->word = 0;
}

/* Store the ICMP header at `s->icmp` with its checksum; `sum` has the pseudo-header's. */
static __always_inline int finish_error(
	struct __sk_buff *skb, struct work *w, const struct error_shape *s, struct icmp *icmp, __u32 sum)
{
	const __u32 length = skb->len - s->datagram;

	sum = sum_add(sum, sum_words(icmp, ICMP_SIZE));
	if (sum_packet(skb, s->datagram, length, sum) < 0)
		return NAT64_COUNT_KERNEL;
	icmp->checksum = (__be16)~sum_fold(w->sum);
	if (bpf_skb_store_bytes(skb, s->icmp, icmp, ICMP_SIZE, BPF_F_RECOMPUTE_CSUM) < 0)
		return NAT64_COUNT_KERNEL;
	count(NAT64_COUNT_ERRORS_TRANSLATED);
	return 0;
}

/*
 * Read the packet in an ICMPv4 error and map its addresses: it was sent by the IPv6 host that the error goes to.
 * Returns 0 or the counter.
 */
static __always_inline int read_inner4(
	struct __sk_buff *skb, struct work *w, const struct nat64_config *c, struct error_shape *s)
{
	const __u32 at = w->outer.l4 + ICMP_SIZE;
	__u32 available = skb->len - at, original;

	if (sum_packet(skb, w->outer.l4, w->outer.l4_length, 0) < 0 || sum_fold(w->sum) != 0xffff)
		return NAT64_COUNT_BAD_CHECKSUM;
	if (bpf_skb_load_bytes(skb, at, &w->inner4, IP4_SIZE) < 0 || parse4(at, &w->inner4, &w->inner) != 0)
		return NAT64_COUNT_ICMP_INNER;
	original = has_length4(w->icmp.type) ? w->icmp.octets[1] * 4 : 0;
	if (original && original < available)
		available = original;
	else
		original = 0;
	if (available < w->inner.header || !inner_long_enough(&w->inner, available - w->inner.header))
		return NAT64_COUNT_ICMP_INNER;
	if (load32(&w->inner4.source) != load32(&w->ip4.destination))
		return NAT64_COUNT_ICMP_INNER;
	w->inner6.source = w->to6.ip.destination;
	embed(&c->prefix, c->prefix_length, &w->inner4.destination, &w->inner6.destination);
	s->original = original;
	return 0;
}

/* `w->to6.ip` has its addresses; the frame is still IPv4. */
static __always_inline int change_error_to6(struct __sk_buff *skb, struct work *w, const struct nat64_config *c)
{
	struct error_shape *const s = &w->shape;
	const __u8 type = w->icmp_map.type;
	const struct icmp_map map = w->icmp_map;
	__u32 grown, payload, available, old_header;
	int drop = read_inner4(skb, w, c, s), delta, length;

	if (drop)
		return drop;
	payload = w->inner.l4_length + (w->inner.is_fragment ? FRAGMENT_SIZE : 0);
	grown = IP6_SIZE + (w->inner.is_fragment ? FRAGMENT_SIZE : 0);
	old_header = w->inner.header;
	available = (s->original ? s->original : skb->len - w->outer.l4 - ICMP_SIZE) - old_header;
	s->icmp = FRAME + IP6_SIZE;
	s->datagram = s->icmp + ICMP_SIZE;
	s->l4 = s->datagram + grown;
	s->limit = FRAME + IP6_MTU_MIN;
	s->unit = has_length6(type) ? 8 : 0;
	if (s->original)
		s->original = s->original - old_header + grown;

	make_ip6(&w->to6.inner, w->inner.tos, payload, w->inner.protocol, w->inner.ttl);
	if (w->inner.protocol == PROTO_ICMP)
		w->to6.inner.next = PROTO_ICMP6;
	w->to6.inner.source = w->inner6.source;
	w->to6.inner.destination = w->inner6.destination;
	if (w->inner.is_fragment) {
		w->to6.inner_fragment.next = w->to6.inner.next;
		w->to6.inner_fragment.reserved = 0;
		w->to6.inner_fragment.offset = BE16(fragment_to6(w->inner.fragment));
		w->to6.inner_fragment.id = BE32(w->inner.id);
		w->to6.inner.next = PROTO_FRAGMENT;
	}
	fill_icmp(&w->to6.icmp, &map);
	if (map.kind == ICMP_POINTER)
		w->to6.icmp.word = BE32(map.value);
	else if (map.kind == ICMP_MTU)
		w->to6.icmp.word = BE32(mtu_to6(c, BE16(w->icmp.half[1]), old_header + w->inner.l4_length));

	delta = (int)(s->l4 - 20) - (int)(w->inner.l4);
	if (bpf_skb_change_proto(skb, BE16(ETH_P_IPV6), 0) < 0)
		return NAT64_COUNT_KERNEL;
	if (delta && bpf_skb_adjust_room(skb, delta, BPF_ADJ_ROOM_NET, 0) < 0)
		return NAT64_COUNT_KERNEL;
	w->to6.protocol = BE16(ETH_P_IPV6);
	if ((w->inner.is_fragment ? bpf_skb_store_bytes(skb, PROTOCOL_AT, &w->to6.protocol, 2 + 40 + 8 + 40 + 8,
					    BPF_F_RECOMPUTE_CSUM)
				  : bpf_skb_store_bytes(skb, PROTOCOL_AT, &w->to6.protocol, 2 + 40 + 8 + 40,
					    BPF_F_RECOMPUTE_CSUM)) < 0)
		return NAT64_COUNT_KERNEL;
	drop = inner_transport(skb, w, s->l4, available);
	if (drop)
		return drop;
	length = trim_error(skb, w, s);
	if (length < 0)
		return NAT64_COUNT_KERNEL;
	if (s->unit)
		w->to6.icmp.octets[0] = (__u8)length;
	payload = skb->len - s->icmp;
	make_ip6(&w->to6.ip, w->outer.tos, payload, PROTO_ICMP6, w->outer.ttl);
	if (bpf_skb_store_bytes(skb, FRAME, &w->to6.ip, 8, BPF_F_RECOMPUTE_CSUM) < 0)
		return NAT64_COUNT_KERNEL;
	return finish_error(
		skb, w, s, &w->to6.icmp, sum_add(sum_addresses6(&w->to6.ip), sum_pseudo(payload, PROTO_ICMP6)));
}

/* The packet in an ICMPv6 error: it was sent by the IPv4 host that the error goes to, to a host that has a mapping. */
static __always_inline int read_inner6(
	struct __sk_buff *skb, struct work *w, const struct nat64_config *c, struct error_shape *s)
{
	const __u32 at = w->outer.l4 + ICMP_SIZE;
	__u32 available = skb->len - at, original;
	const __u32 sum = sum_add(sum_addresses6(&w->ip6), sum_pseudo(w->outer.l4_length, PROTO_ICMP6));

	if (sum_packet(skb, w->outer.l4, w->outer.l4_length, sum) < 0 || sum_fold(w->sum) != 0xffff)
		return NAT64_COUNT_BAD_CHECKSUM;
	if (bpf_skb_load_bytes(skb, at, &w->inner6, IP6_SIZE) < 0 || BE32(w->inner6.version_class_flow) >> 28 != 6 ||
		parse6(skb, w, at, &w->inner6, &w->inner) != 0)
		return NAT64_COUNT_ICMP_INNER;
	original = has_length6(w->icmp.type) ? w->icmp.octets[0] * 8 : 0;
	if (original && original < available)
		available = original;
	else
		original = 0;
	if (available < w->inner.header || !inner_long_enough(&w->inner, available - w->inner.header) ||
		half6(&w->inner6.source, 0) != half6(&w->ip6.destination, 0) ||
		half6(&w->inner6.source, 1) != half6(&w->ip6.destination, 1) || w->inner.l4_length + IP4_SIZE > 65535)
		return NAT64_COUNT_ICMP_INNER;
	extract(c->prefix_length, &w->inner6.source, &w->inner4.source);
	if (host_to4(w, &w->inner6.destination, MAPPING_KNOWN, &w->inner4.destination) != 0)
		return NAT64_COUNT_ICMP_INNER;
	s->original = original;
	return 0;
}

/* ICMPv4 errors are kept to what every host takes in one piece: RFC 1812 section 4.3.2.3. */
enum { ERROR4_MAX = 576 };

/* `w->to4.ip` has its addresses; the frame is still IPv6. */
static __always_inline int change_error_to4(struct __sk_buff *skb, struct work *w, const struct nat64_config *c)
{
	struct error_shape *const s = &w->shape;
	const struct icmp_map map = w->icmp_map;
	__u32 available, length4;
	int drop = read_inner6(skb, w, c, s), delta, length;
	__u16 fragment;

	if (drop)
		return drop;
	available = (s->original ? s->original : skb->len - w->outer.l4 - ICMP_SIZE) - w->inner.header;
	s->icmp = FRAME + IP4_SIZE;
	s->datagram = s->icmp + ICMP_SIZE;
	s->l4 = s->datagram + IP4_SIZE;
	s->limit = FRAME + ERROR4_MAX;
	s->unit = has_length4(map.type) ? 4 : 0;
	if (s->original)
		s->original = s->original - w->inner.header + IP4_SIZE;

	length4 = IP4_SIZE + w->inner.l4_length;
	fragment = w->inner.is_fragment ? w->inner.fragment : length4 > IP4_SMALL ? IP4_DF : 0;
	w->to4.inner.source = w->inner4.source;
	w->to4.inner.destination = w->inner4.destination;
	make_ip4(&w->to4.inner, w->inner.tos, length4, (__u16)w->inner.id, fragment, w->inner.ttl,
		w->inner.protocol == PROTO_ICMP6 ? PROTO_ICMP : w->inner.protocol);
	fill_icmp(&w->to4.icmp, &map);
	if (map.kind == ICMP_POINTER)
		w->to4.icmp.octets[0] = (__u8)map.value;
	else if (map.kind == ICMP_MTU)
		w->to4.icmp.half[1] = BE16((__u16)mtu_to4(c, BE32(w->icmp.word)));

	delta = (int)(s->l4 + 20) - (int)w->inner.l4;
	if (delta < -4000)
		return NAT64_COUNT_EXTENSION;
	if (delta && bpf_skb_adjust_room(skb, delta, BPF_ADJ_ROOM_NET, 0) < 0)
		return NAT64_COUNT_KERNEL;
	if (bpf_skb_change_proto(skb, BE16(ETH_P_IP), 0) < 0)
		return NAT64_COUNT_KERNEL;
	w->to4.protocol = BE16(ETH_P_IP);
	if (bpf_skb_store_bytes(skb, PROTOCOL_AT, &w->to4.protocol, 2 + 20 + 8 + 20, BPF_F_RECOMPUTE_CSUM) < 0)
		return NAT64_COUNT_KERNEL;
	drop = inner_transport(skb, w, s->l4, available);
	if (drop)
		return drop;
	length = trim_error(skb, w, s);
	if (length < 0)
		return NAT64_COUNT_KERNEL;
	w->to4.icmp.octets[1] = (__u8)length;
	length4 = skb->len - FRAME;
	make_ip4(&w->to4.ip, w->outer.tos, length4, (__u16)bpf_get_prandom_u32(), length4 > IP4_SMALL ? IP4_DF : 0,
		w->outer.ttl, PROTO_ICMP);
	if (bpf_skb_store_bytes(skb, FRAME, &w->to4.ip, 12, BPF_F_RECOMPUTE_CSUM) < 0)
		return NAT64_COUNT_KERNEL;
	return finish_error(skb, w, s, &w->to4.icmp, 0);
}

SEPARATE int error_to6(struct __sk_buff *skb)
{
	const struct nat64_config *c = configuration();
	struct work *w = work();

	return c && w ? change_error_to6(skb, w, c) : NAT64_COUNT_KERNEL;
}

SEPARATE int error_to4(struct __sk_buff *skb)
{
	const struct nat64_config *c = configuration();
	struct work *w = work();

	return c && w ? change_error_to4(skb, w, c) : NAT64_COUNT_KERNEL;
}
