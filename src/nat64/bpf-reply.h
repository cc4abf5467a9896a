/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* ICMP errors made here: the answer to a packet that can't be translated (RFC 4443 section 2.4, RFC 1812 4.3.2). */
#pragma once

#include "nat64/bpf-parse.h"

enum {
	SAVED = 256, /* at least the headers up to the transport checksum */
	REPLY6_ROOM = IP6_SIZE + ICMP_SIZE,
	REPLY4_ROOM = IP4_SIZE + ICMP_SIZE,
	REPLY6_QUOTE = IP6_MTU_MIN - REPLY6_ROOM,
	REPLY4_QUOTE = 576 - REPLY4_ROOM,
	REPLY_TTL = 64,
	ERRORS_PER_SECOND = 100,
};

FUNCTION int within_limit(const struct nat64_config *c)
{
	const __u64 second = bpf_ktime_get_coarse_ns() / 1000000000ULL;
	const __u32 most = c->errors_per_second ? c->errors_per_second : ERRORS_PER_SECOND, zero = 0;
	struct limit *limit = bpf_map_lookup_elem(&nat64_limits, &zero);

	if (!limit)
		return 0;
	if (limit->second != second) {
		limit->second = second;
		limit->used = 0;
	}
	return limit->used++ < most;
}

/*
 * Make the frame an error's: at most `quote` octets of the packet, and `room` in front of it. Returns how much of the
 * packet is there, or -1.
 *
 * A packet whose checksum the sender left to the device (CHECKSUM_PARTIAL) would have it filled in later, in the middle
 * of the error, which would break the error's own checksum. The kernel forgets about it when everything up to the
 * checksum's start is cut off (skb_postpull_rcsum), so cut that off and put it back. Long chains of extension headers
 * that don't allow it get no answer.
 */
FUNCTION int make_quote(struct __sk_buff *skb, struct work *w, __u32 quote, __u32 room)
{
	__u32 length = skb->len - FRAME;

	if (w->outer.l4 > SAVED - 4 && skb->len > SAVED)
		return -1;
	if (length > quote)
		length = quote;
	if (bpf_skb_change_tail(skb, FRAME + (length > SAVED + IP6_SIZE ? length : SAVED + IP6_SIZE), 0) < 0 ||
		bpf_skb_load_bytes(skb, FRAME, w->buffer, SAVED) < 0 ||
		bpf_skb_adjust_room(skb, -SAVED, BPF_ADJ_ROOM_MAC, 0) < 0 ||
		bpf_skb_adjust_room(skb, SAVED + (int)room, BPF_ADJ_ROOM_MAC, 0) < 0 ||
		bpf_skb_store_bytes(skb, FRAME + room, w->buffer, SAVED, 0) < 0 ||
		bpf_skb_change_tail(skb, FRAME + room + length, 0) < 0)
		return -1;
	return (int)length;
}

FUNCTION int reply6(struct __sk_buff *skb, struct work *w, const struct nat64_config *c)
{
	const int quoted = make_quote(skb, w, REPLY6_QUOTE, REPLY6_ROOM);
	struct frame6 *f = &w->to6;
	__u32 sum;

	if (quoted < 0)
		return -1;
	f->protocol = BE16(ETH_P_IPV6);
	make_ip6(&f->ip, 0, ICMP_SIZE + (__u32)quoted, PROTO_ICMP6, REPLY_TTL);
	f->ip.source = c->own6;
	f->ip.destination = w->ip6.source;
	f->icmp.type = w->reply_type;
	f->icmp.code = w->reply_code;
	f->icmp.checksum = 0;
	f->icmp.word = BE32(w->reply_value);
	sum = sum_add(sum_addresses6(&f->ip), sum_pseudo(ICMP_SIZE + (__u32)quoted, PROTO_ICMP6));
	sum = sum_add(sum, sum_words(&f->icmp, ICMP_SIZE));
	if (sum_packet(skb, FRAME + REPLY6_ROOM, (__u32)quoted, sum) < 0)
		return -1;
	f->icmp.checksum = (__be16)~sum_fold(w->sum);
	return bpf_skb_store_bytes(skb, PROTOCOL_AT, &f->protocol, 2 + REPLY6_ROOM, 0);
}

FUNCTION int reply4(struct __sk_buff *skb, struct work *w, const struct nat64_config *c)
{
	const int quoted = make_quote(skb, w, REPLY4_QUOTE, REPLY4_ROOM);
	struct frame4 *f = &w->to4;
	__u32 sum;

	if (quoted < 0)
		return -1;
	f->protocol = BE16(ETH_P_IP);
	__builtin_memcpy(&f->ip.source, &c->own4, 4);
	f->ip.destination = w->ip4.source;
	make_ip4(&f->ip, 0, REPLY4_ROOM + (__u32)quoted, (__u16)bpf_get_prandom_u32(), 0, REPLY_TTL, PROTO_ICMP);
	f->icmp.type = w->reply_type;
	f->icmp.code = w->reply_code;
	f->icmp.checksum = 0;
	f->icmp.word = BE32(w->reply_value);
	sum = sum_words(&f->icmp, ICMP_SIZE);
	if (sum_packet(skb, FRAME + REPLY4_ROOM, (__u32)quoted, sum) < 0)
		return -1;
	f->icmp.checksum = (__be16)~sum_fold(w->sum);
	return bpf_skb_store_bytes(skb, PROTOCOL_AT, &f->protocol, 2 + REPLY4_ROOM, 0);
}

/*
 * What to do with a packet that isn't translated: always dropped, perhaps turned into the error that answers it.
 * Nobody is told about an error, about a fragment but the first (RFC 1122 section 3.2.2), or too often.
 */
SEPARATE int drop_packet(struct __sk_buff *skb, int counter)
{
	const struct nat64_config *c = configuration();
	struct work *w = work();

	count((__u32)counter);
	if (!c || !w || !w->reply_type || !(c->flags & NAT64_ERRORS) || w->is_error || (w->outer.fragment & IP4_OFFSET))
		return TC_ACT_SHOT;
	if (!within_limit(c)) {
		count(NAT64_COUNT_ERRORS_LIMITED);
		return TC_ACT_SHOT;
	}
	if ((w->towards6 ? reply4(skb, w, c) : reply6(skb, w, c)) < 0)
		return TC_ACT_SHOT;
	count(NAT64_COUNT_ERRORS_SENT);
	return (int)bpf_redirect(skb->ifindex, BPF_F_INGRESS);
}
