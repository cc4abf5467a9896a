/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The maximum segment size in a SYN (RFC 9293 section 3.7.1), lowered to what fits the other side. */
#pragma once

#include "nat64/bpf-state.h"

enum {
	TCP_SIZE = 20,
	TCP_OFFSET_AT = 12,
	TCP_CHECKSUM_AT = 16,
	TCP_SYN = 2,
	TCP_OPTIONS = 40,
	OPTION_END = 0,
	OPTION_NONE = 1,
	OPTION_MSS = 2,
};

/*
 * The option's place, from the options' start; -1: there is none. `n` octets of options, 1 to 40. Octet by octet with a
 * count of those to skip: the verifier then knows each index, and needs a hundredth of the time.
 */
static __always_inline int find_mss(const __u8 *options, __u32 n)
{
	__u32 skip = 0, i;

	for (i = 0; i + 4 <= TCP_OPTIONS && i + 4 <= n; i++) {
		const __u8 kind = options[i], size = options[i + 1];

		if (skip) {
			skip--;
			continue;
		}
		if (kind == OPTION_END)
			return -1;
		if (kind == OPTION_NONE)
			continue;
		if (kind == OPTION_MSS && size == 4)
			return (int)i;
		if (size < 2)
			return -1;
		skip = size - 1u;
	}
	return -1;
}

/* `at`: where the TCP header is. Returns 0 or the counter. */
SEPARATE int clamp_mss(struct __sk_buff *skb, __u32 at, __u32 most)
{
	struct work *w = work();
	__u8 *options, head[2];
	__u32 n, old, new;
	__u16 mss;
	int place;

	if (!w || bpf_skb_load_bytes(skb, at + TCP_OFFSET_AT, head, 2) < 0)
		return NAT64_COUNT_KERNEL;
	n = (head[0] >> 4) * 4;
	if (!(head[1] & TCP_SYN) || n <= TCP_SIZE || n > w->outer.l4_length)
		return 0;
	options = w->buffer;
	n -= TCP_SIZE;
	n = ((n - 1) & 63) + 1;
	barrier_var(n);
	if (n > TCP_OPTIONS || bpf_skb_load_bytes(skb, at + TCP_SIZE, options, n) < 0)
		return NAT64_COUNT_KERNEL;
	place = find_mss(options, n);
	if (place < 0)
		return 0;
	mss = (__u16)(options[(place + 2) & 63] << 8 | options[(place + 3) & 63]);
	if (mss <= most)
		return 0;
	old = BE16(mss);
	new = BE16((__u16)most);
	/* At an odd place the value's octets belong to two words of the sum, in the other order. */
	if (place & 1) {
		old = mss;
		new = most;
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
		old = __builtin_bswap16(mss);
		new = __builtin_bswap16((__u16)most);
#endif
	}
	options[0] = (__u8)(most >> 8);
	options[1] = (__u8)most;
	if (bpf_l4_csum_replace(skb, at + TCP_CHECKSUM_AT, old, new, 2) < 0 ||
		bpf_skb_store_bytes(skb, at + TCP_SIZE + (__u32)place + 2, options, 2, BPF_F_RECOMPUTE_CSUM) < 0)
		return NAT64_COUNT_KERNEL;
	count(NAT64_COUNT_MSS_CLAMPED);
	return 0;
}
