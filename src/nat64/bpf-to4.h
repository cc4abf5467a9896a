/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Packets from IPv6 to IPv4: judged, then changed (RFC 7915 section 5). Kernel side only. */
#pragma once

#include "nat64/bpf-error.h"
#include "nat64/bpf-map.h"
#include "nat64/bpf-mss.h"
#include "nat64/bpf-parse.h"
#include "nat64/bpf-transport.h"

static __always_inline int judge_icmp6(struct __sk_buff *skb, struct work *w)
{
	if (w->outer.fragment)
		return NAT64_COUNT_FRAGMENT;
	if (bpf_skb_load_bytes(skb, w->outer.l4, &w->icmp, ICMP_SIZE) < 0)
		return NAT64_COUNT_MALFORMED;
	w->is_error = w->icmp.type < 128;
	w->icmp_map = icmp_to4(&w->icmp);
	return w->icmp_map.kind == ICMP_NONE ? NAT64_COUNT_ICMP_TYPE : 0;
}

static __always_inline int judge_transport6(struct __sk_buff *skb, struct work *w)
{
	int drop = check_transport(&w->outer);
	__be16 checksum;

	if (drop)
		return drop;
	if (w->outer.protocol == PROTO_ICMP)
		return NAT64_COUNT_ICMP_TYPE;
	if (w->outer.protocol == PROTO_ICMP6)
		return judge_icmp6(skb, w);
	if (w->outer.protocol != PROTO_UDP || (w->outer.fragment & IP4_OFFSET))
		return 0;
	if (bpf_skb_load_bytes(skb, w->outer.l4 + 6, &checksum, 2) < 0)
		return NAT64_COUNT_MALFORMED;
	return checksum ? 0 : NAT64_COUNT_NO_CHECKSUM;
}

/* The source's IPv4 address. An error may come from any router, which has none: it is sent from the translator's. */
static __always_inline int judge_source6(struct work *w, const struct nat64_config *c)
{
	const enum mapping mapping = w->is_error || w->is_inline ? MAPPING_KNOWN : MAPPING_MAKE;
	int drop = host_to4(w, &w->ip6.source, mapping, &w->to4.ip.source);

	if (drop && w->is_error) {
		__builtin_memcpy(&w->to4.ip.source, &c->own4, 4);
		return 0;
	}
	if (drop == NAT64_COUNT_POOL_EMPTY)
		return refuse(w, ICMP6_UNREACHABLE, 3, 0, drop);
	if (drop)
		return refuse(w, ICMP6_UNREACHABLE, 5, 0, drop);
	return 0;
}

/* A packet that is refused for its routing header may be an error, which must not be answered. */
static __always_inline void note_error6(struct __sk_buff *skb, struct work *w)
{
	__u8 type;

	w->is_error = bpf_skb_load_bytes(skb, w->outer.l4, &type, 1) < 0 || type < 128;
}

/* 0: may be translated, `w` has all about it; otherwise the counter. */
static __always_inline int judge6_with(struct __sk_buff *skb, struct work *w, const struct nat64_config *c)
{
	struct ip6 *const ip = &w->ip6;
	int drop;

	if (bpf_skb_load_bytes(skb, FRAME, ip, IP6_SIZE) < 0 || BE32(ip->version_class_flow) >> 28 != 6 ||
		!ip->payload || skb->len != FRAME + IP6_SIZE + BE16(ip->payload))
		return NAT64_COUNT_MALFORMED;
	if (!in_prefix6(&c->prefix, c->prefix_length, &ip->destination))
		return NAT64_COUNT_BAD_DESTINATION;
	if (!is_host6(&ip->source) || in_prefix6(&c->prefix, c->prefix_length, &ip->source))
		return NAT64_COUNT_BAD_SOURCE;
	drop = parse6(skb, w, FRAME, ip, &w->outer);
	if (w->reply_type && w->outer.protocol == PROTO_ICMP6)
		note_error6(skb, w);
	if (!drop)
		drop = judge_transport6(skb, w);
	if (drop)
		return drop;
	if (w->outer.l4_length + IP4_SIZE > 65535)
		return NAT64_COUNT_TOO_BIG;
	extract(c->prefix_length, &ip->destination, &w->to4.ip.destination);
	drop = check_destination4(w, c, &w->to4.ip.destination);
	return drop ? drop : judge_source6(w, c);
}

/* RFC 7915 section 5.1: small packets may be cut by IPv4 routers, and so have an identification. */
static __always_inline void make_outer4(struct work *w)
{
	const __u32 length = IP4_SIZE + w->outer.l4_length;
	__u16 id = (__u16)bpf_get_prandom_u32(), fragment = 0;

	if (w->outer.is_fragment) {
		id = (__u16)w->outer.id;
		fragment = w->outer.fragment;
	} else if (length > IP4_SMALL) {
		fragment = IP4_DF;
	}
	make_ip4(&w->to4.ip, w->outer.tos, length, id, fragment, w->outer.ttl,
		w->outer.protocol == PROTO_ICMP6 ? PROTO_ICMP : w->outer.protocol);
	w->to4.protocol = BE16(ETH_P_IP);
}

static __always_inline int change_to4_with(struct __sk_buff *skb, struct work *w, const struct nat64_config *c)
{
	const __u32 extra = w->outer.header - IP6_SIZE;
	int drop;

	if (w->is_error)
		return error_to4(skb);
	/* The segments' size stays; it is not the extension headers' to change. */
	if (extra > 4000)
		return NAT64_COUNT_EXTENSION;
	if (extra && bpf_skb_adjust_room(
			     skb, -(int)extra, BPF_ADJ_ROOM_NET, skb->gso_size ? BPF_F_ADJ_ROOM_FIXED_GSO : 0) < 0)
		return NAT64_COUNT_KERNEL;
	if (bpf_skb_change_proto(skb, BE16(ETH_P_IP), 0) < 0)
		return NAT64_COUNT_KERNEL;
	make_outer4(w);
	if (bpf_skb_store_bytes(skb, PROTOCOL_AT, &w->to4.protocol, 2 + IP4_SIZE, BPF_F_RECOMPUTE_CSUM) < 0)
		return NAT64_COUNT_KERNEL;
	drop = change_transport(skb, w, FRAME + IP4_SIZE, sum_addresses6(&w->ip6), sum_addresses4(&w->to4.ip), &w->ip6);
	if (!drop && w->outer.protocol == PROTO_TCP && c->mss_to_v4 && !(w->outer.fragment & IP4_OFFSET))
		drop = clamp_mss(skb, FRAME + IP4_SIZE, c->mss_to_v4);
	return drop;
}
