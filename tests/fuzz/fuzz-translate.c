/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any octets as a packet: where the reference translator translates it, the headers made by the kernel program's
 * arithmetic are the same. First octet: bit 0 the family, bits 1 to 3 the prefix's length.
 */
#include "nat64/translate-icmp.h"
#include "nat64/translate.h"

#include "../nat64/reference.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nat64_config config = {
	.mtu6 = 1500, .prefix = {{0xfd, 0, 0, 0x64}}, .pools = {{.network = {{198, 18, 0, 0}}, .length = 15}}};

static const struct reference_host host = {{0xfd, 0, 0, 0x10, [15] = 2}, {198, 18, 0, 2}};

static void check(int condition)
{
	if (!condition)
		abort();
}

/* The checksum of what is above IP, unless it's zero either way. */
static void check_sum(__be16 got, const uint8_t *want)
{
	__be16 wanted;

	memcpy(&wanted, want, 2);
	check(got == wanted || (__u16)(got + wanted) == 0xffff);
}

static __be16 sum_at(const uint8_t *at)
{
	__be16 value;

	memcpy(&value, at, 2);
	return value;
}

static void check_icmp(struct icmp_map map, const struct icmp *icmp, const uint8_t *want, int six)
{
	check(map.kind != ICMP_NONE && map.type == want[0] && map.code == want[1]);
	if (map.kind == ICMP_MTU && six)
		check(mtu_to4(&config, BE32(icmp->word)) == get16(want + 6));
	if (map.kind == ICMP_POINTER)
		check(map.value == (six ? want[4] : want[7]));
}

/* A packet without extension headers. */
static void to4(const uint8_t *p, const struct reference_result *r)
{
	struct ip6 ip;
	struct ip4 made, want;
	struct icmp icmp;
	const size_t place = checksum_offset(p[6]);
	const __u32 length = 20 + get16(p + 4);

	memcpy(&ip, p, 40);
	memcpy(&want, r->packet, 20);
	check(in_prefix6(&config.prefix, config.prefix_length, &ip.destination) && is_host6(&ip.source));
	extract(config.prefix_length, &ip.destination, &made.destination);
	made.source = want.source;
	if (p[6] == 58) {
		memcpy(&icmp, p + 40, 8);
		check_icmp(icmp_to4(&icmp), &icmp, r->packet + 20, 1);
		if (icmp.type < 128)
			return;
	}
	make_ip4(&made, class_of(&ip), length, BE16(want.id), length > IP4_SMALL ? IP4_DF : 0, ip.hop_limit,
		p[6] == 58 ? 1 : p[6]);
	check(memcmp(&made, &want, 20) == 0);
	if (place)
		check_sum(checksum_adjust(sum_at(p + 40 + place), sum_addresses6(&ip), sum_addresses4(&made)),
			r->packet + 20 + place);
}

static void to6(const uint8_t *p, const struct reference_result *r)
{
	struct ip4 ip;
	struct ip6 made, want;
	struct icmp icmp;
	const size_t place = checksum_offset(p[9]);

	memcpy(&ip, p, 20);
	memcpy(&want, r->packet, 40);
	embed(&config.prefix, config.prefix_length, &ip.source, &made.source);
	made.destination = want.destination;
	if (p[9] == 1) {
		memcpy(&icmp, p + 20, 8);
		check_icmp(icmp_to6(&icmp), &icmp, r->packet + 40, 0);
		if (icmp.type != 0 && icmp.type != 8)
			return;
	}
	make_ip6(&made, ip.tos, BE16(ip.length) - 20u, p[9] == 1 ? 58 : p[9], ip.ttl);
	check(memcmp(&made, &want, 40) == 0);
	if (place && (p[9] != 17 || sum_at(p + 26)))
		check_sum(checksum_adjust(sum_at(p + 20 + place), sum_addresses4(&ip), sum_addresses6(&made)),
			r->packet + 40 + place);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned int lengths[8] = {96, 64, 56, 48, 40, 32, 96, 96};
	static struct reference_result result;
	static struct reference r;
	static uint8_t packet[4096] __attribute__((aligned(8)));

	if (size < 21 || size > sizeof(packet))
		return 0;
	config.prefix_length = lengths[data[0] >> 1 & 7];
	r = (struct reference){.hairpin = true, .mtu6 = 1500, .hosts = {host}, .n_hosts = 1, .pool_length = 15};
	r.prefix_length = config.prefix_length;
	memcpy(r.prefix, &config.prefix, 16);
	memcpy(r.pool, "\xc6\x12", 2);
	memcpy(packet, data + 1, size - 1);
	/* What nobody guesses: the lengths and checksums that let a packet in. */
	if (data[0] & 0x80 && data[0] & 1 && size > 41) {
		put16(packet + 4, (unsigned int)size - 41);
		memcpy(packet + 8, host.v6, 16);
		memcpy(packet + 24, r.prefix, r.prefix_length / 8);
		packet[0] = 0x60 | (packet[0] & 15);
	} else if (data[0] & 0x80 && !(data[0] & 1)) {
		packet[0] = 0x45;
		put16(packet + 2, (unsigned int)size - 1);
		memcpy(packet + 16, host.v4, 4);
		put16(packet + 10, 0);
		put16(packet + 10, 0xffff - sum16(packet, 20, 0));
	}
	reference_translate(&r, data[0] & 1, packet, size - 1, &result);
	if (result.verdict != REFERENCE_TRANSLATED)
		return 0;
	if (data[0] & 1 && !extension(packet[6]))
		to4(packet, &result);
	else if (!(data[0] & 1) && packet[0] == 0x45 && !(get16(packet + 6) & 0x3fff))
		to6(packet, &result);
	return 0;
}
