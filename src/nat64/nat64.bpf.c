/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * NAT64 in the kernel: translates between IPv6 and IPv4 (RFC 7915) on a device that the NAT64 prefix and the pools are
 * routed to. nat64-abi.h tells what must be around it, doc/NAT64.md how it works.
 *
 * This file and the bpf-*.h headers may be used under either licence: helpers that they call ask a program for one
 * compatible with the GPL.
 *
 * A packet is read and judged completely before the first change, so that a drop can be answered with the packet as it
 * was. Nothing passes untranslated: each path ends in a redirect or in a drop that is counted.
 */
#include "nat64/bpf-reply.h"
#include "nat64/bpf-state.h"
#include "nat64/bpf-to4.h"
#include "nat64/bpf-to6.h"

char LICENSE[] SEC("license") = "GPL";

enum { PASS = -1 }; /* TC_ACT_UNSPEC: inline, not ours */

/* Each checked by the verifier once, for both programs. */

SEPARATE int judge6(struct __sk_buff *skb)
{
	const struct nat64_config *c = configuration();
	struct work *w = work();

	return c && w ? judge6_with(skb, w, c) : NAT64_COUNT_KERNEL;
}

SEPARATE int judge4(struct __sk_buff *skb)
{
	const struct nat64_config *c = configuration();
	struct work *w = work();

	return c && w ? judge4_with(skb, w, c) : NAT64_COUNT_KERNEL;
}

SEPARATE int change_to4(struct __sk_buff *skb)
{
	const struct nat64_config *c = configuration();
	struct work *w = work();

	return c && w ? change_to4_with(skb, w, c) : NAT64_COUNT_KERNEL;
}

SEPARATE int change_to6(struct __sk_buff *skb)
{
	const struct nat64_config *c = configuration();
	struct work *w = work();

	return c && w ? change_to6_with(skb, w, c) : NAT64_COUNT_KERNEL;
}

/* Programs. */

static __always_inline struct work *start(int towards6, int is_inline)
{
	struct work *w = work();

	if (!w)
		return NULL;
	w->now = (__u32)(bpf_ktime_get_coarse_ns() / 1000000000ULL);
	w->is_error = 0;
	w->towards6 = (__u8)towards6;
	w->is_inline = (__u8)is_inline;
	w->reply_type = 0;
	w->outer.fragment = 0;
	w->outer.l4 = FRAME;
	return w;
}

static __always_inline int drop_plain(__u32 counter)
{
	count(counter);
	return TC_ACT_SHOT;
}

static __always_inline int to4(struct __sk_buff *skb, const struct nat64_config *c)
{
	struct work *w = start(0, 0);
	int drop;

	if (!w)
		return drop_plain(NAT64_COUNT_KERNEL);
	drop = judge6(skb);
	if (drop)
		return drop_packet(skb, drop);
	drop = change_to4(skb);
	if (drop)
		return drop_plain((__u32)drop);
	count(NAT64_COUNT_TO_V4);
	count_by(NAT64_COUNT_TO_V4_BYTES, skb->len - FRAME);
	return (int)bpf_redirect(skb->ifindex, BPF_F_INGRESS);
}

static __always_inline int to6(struct __sk_buff *skb, const struct nat64_config *c)
{
	struct work *w = start(1, 0);
	int drop;

	if (!w)
		return drop_plain(NAT64_COUNT_KERNEL);
	drop = judge4(skb);
	if (drop)
		return drop_packet(skb, drop);
	drop = change_to6(skb);
	if (drop)
		return drop_plain((__u32)drop);
	count(NAT64_COUNT_TO_V6);
	count_by(NAT64_COUNT_TO_V6_BYTES, skb->len - FRAME);
	return (int)bpf_redirect(skb->ifindex, BPF_F_INGRESS);
}

SEC("tc")
int nat64_device(struct __sk_buff *skb)
{
	const struct nat64_config *c = configuration();

	if (!c)
		return drop_plain(NAT64_COUNT_NOT_CONFIGURED);
	if (skb->protocol == BE16(ETH_P_IPV6))
		return to4(skb, c);
	if (skb->protocol == BE16(ETH_P_IP))
		return to6(skb, c);
	return drop_plain(NAT64_COUNT_OTHER_PROTOCOL);
}

/* Whether the inline program takes it at all: to the prefix, TCP, UDP or ICMPv6 right behind a plain header. */
static __always_inline int is_simple(struct __sk_buff *skb, struct work *w, const struct nat64_config *c)
{
	struct ip6 *const ip = &w->ip6;

	if (bpf_skb_load_bytes(skb, FRAME, ip, IP6_SIZE) < 0 ||
		!in_prefix6(&c->prefix, c->prefix_length, &ip->destination))
		return 0;
	return ip->hop_limit > 1 && (ip->next == PROTO_TCP || ip->next == PROTO_UDP || ip->next == PROTO_ICMP6);
}

/*
 * Ingress of a device that IPv6 hosts are behind. The kernel takes a frame's protocol after this hook, so what was
 * translated goes on as IPv4 from here. The counters of drops are the device's: it gets all that is left alone here.
 */
SEC("tc")
int nat64_inline(struct __sk_buff *skb)
{
	const struct nat64_config *c;
	struct work *w;
	int drop;

	if (skb->protocol != BE16(ETH_P_IPV6) || skb->pkt_type != PACKET_HOST || skb->vlan_present)
		return PASS;
	c = configuration();
	w = start(0, 1);
	if (!c || !w || !is_simple(skb, w, c) || judge6(skb) != 0 || w->is_error)
		return PASS;
	drop = change_to4(skb);
	if (drop)
		return drop_plain((__u32)drop);
	count(NAT64_COUNT_INLINE);
	count(NAT64_COUNT_TO_V4);
	count_by(NAT64_COUNT_TO_V4_BYTES, skb->len - FRAME);
	return PASS;
}
