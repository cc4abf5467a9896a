/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the NAT64 programs in the kernel and the program that loads them agree on: names, maps, their keys and values.
 * Plain C for both sides (clang -target bpf and the host's compiler). Addresses and prefixes are octets in network
 * order, all other numbers the host's. Any change to a struct, an enum's numbers or a map's meaning raises NAT64_ABI.
 *
 * Maps may be pinned and outlive their loader. The loader sets the sizes of maps (bpf_map__set_max_entries) before it
 * loads the object; those in NAT64_*_MAX below are what the object says by itself.
 *
 * Order of a start: load; fill blocks, sources, denied, free; write the configuration last (until then, `abi` is 0 and
 * every packet is dropped and counted); attach. A reload writes the configuration in one update, which is atomic
 * enough: a packet sees the old one, the new one or a mix of the two for one packet.
 */
#pragma once

#include <linux/types.h>

#define NAT64_ABI 1

/*
 * Programs (both SEC("tc"), found by these names).
 * DEVICE: clsact egress, direct action, of a NOARP Ethernet device that discards what it gets (ifb, else dummy): all
 *   traffic, all cases. What it translated re-enters on the same device (bpf_redirect to its own ingress).
 * INLINE: clsact ingress, direct action, of a device that IPv6 hosts are behind. Translates simple packets in place,
 *   leaves all others as they are: they come to DEVICE by route. Optional; shares the maps.
 *
 * What DEVICE needs around it: routes of the NAT64 prefix and of all pools to the device; the device's MTU =
 * `mtu6`; IPv4 pool routes with `mtu` NAT64_POOL_MTU(mtu6); rp_filter 0 or 2 and, when `own4` is an address of the
 * machine, accept_local 1 on the device; forwarding of both families; masquerade of the pools on every output device
 * but this one. INLINE needs rp_filter 0 or 2 on its device.
 */
#define NAT64_PROGRAM_DEVICE "nat64_device"
#define NAT64_PROGRAM_INLINE "nat64_inline"

/*
 * The MTU of the pools' routes: the kernel cuts datagrams to it, and a fragment grows by 20 octets of header and by 8
 * of fragment header. 20 alone would lose fragments.
 */
#define NAT64_POOL_MTU(mtu6) ((mtu6)-28)

/* The largest TCP segment size both ways for that MTU: IPv4 and TCP headers without options take 40. */
#define NAT64_MSS(mtu6) (NAT64_POOL_MTU(mtu6) - 40)

#define NAT64_MAP_CONFIG "nat64_config"	    /* array of 1: struct nat64_config */
#define NAT64_MAP_SOURCES "nat64_sources"   /* LPM trie: struct nat64_key6 -> struct nat64_source */
#define NAT64_MAP_BLOCKS "nat64_blocks"	    /* LPM trie: struct nat64_key4 -> struct nat64_block */
#define NAT64_MAP_HOSTS "nat64_hosts"	    /* hash: struct nat64_v6 -> struct nat64_host */
#define NAT64_MAP_LEASES "nat64_leases"	    /* hash: struct nat64_v4 -> struct nat64_lease */
#define NAT64_MAP_FREE "nat64_free"	    /* queue of struct nat64_v4, no key */
#define NAT64_MAP_DENIED "nat64_denied"	    /* LPM trie: struct nat64_key4 -> struct nat64_denied */
#define NAT64_MAP_COUNTERS "nat64_counters" /* per-CPU array of NAT64_COUNTERS: __u32 -> __u64 */
#define NAT64_MAP_LIMITS "nat64_limits"	    /* per-CPU array of 1, the program's own: ICMP error rate */
#define NAT64_MAP_SCRATCH "nat64_scratch"   /* per-CPU array of 1, the program's own: buffer */

#define NAT64_SOURCES_MAX 1024
#define NAT64_BLOCKS_MAX 1024
#define NAT64_HOSTS_MAX 65536 /* hosts, leases and free list alike */
#define NAT64_DENIED_MAX 256
#define NAT64_POOLS 4

struct nat64_v4 {
	__u8 octets[4];
};

struct nat64_v6 {
	__u8 octets[16];
};

/* LPM keys: `length` in bits, bits beyond it zero. */
struct nat64_key4 {
	__u32 length;
	struct nat64_v4 network;
};

struct nat64_key6 {
	__u32 length;
	struct nat64_v6 network;
};

enum nat64_flag {
	/* Allow the well-known prefix 64:ff9b::/96 with IPv4 addresses that are not global (RFC 6052 section 3.1). */
	NAT64_WELL_KNOWN_PRIVATE = 1 << 0,
	/* Look destinations up in nat64_denied. */
	NAT64_DENY_LIST = 1 << 1,
	/* Allow IPv6 hosts to reach each other by pool addresses (hairpin, RFC 6146 section 3.8). */
	NAT64_HAIRPIN = 1 << 2,
	/* Answer with ICMP errors where the RFCs have one; otherwise only drop and count. */
	NAT64_ERRORS = 1 << 3,
};

/*
 * A pool: IPv4 addresses that stand for IPv6 hosts. They are seen only between the device and the kernel's masquerade
 * behind it, so a pool need not be routable anywhere: where the configured pool is smaller than the number of hosts,
 * a second one of reserved addresses (240.0.0.0/4, RFC 1112 section 4, which Linux forwards) holds the rest, and
 * conntrack shares ports. So no port is translated here. The addresses that may be given out are those in nat64_free
 * and in blocks; `pools` tells only what is inside.
 */
struct nat64_config {
	__u32 abi;   /* NAT64_ABI; other values: all is dropped */
	__u32 flags; /* enum nat64_flag */
	/* RFC 6052: 32, 40, 48, 56, 64 or 96 bits; the rest of the prefix, and octet 8 of a /96, is zero. */
	struct nat64_v6 prefix;
	__u32 prefix_length;
	/* The translator's own addresses, sources of ICMP errors. */
	struct nat64_v6 own6;
	struct nat64_v4 own4;
	struct {
		struct nat64_v4 network;
		__u32 length; /* 0: unused; 1 to 32 */
	} pools[NAT64_POOLS];
	__u32 mtu6; /* lowest MTU on the way to the IPv6 hosts, 1280 to 65535; bigger results are refused */
	__u32 mtu4; /* MTU on the IPv4 side, for translated "fragmentation needed"; 0: unknown */
	/* Upper bounds for TCP's maximum segment size in a SYN, 0: leave alone. */
	__u16 mss_to_v4;
	__u16 mss_to_v6;
	/* ICMP errors made by the program, at most so many a second and CPU; 0: 100. */
	__u32 errors_per_second;
};

/* How the IPv6 addresses of a source prefix map. Addresses in no prefix are refused: dropped, counted, ICMPv6 1/5. */
enum nat64_mode {
	NAT64_REFUSED = 0,
	/*
	 * By arithmetic, no state: `base` + ((address >> shift) modulo 2^bits). The source prefix's length must be 128
	 * - shift - bits and the low `shift` bits of addresses zero (others are refused). 0 <= bits <= 24, 0 <= shift
	 * <= 104, and `base`'s low `bits` bits zero. A matching nat64_blocks entry is needed for the way back. bits 0,
	 * shift 0: a static mapping of one address.
	 */
	NAT64_BLOCK = 1,
	/* The next address of nat64_free, noted in nat64_hosts and nat64_leases. */
	NAT64_DYNAMIC = 2,
};

struct nat64_source {
	__u32 mode; /* enum nat64_mode */
	struct nat64_v4 base;
	__u8 shift;
	__u8 bits;
	__u16 reserved; /* 0 */
};

/* Key: `base` with length 32 - bits. The IPv6 address is `network` | ((v4 - base) << shift). */
struct nat64_block {
	struct nat64_v6 network;
	__u8 shift;
	__u8 bits;
	__u16 reserved; /* 0 */
};

/*
 * Dynamic mappings. The program adds both entries, and refreshes `seen` at most once a second, each in its direction:
 * seconds of CLOCK_MONOTONIC (bpf_ktime_get_coarse_ns). It never deletes. The loader ages: a mapping whose two `seen`
 * are old and whose IPv4 address has no conntrack entry is deleted from nat64_hosts, then from nat64_leases, and only
 * then is the address pushed to nat64_free again. After a crash in between, the free list is: all addresses to give out
 * that are neither in nat64_hosts nor in nat64_leases; a lease whose host entry is missing or names another address is
 * dead.
 */
struct nat64_host {
	struct nat64_v4 v4;
	__u32 seen;
};

struct nat64_lease {
	struct nat64_v6 v6;
	__u32 seen;
};

/* IPv4 destinations that nobody reaches through NAT64: dropped, counted, ICMPv6 1/1. Longest prefix wins. */
struct nat64_denied {
	__u32 denied; /* 1; 0 is an exception */
};

/*
 * X(NAME, "key in JSON", "what it counts"). Packets, a super-packet (GSO) counts once. First translated ones, then
 * drops: every packet that the device's program drops is counted in exactly one of the rows from MALFORMED on.
 */
#define NAT64_COUNTER_TABLE(X)                                                                                         \
	X(TO_V4, "toIPv4", "translated to IPv4")                                                                       \
	X(TO_V6, "toIPv6", "translated to IPv6")                                                                       \
	X(TO_V4_BYTES, "toIPv4Bytes", "octets of IPv4 packets made")                                                   \
	X(TO_V6_BYTES, "toIPv6Bytes", "octets of IPv6 packets made")                                                   \
	X(INLINE, "inline", "of those to IPv4, translated by the inline program")                                      \
	X(ERRORS_TRANSLATED, "icmpErrorsTranslated", "of those translated, ICMP errors")                               \
	X(ERRORS_SENT, "icmpErrorsSent", "ICMP errors made here")                                                      \
	X(ERRORS_LIMITED, "icmpErrorsLimited", "ICMP errors not made: rate limit")                                     \
	X(MAPPINGS, "mappingsMade", "dynamic mappings made")                                                           \
	X(MSS_CLAMPED, "mssClamped", "SYNs whose segment size was lowered")                                            \
	X(UDP_SUMMED, "udpChecksumsMade", "IPv4 datagrams without checksum that got one")                              \
	X(NOT_CONFIGURED, "droppedNotConfigured", "dropped: no configuration yet, or one of another version")          \
	X(OTHER_PROTOCOL, "droppedOtherProtocol", "dropped: neither IPv4 nor IPv6")                                    \
	X(MALFORMED, "droppedMalformed", "dropped: lengths or headers are wrong")                                      \
	X(BAD_CHECKSUM, "droppedBadChecksum", "dropped: IPv4 header or ICMP error with a wrong checksum")              \
	X(BAD_SOURCE, "droppedBadSource", "dropped: source address of no host")                                        \
	X(BAD_DESTINATION, "droppedBadDestination", "dropped: destination not in the prefix or not unicast")           \
	X(NOT_ALLOWED, "droppedSourceNotAllowed", "dropped: IPv6 source in no allowed prefix")                         \
	X(DENIED, "droppedDenied", "dropped: IPv4 destination on the deny list")                                       \
	X(NOT_GLOBAL, "droppedNotGlobal", "dropped: private IPv4 address with the well-known prefix")                  \
	X(NO_MAPPING, "droppedNoMapping", "dropped: no IPv6 host has this IPv4 address")                               \
	X(POOL_EMPTY, "droppedPoolEmpty", "dropped: no IPv4 address left for a new IPv6 host")                         \
	X(HAIRPIN, "droppedHairpin", "dropped: between two IPv6 hosts, which is off")                                  \
	X(EXTENSION, "droppedExtension", "dropped: IPv6 extension headers that can't be left out")                     \
	X(SOURCE_ROUTE, "droppedSourceRoute", "dropped: source route that is not used up")                             \
	X(FRAGMENT, "droppedFragment", "dropped: fragments that can't be translated")                                  \
	X(NO_CHECKSUM, "droppedNoChecksum", "dropped: UDP without checksum that needs one")                            \
	X(ICMP_TYPE, "droppedIcmpType", "dropped: ICMP message without a counterpart")                                 \
	X(ICMP_INNER, "droppedIcmpInner", "dropped: ICMP error whose packet can't be translated")                      \
	X(TOO_BIG, "droppedTooBig", "dropped: too big for the IPv6 side")                                              \
	X(KERNEL, "droppedKernel", "dropped: the kernel refused to change the packet")

enum nat64_counter {
#define NAT64_COUNTER_ROW(name, key, text) NAT64_COUNT_##name,
	NAT64_COUNTER_TABLE(NAT64_COUNTER_ROW)
#undef NAT64_COUNTER_ROW
		NAT64_COUNTERS
};
