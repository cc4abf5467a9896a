/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* The maps, and what one packet's translation knows. Kernel side only; included once, by nat64.bpf.c. */
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#include "nat64/translate-icmp.h"
#include "nat64/translate.h"

#define FUNCTION static __attribute__((noinline))

/*
 * A global function: the verifier checks it once by itself, not anew for each state it is called in, which keeps the
 * whole far below the verifier's limit. So it may get numbers only, and takes all else from the maps. For what isn't
 * on the way of an ordinary packet.
 */
#define SEPARATE __attribute__((noinline))

enum {
	FRAME = ETH_HLEN, /* where IP starts */
	BUFFER = 512,	  /* the most that bpf_csum_diff takes on older kernels */
	PROTOCOL_AT = 12, /* the Ethernet header's type, in front of IP */
};

struct limit {
	__u64 second;
	__u32 used;
	__u32 reserved;
};

/* What was read of a packet, either family, the packet itself or the one in an ICMP error. */
struct parsed {
	__u32 l4;	 /* offset of what follows the IP headers, from the frame's start */
	__u32 header;	 /* octets of IP header with options or extension headers */
	__u32 l4_length; /* octets behind them, as declared */
	__u32 id;
	__u16 fragment; /* flags and offset as in IPv4, without DF */
	__u8 is_fragment;
	__u8 protocol;
	__u8 tos;
	__u8 ttl;
	__u8 df;
	__u8 reserved;
};

/* New headers lie as in the packet, from the Ethernet type on. */
struct frame4 {
	__u8 pad[2];
	__be16 protocol;
	struct ip4 ip;
	struct icmp icmp;
	struct ip4 inner;
} __attribute__((aligned(8)));

struct frame6 {
	__u8 pad[6];
	__be16 protocol;
	struct ip6 ip;
	union {
		struct ip6_fragment fragment;
		struct {
			struct icmp icmp;
			struct ip6 inner;
			struct ip6_fragment inner_fragment;
		};
	};
} __attribute__((aligned(8)));

/* The shape of an ICMP error that is being translated, as it is in the end; offsets from the frame's start. */
struct error_shape {
	__u32 icmp;	/* the ICMP header */
	__u32 datagram; /* the packet in it */
	__u32 l4;	/* behind that packet's IP headers */
	__u32 limit;	/* the longest frame allowed */
	__u32 unit;	/* of the length field, octets; 0: the new type has none */
	__u32 original; /* octets of the packet in it when extensions follow; 0: none follow */
};

/* One packet's work. In a map, since a program's stack has 512 octets. */
struct work {
	struct parsed outer, inner;
	struct ip6 ip6, inner6; /* as received, or as received from the other side */
	struct ip4 ip4, inner4;
	struct frame4 to4;
	struct frame6 to6;
	struct icmp icmp;
	struct icmp_map icmp_map;
	struct error_shape shape;
	__u32 now;
	__u8 is_error;	/* an ICMP error */
	__u8 towards6;	/* from IPv4 to IPv6 */
	__u8 is_inline; /* the inline program: simple packets of hosts with a mapping only */
	/* The ICMP error that a drop is answered with; type 0: none. */
	__u8 reply_type, reply_code;
	__u32 reply_value;
	__u32 sum; /* of sum_packet() */
	__u8 buffer[BUFFER] __attribute__((aligned(8)));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct nat64_config);
} nat64_config SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct limit);
} nat64_limits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct work);
} nat64_scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NAT64_COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} nat64_counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, NAT64_SOURCES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct nat64_key6);
	__type(value, struct nat64_source);
} nat64_sources SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, NAT64_BLOCKS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct nat64_key4);
	__type(value, struct nat64_block);
} nat64_blocks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, NAT64_DENIED_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct nat64_key4);
	__type(value, struct nat64_denied);
} nat64_denied SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, NAT64_HOSTS_MAX);
	__type(key, struct nat64_v6);
	__type(value, struct nat64_host);
} nat64_hosts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, NAT64_HOSTS_MAX);
	__type(key, struct nat64_v4);
	__type(value, struct nat64_lease);
} nat64_leases SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, NAT64_HOSTS_MAX);
	__type(value, struct nat64_v4);
} nat64_free SEC(".maps");

static __always_inline struct work *work(void)
{
	const __u32 zero = 0;

	return bpf_map_lookup_elem(&nat64_scratch, &zero);
}

/* NULL: none yet, or another version's. */
static __always_inline const struct nat64_config *configuration(void)
{
	const __u32 zero = 0;
	const struct nat64_config *c = bpf_map_lookup_elem(&nat64_config, &zero);

	return c && c->abi == NAT64_ABI ? c : NULL;
}

static __always_inline void count_by(__u32 counter, __u64 by)
{
	__u64 *value = bpf_map_lookup_elem(&nat64_counters, &counter);

	if (value)
		*value += by;
}

static __always_inline void count(__u32 counter)
{
	count_by(counter, 1);
}

/* A drop that is answered; the counter goes on to the caller. */
static __always_inline int refuse(struct work *w, __u8 type, __u8 code, __u32 value, int counter)
{
	w->reply_type = type;
	w->reply_code = code;
	w->reply_value = value;
	return counter;
}
