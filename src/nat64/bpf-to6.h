/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Packets from IPv4 to IPv6: judged, then changed (RFC 7915 section 4). Kernel side only. */
#pragma once

#include "nat64/bpf-error.h"
#include "nat64/bpf-map.h"
#include "nat64/bpf-mss.h"
#include "nat64/bpf-parse.h"
#include "nat64/bpf-transport.h"

static __always_inline int judge_icmp4(struct __sk_buff *skb, struct work *w)
{
	if (w->outer.is_fragment)
		return NAT64_COUNT_FRAGMENT;
	if (bpf_skb_load_bytes(skb, w->outer.l4, &w->icmp, ICMP_SIZE) < 0)
		return NAT64_COUNT_MALFORMED;
	w->icmp_map = icmp_to6(&w->icmp);
	w->is_error = w->icmp_map.kind != ICMP_PING;
	return w->icmp_map.kind == ICMP_NONE ? NAT64_COUNT_ICMP_TYPE : 0;
}

/*
 * UDP's checksum is optional in IPv4 only. It is made where the whole datagram is here; `w->icmp.half[0]` is set to
 * 1 then.
 */
static __always_inline int judge_udp4(struct __sk_buff *skb, struct work *w)
{
	__be16 udp[4];

	w->icmp.word = 0;
	if (bpf_skb_load_bytes(skb, w->outer.l4, udp, sizeof(udp)) < 0)
		return NAT64_COUNT_MALFORMED;
	if (udp[3])
		return 0;
	if (w->outer.is_fragment || skb->gso_size || w->outer.l4_length > 9000)
		return NAT64_COUNT_NO_CHECKSUM;
	if (BE16(udp[2]) != w->outer.l4_length)
		return NAT64_COUNT_MALFORMED;
	w->icmp.word = 1;
	return 0;
}

static __always_inline int judge_transport4(struct __sk_buff *skb, struct work *w)
{
	int drop = check_transport(&w->outer);

	if (drop)
		return drop;
	if (w->outer.protocol == PROTO_ICMP6)
		return NAT64_COUNT_ICMP_TYPE;
	if (w->outer.protocol == PROTO_ICMP)
		return judge_icmp4(skb, w);
	if (w->outer.protocol == PROTO_UDP && !(w->outer.fragment & IP4_OFFSET))
		return judge_udp4(skb, w);
	return 0;
}

/*
 * The options, and with them the header's checksum. A source route that isn't used up asks for a way that the IPv6 side
 * can't go (RFC 7915 section 4.1); all others are left out.
 */
SEPARATE int judge_options(struct __sk_buff *skb)
{
	struct work *w = work();
	__u8 *options;
	__u32 n, skip, i;

	if (!w)
		return NAT64_COUNT_KERNEL;
	options = w->buffer;
	n = w->outer.header - IP4_SIZE;
	if (sum_packet(skb, FRAME + IP4_SIZE, n, sum_words(&w->ip4, IP4_SIZE)) < 0 || sum_fold(w->sum) != 0xffff)
		return NAT64_COUNT_BAD_CHECKSUM;
	if (n < 4 || n > 40)
		return 0;
	__builtin_memset(options, 0, 44);
	n = ((n - 1) & 63) + 1;
	barrier_var(n);
	if (n > 40 || bpf_skb_load_bytes(skb, FRAME + IP4_SIZE, options, n) < 0)
		return NAT64_COUNT_MALFORMED;
	/* Octet by octet with a count of those to skip, for the verifier's sake: see find_mss(). */
	for (i = 0, skip = 0; i < 40 && i < n; i++) {
		const __u8 kind = options[i], size = options[i + 1], next = options[i + 2];

		if (skip) {
			skip--;
			continue;
		}
		if (kind == 0)
			break;
		if (kind == 1)
			continue;
		if (size < 2 || i + size > n)
			return NAT64_COUNT_MALFORMED;
		if ((kind == 131 || kind == 137) && size >= 3 && next <= size)
			return refuse(w, ICMP_UNREACHABLE, 5, 0, NAT64_COUNT_SOURCE_ROUTE);
		skip = size - 1u;
	}
	return 0;
}

/* Too big for the IPv6 side although its route has an MTU: whoever may not cut the packet is told. */
static __always_inline int judge_size(struct __sk_buff *skb, struct work *w, const struct nat64_config *c)
{
	const __u32 length = IP6_SIZE + (w->outer.is_fragment ? FRAGMENT_SIZE : 0) + w->outer.l4_length;

	if (w->is_error || skb->gso_size || length <= c->mtu6)
		return 0;
	if (!w->outer.df)
		return NAT64_COUNT_TOO_BIG;
	return refuse(w, ICMP_UNREACHABLE, 4, NAT64_POOL_MTU(c->mtu6), NAT64_COUNT_TOO_BIG);
}

static __always_inline int judge4_with(struct __sk_buff *skb, struct work *w, const struct nat64_config *c)
{
	struct ip4 *const ip = &w->ip4;
	int drop, bad_options = 0;

	if (bpf_skb_load_bytes(skb, FRAME, ip, IP4_SIZE) < 0 || parse4(FRAME, ip, &w->outer) != 0 ||
		skb->len != FRAME + (__u32)BE16(ip->length))
		return NAT64_COUNT_MALFORMED;
	if (!is_host4(value4(&ip->source)) && !in_pools(c, value4(&ip->source)))
		return NAT64_COUNT_BAD_SOURCE;
	if (w->outer.header != IP4_SIZE)
		bad_options = judge_options(skb);
	else if (sum_fold(sum_words(ip, IP4_SIZE)) != 0xffff)
		return NAT64_COUNT_BAD_CHECKSUM;
	drop = judge_transport4(skb, w);
	if (drop)
		w->reply_type = 0;
	if (bad_options || drop)
		return bad_options ? bad_options : drop;
	drop = host_to6(w, &ip->destination, &w->to6.ip.destination);
	if (drop)
		return refuse(w, ICMP_UNREACHABLE, 1, 0, drop);
	drop = check_source4(c, &ip->source);
	if (drop == NAT64_COUNT_NOT_GLOBAL && w->is_error) {
		w->to6.ip.source = c->own6;
		drop = 0;
	} else {
		embed(&c->prefix, c->prefix_length, &ip->source, &w->to6.ip.source);
	}
	return drop ? drop : judge_size(skb, w, c);
}

static __always_inline int sum_udp(struct __sk_buff *skb, struct work *w, __u32 at)
{
	const __u32 sum = sum_add(sum_addresses6(&w->to6.ip), sum_pseudo(w->outer.l4_length, PROTO_UDP));
	__be16 checksum;

	if (sum_packet(skb, at, w->outer.l4_length, sum) < 0)
		return NAT64_COUNT_KERNEL;
	checksum = checksum_udp((__be16)~sum_fold(w->sum));
	if (bpf_skb_store_bytes(skb, at + 6, &checksum, 2, BPF_F_RECOMPUTE_CSUM) < 0)
		return NAT64_COUNT_KERNEL;
	count(NAT64_COUNT_UDP_SUMMED);
	return 0;
}

static __always_inline void make_outer6(struct work *w)
{
	const __u32 payload = w->outer.l4_length + (w->outer.is_fragment ? FRAGMENT_SIZE : 0);
	const __u8 next = w->outer.protocol == PROTO_ICMP ? PROTO_ICMP6 : w->outer.protocol;

	make_ip6(&w->to6.ip, w->outer.tos, payload, w->outer.is_fragment ? PROTO_FRAGMENT : next, w->outer.ttl);
	w->to6.protocol = BE16(ETH_P_IPV6);
	if (!w->outer.is_fragment)
		return;
	w->to6.fragment.next = next;
	w->to6.fragment.reserved = 0;
	w->to6.fragment.offset = BE16(fragment_to6(w->outer.fragment));
	w->to6.fragment.id = BE32(w->outer.id);
}

static __always_inline int change_to6_with(struct __sk_buff *skb, struct work *w, const struct nat64_config *c)
{
	const __u32 header = IP6_SIZE + (w->outer.is_fragment ? FRAGMENT_SIZE : 0);
	const int room = (int)(header - 20) - (int)w->outer.header;
	int drop;

	if (w->is_error)
		return error_to6(skb);
	if (bpf_skb_change_proto(skb, BE16(ETH_P_IPV6), 0) < 0)
		return NAT64_COUNT_KERNEL;
	if (room && bpf_skb_adjust_room(skb, room, BPF_ADJ_ROOM_NET, skb->gso_size ? BPF_F_ADJ_ROOM_FIXED_GSO : 0) < 0)
		return NAT64_COUNT_KERNEL;
	make_outer6(w);
	if ((w->outer.is_fragment ? bpf_skb_store_bytes(skb, PROTOCOL_AT, &w->to6.protocol,
					    2 + IP6_SIZE + FRAGMENT_SIZE, BPF_F_RECOMPUTE_CSUM)
				  : bpf_skb_store_bytes(skb, PROTOCOL_AT, &w->to6.protocol, 2 + IP6_SIZE,
					    BPF_F_RECOMPUTE_CSUM)) < 0)
		return NAT64_COUNT_KERNEL;
	if (w->outer.protocol == PROTO_UDP && !(w->outer.fragment & IP4_OFFSET) && w->icmp.word)
		return sum_udp(skb, w, FRAME + header);
	drop = change_transport(
		skb, w, FRAME + header, sum_addresses4(&w->ip4), sum_addresses6(&w->to6.ip), &w->to6.ip);
	if (!drop && w->outer.protocol == PROTO_TCP && c->mss_to_v6 && !(w->outer.fragment & IP4_OFFSET))
		drop = clamp_mss(skb, FRAME + header, c->mss_to_v6);
	return drop;
}
