/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What is above IP, the same both ways. Kernel side only. */
#pragma once

#include "nat64/bpf-state.h"

/* The header of an echo: type, and the pseudo-header that ICMPv6 has and ICMP has not. */
static __always_inline int change_echo(struct __sk_buff *skb, struct work *w, __u32 at, const struct ip6 *addresses)
{
	struct icmp *icmp = &w->icmp;
	__u32 pseudo = sum_add(sum_addresses6(addresses), sum_pseudo(w->outer.l4_length, PROTO_ICMP6));
	const __u32 from = BE16((__u16)(icmp->type << 8)), to = BE16((__u16)(w->icmp_map.type << 8));

	icmp->checksum = w->towards6 ? checksum_adjust(icmp->checksum, from, sum_add(to, pseudo))
				     : checksum_adjust(icmp->checksum, sum_add(from, pseudo), to);
	icmp->type = w->icmp_map.type;
	return bpf_skb_store_bytes(skb, at, icmp, 4, BPF_F_RECOMPUTE_CSUM);
}

/* What is above IP, after the headers: `from`, `to` are the addresses' sums. Returns 0 or the counter. */
static __always_inline int change_transport(
	struct __sk_buff *skb, struct work *w, __u32 at, __u32 from, __u32 to, const struct ip6 *addresses)
{
	const __u8 protocol = w->outer.protocol;
	const __u32 offset = checksum_offset(protocol);

	if (w->outer.fragment & IP4_OFFSET)
		return 0;
	if (protocol == PROTO_ICMP || protocol == PROTO_ICMP6)
		return change_echo(skb, w, at, addresses) < 0 ? NAT64_COUNT_KERNEL : 0;
	if (!offset)
		return 0;
	if (bpf_l4_csum_replace(skb, at + offset, 0, sum_add(to, ~from),
		    BPF_F_PSEUDO_HDR | (protocol == PROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0)) < 0)
		return NAT64_COUNT_KERNEL;
	return 0;
}
