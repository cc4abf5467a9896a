/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The arithmetic of IP/ICMP translation (RFC 7915) and of addresses with embedded IPv4 (RFC 6052): pure functions, for
 * the kernel's programs (clang -target bpf) and for tests on the host. No packets, no maps, no helpers here.
 *
 * Sums are those of the Internet checksum: one's complement, of 16-bit words as they lie in memory, not yet folded,
 * so they are independent of the machine's byte order.
 */
#pragma once

#include "nat64/nat64-abi.h"

#define TRANSLATE static inline __attribute__((always_inline, unused))

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BE16(x) ((__be16)__builtin_bswap16(x))
#define BE32(x) ((__be32)__builtin_bswap32(x))
#else
#define BE16(x) ((__be16)(x))
#define BE32(x) ((__be32)(x))
#endif

/*
 * Without this the BPF compiler reads addresses octet by octet: their type has no alignment, but where they lie has. On
 * the host they may lie anywhere.
 */
#ifdef __bpf__
#define AT_LEAST(pointer, alignment) __builtin_assume_aligned(pointer, alignment)
#else
#define AT_LEAST(pointer, alignment) (pointer)
#endif

/* The headers. Aligned, so that the BPF compiler does not take them octet by octet. */
struct ip4 {
	__u8 version_ihl, tos;
	__be16 length, id, fragment;
	__u8 ttl, protocol;
	__be16 checksum;
	struct nat64_v4 source, destination;
} __attribute__((aligned(4)));

struct ip6 {
	__be32 version_class_flow;
	__be16 payload;
	__u8 next, hop_limit;
	struct nat64_v6 source, destination;
} __attribute__((aligned(8)));

struct ip6_fragment {
	__u8 next, reserved;
	__be16 offset; /* units of 8 in the high 13 bits, bit 0: more */
	__be32 id;
};

struct icmp {
	__u8 type, code;
	__be16 checksum;
	union {
		__u8 octets[4];
		__be16 half[2];
		__be32 word;
	};
};

enum {
	IP4_SIZE = 20,
	IP6_SIZE = 40,
	ICMP_SIZE = 8,
	FRAGMENT_SIZE = 8,
	IP4_DF = 0x4000,
	IP4_MF = 0x2000,
	IP4_OFFSET = 0x1fff,
	IP6_OFFSET = 0xfff8,
	IP6_MORE = 1,
	IP6_MTU_MIN = 1280,
	/* RFC 7915 section 5.1: DF is set in bigger IPv4 packets only, so that routers may cut the small ones. */
	IP4_SMALL = 1260,
};

enum {
	PROTO_HOP_BY_HOP = 0,
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_DCCP = 33,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_ICMP6 = 58,
	PROTO_DESTINATION = 60,
	PROTO_UDPLITE = 136,
};

enum {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER = 12,
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
};

/* Checksums. */

TRANSLATE __u32 load32(const void *at)
{
	__u32 value;

	__builtin_memcpy(&value, AT_LEAST(at, 4), sizeof(value));
	return value;
}

TRANSLATE __u32 sum_add(__u32 a, __u32 b)
{
	__u64 sum = (__u64)a + b;

	return (__u32)(sum + (sum >> 32));
}

/* `n` octets, a multiple of 4, aligned to 4. */
TRANSLATE __u32 sum_words(const void *data, unsigned int n)
{
	__u64 sum = 0;
	unsigned int i;

	for (i = 0; i < n; i += 4)
		sum += load32((const __u8 *)data + i);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return (__u32)(sum + (sum >> 32));
}

TRANSLATE __u16 sum_fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)(sum + (sum >> 16));
}

/* The checksum field after the covered data's sum changed by `to` - `from`. */
TRANSLATE __be16 checksum_adjust(__be16 checksum, __u32 from, __u32 to)
{
	return (__be16)~sum_fold(sum_add(sum_add((__u16)~checksum, ~from), to));
}

/* A UDP checksum that comes out as zero is sent as all ones: zero says that there is none. */
TRANSLATE __be16 checksum_udp(__be16 checksum)
{
	return checksum ? checksum : 0xffff;
}

TRANSLATE __u32 sum_addresses4(const struct ip4 *header)
{
	return sum_words(&header->source, 8);
}

TRANSLATE __u32 sum_addresses6(const struct ip6 *header)
{
	return sum_words(&header->source, 32);
}

/* The rest of a pseudo-header: RFC 8200 section 8.1, RFC 768. `length` of header and data above IP, octets. */
TRANSLATE __u32 sum_pseudo(__u32 length, __u8 protocol)
{
	return sum_add(BE32(length), BE32((__u32)protocol));
}

/* Where a protocol that covers IP addresses by its checksum has it, from its header's start; 0: it doesn't. */
TRANSLATE __u32 checksum_offset(__u8 protocol)
{
	switch (protocol) {
	case PROTO_TCP:
		return 16;
	case PROTO_UDP:
	case PROTO_DCCP:
	case PROTO_UDPLITE:
		return 6;
	default:
		return 0;
	}
}

/* The shortest header of the protocols that are looked into, octets; 0 for others. */
TRANSLATE __u32 transport_minimum(__u8 protocol)
{
	switch (protocol) {
	case PROTO_TCP:
		return 20;
	case PROTO_DCCP:
		return 12;
	case PROTO_UDP:
	case PROTO_UDPLITE:
	case PROTO_ICMP:
	case PROTO_ICMP6:
		return 8;
	default:
		return 0;
	}
}

/* Addresses. */

TRANSLATE __u64 half6(const struct nat64_v6 *v6, unsigned int i)
{
	__u32 words[2];

	__builtin_memcpy(words, AT_LEAST(v6->octets + 8 * i, 4), sizeof(words));
	return (__u64)BE32(words[0]) << 32 | BE32(words[1]);
}

TRANSLATE __u32 value4(const struct nat64_v4 *v4)
{
	return BE32(load32(v4->octets));
}

TRANSLATE void store4(struct nat64_v4 *ret, __u32 value)
{
	const __u32 octets = BE32(value);

	__builtin_memcpy(AT_LEAST(ret->octets, 4), &octets, 4);
}

/* `length` 0 to 32. */
TRANSLATE __u32 mask4(__u32 length)
{
	return length ? (__u32)(0xffffffffULL << ((32 - length) & 31)) : 0;
}

TRANSLATE __u64 mask_half(__u32 length, __u32 i)
{
	const __u32 before = 64 * i;

	if (length <= before)
		return 0;
	return length >= before + 64 ? ~0ULL : ~0ULL << ((before + 64 - length) & 63);
}

/* The bits behind the prefix, octet 8 among them, are not looked at: RFC 6052 section 2.2 reserves them. */
TRANSLATE int in_prefix6(const struct nat64_v6 *prefix, __u32 length, const struct nat64_v6 *v6)
{
	return !(((half6(prefix, 0) ^ half6(v6, 0)) & mask_half(length, 0)) |
		 ((half6(prefix, 1) ^ half6(v6, 1)) & mask_half(length, 1)));
}

#define RFC6052_CASES(X)                                                                                               \
	X(32, 4, 5, 6, 7)                                                                                              \
	X(40, 5, 6, 7, 9)                                                                                              \
	X(48, 6, 7, 9, 10)                                                                                             \
	X(56, 7, 9, 10, 11)                                                                                            \
	X(64, 9, 10, 11, 12)                                                                                           \
	X(96, 12, 13, 14, 15)

/* RFC 6052 section 2.2. Unknown lengths: 0.0.0.0, which is no host. */
TRANSLATE void extract(__u32 length, const struct nat64_v6 *v6, struct nat64_v4 *ret)
{
#define RFC6052_EXTRACT(bits, a, b, c, d)                                                                              \
	case bits:                                                                                                     \
		ret->octets[0] = v6->octets[a];                                                                        \
		ret->octets[1] = v6->octets[b];                                                                        \
		ret->octets[2] = v6->octets[c];                                                                        \
		ret->octets[3] = v6->octets[d];                                                                        \
		break;

	switch (length) {
		RFC6052_CASES(RFC6052_EXTRACT)
	default:
		store4(ret, 0);
	}
#undef RFC6052_EXTRACT
}

TRANSLATE void embed(const struct nat64_v6 *prefix, __u32 length, const struct nat64_v4 *v4, struct nat64_v6 *ret)
{
#define RFC6052_EMBED(bits, a, b, c, d)                                                                                \
	case bits:                                                                                                     \
		ret->octets[a] = v4->octets[0];                                                                        \
		ret->octets[b] = v4->octets[1];                                                                        \
		ret->octets[c] = v4->octets[2];                                                                        \
		ret->octets[d] = v4->octets[3];                                                                        \
		break;

	*ret = *prefix;
	switch (length) {
		RFC6052_CASES(RFC6052_EMBED)
	}
#undef RFC6052_EMBED
}

/* May be an end of a connection: not "this network", loopback, multicast, reserved or broadcast (RFC 1122 3.2.1.3). */
TRANSLATE int is_host4(__u32 v4)
{
	const __u32 first = v4 >> 24;

	return first != 0 && first != 127 && first < 224;
}

/* Not loopback, unspecified, link-local or multicast. */
TRANSLATE int is_host6(const struct nat64_v6 *v6)
{
	const __u64 high = half6(v6, 0);

	return (high >> 56) != 0xff && (high >> 54) != (0xfe80 >> 6) && (high || half6(v6, 1) > 1);
}

/* Globally reachable, by the IANA registry of special-purpose addresses (RFC 6890). */
TRANSLATE int is_global4(__u32 v4)
{
#define INSIDE(a, b, c, bits) ((v4 & mask4(bits)) == ((__u32)(a) << 24 | (b) << 16 | (c) << 8))
	return is_host4(v4) && !(INSIDE(10, 0, 0, 8) || INSIDE(100, 64, 0, 10) || INSIDE(169, 254, 0, 16) ||
				       INSIDE(172, 16, 0, 12) || INSIDE(192, 0, 0, 24) || INSIDE(192, 0, 2, 24) ||
				       INSIDE(192, 88, 99, 24) || INSIDE(192, 168, 0, 16) || INSIDE(198, 18, 0, 15) ||
				       INSIDE(198, 51, 100, 24) || INSIDE(203, 0, 113, 24));
#undef INSIDE
}

/* 64:ff9b::/96 */
TRANSLATE int is_well_known(const struct nat64_v6 *prefix, __u32 length)
{
	return length == 96 && half6(prefix, 0) == 0x0064ff9b00000000ULL && (half6(prefix, 1) >> 32) == 0;
}

TRANSLATE int in_pools(const struct nat64_config *config, __u32 v4)
{
	unsigned int i;

	for (i = 0; i < NAT64_POOLS; i++)
		if (config->pools[i].length &&
			!((v4 ^ value4(&config->pools[i].network)) & mask4(config->pools[i].length)))
			return 1;
	return 0;
}

/* The IPv4 address of a host in a block. 0, or -1: the address has bits where the block has none. */
TRANSLATE int block_to4(const struct nat64_source *source, const struct nat64_v6 *v6, struct nat64_v4 *ret)
{
	const __u64 high = half6(v6, 0), low = half6(v6, 1);
	const __u32 shift = source->shift & 127, bits = source->bits & 31;
	__u64 number;

	if (shift >= 64) {
		if (low || (high & ((1ULL << (shift & 63)) - 1)))
			return -1;
		number = high >> (shift & 63);
	} else {
		if (low & ((1ULL << shift) - 1))
			return -1;
		number = low >> shift;
		if (shift)
			number |= high << (64 - shift);
	}
	store4(ret, value4(&source->base) | (__u32)(number & ((1ULL << bits) - 1)));
	return 0;
}

TRANSLATE void store_half6(struct nat64_v6 *ret, unsigned int i, __u64 value)
{
	const __u32 words[2] = {BE32((__u32)(value >> 32)), BE32((__u32)value)};

	__builtin_memcpy(AT_LEAST(ret->octets + 8 * i, 4), words, sizeof(words));
}

/* The IPv6 address of the host that `v4`, which is in the block, stands for. */
TRANSLATE void block_to6(const struct nat64_block *block, __u32 v4, struct nat64_v6 *ret)
{
	const __u32 shift = block->shift & 127, bits = block->bits & 31;
	const __u64 number = v4 & ((1ULL << bits) - 1);
	__u64 high = half6(&block->network, 0), low = half6(&block->network, 1);

	if (shift >= 64) {
		high |= number << (shift & 63);
	} else {
		low |= number << shift;
		if (shift)
			high |= number >> (64 - shift);
	}
	store_half6(ret, 0, high);
	store_half6(ret, 1, low);
}

/* Headers. */

TRANSLATE __u8 class_of(const struct ip6 *header)
{
	return (__u8)(BE32(header->version_class_flow) >> 20);
}

/*
 * The fields of an IPv4 header but its addresses, which are set already. `fragment` has flags and offset, `length` the
 * whole packet's octets.
 */
TRANSLATE void make_ip4(struct ip4 *ret, __u8 tos, __u32 length, __u16 id, __u16 fragment, __u8 ttl, __u8 protocol)
{
	ret->version_ihl = 0x45;
	ret->tos = tos;
	ret->length = BE16((__u16)length);
	ret->id = BE16(id);
	ret->fragment = BE16(fragment);
	ret->ttl = ttl;
	ret->protocol = protocol;
	ret->checksum = 0;
	ret->checksum = (__be16)~sum_fold(sum_words(ret, IP4_SIZE));
}

/* As above; `payload` is the number of octets behind the header. The flow label is zero (RFC 7915 section 4.1). */
TRANSLATE void make_ip6(struct ip6 *ret, __u8 tos, __u32 payload, __u8 next, __u8 hop_limit)
{
	ret->version_class_flow = BE32(6u << 28 | (__u32)tos << 20);
	ret->payload = BE16((__u16)payload);
	ret->next = next;
	ret->hop_limit = hop_limit;
}

/* RFC 7915 section 5.1.1: flags and offset of the IPv4 header from those of a fragment header. */
TRANSLATE __u16 fragment_to4(__u16 offset)
{
	return (__u16)(offset >> 3 | (offset & IP6_MORE ? IP4_MF : 0));
}

TRANSLATE __u16 fragment_to6(__u16 fragment)
{
	return (__u16)(fragment << 3 | (fragment & IP4_MF ? IP6_MORE : 0));
}
