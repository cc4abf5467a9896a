/* SPDX-License-Identifier: Apache-2.0 */
#include "reference.h"

#include <string.h>

static unsigned int get16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static void put16(uint8_t *p, unsigned int value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

/* RFC 1071, the slow way. */
static unsigned int sum16(const uint8_t *p, size_t n, unsigned int sum)
{
	size_t i;

	for (i = 0; i < n; i++) {
		sum += i % 2 ? p[i] : (unsigned int)p[i] << 8;
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return sum;
}

static unsigned int pseudo6(const uint8_t *source, const uint8_t *destination, size_t length, unsigned int protocol)
{
	uint8_t rest[8] = {0};

	put32(rest, (uint32_t)length);
	rest[7] = (uint8_t)protocol;
	return sum16(rest, 8, sum16(destination, 16, sum16(source, 16, 0)));
}

/* RFC 1624, equation 3, a block of even length at a time. */
static void adjust(uint8_t *checksum, const uint8_t *old, size_t n_old, const uint8_t *new, size_t n_new)
{
	unsigned int sum = 0xffff - get16(checksum);

	sum = sum + 0xffff - sum16(old, n_old, 0);
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum16(new, n_new, 0);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(checksum, 0xffff - sum);
}

static unsigned int embedded_at(unsigned int length, unsigned int i)
{
	const unsigned int bits = length + 8 * i;

	return (length == 96 || bits < 64 ? bits : bits + 8) / 8;
}

static void to_v6(const struct reference *r, const uint8_t *v4, uint8_t *v6)
{
	unsigned int i;

	memset(v6, 0, 16);
	memcpy(v6, r->prefix, r->prefix_length / 8);
	for (i = 0; i < 4; i++)
		v6[embedded_at(r->prefix_length, i)] = v4[i];
}

static void to_v4(const struct reference *r, const uint8_t *v6, uint8_t *v4)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		v4[i] = v6[embedded_at(r->prefix_length, i)];
}

static bool has_prefix(const struct reference *r, const uint8_t *v6)
{
	return memcmp(v6, r->prefix, r->prefix_length / 8) == 0;
}

static uint32_t number(const uint8_t *v4)
{
	return (uint32_t)get16(v4) << 16 | get16(v4 + 2);
}

static bool within(uint32_t v4, unsigned int a, unsigned int b, unsigned int c, unsigned int bits)
{
	return v4 >> (32 - bits) == (a << 24 | b << 16 | c << 8) >> (32 - bits);
}

static bool in_pool(const struct reference *r, const uint8_t *v4)
{
	return number(v4) >> (32 - r->pool_length) == number(r->pool) >> (32 - r->pool_length);
}

static bool unicast(const uint8_t *v4)
{
	return v4[0] >= 1 && v4[0] <= 223 && v4[0] != 127;
}

static bool global(const uint8_t *v4)
{
	const uint32_t n = number(v4);

	return unicast(v4) && !within(n, 10, 0, 0, 8) && !within(n, 100, 64, 0, 10) && !within(n, 169, 254, 0, 16) &&
	       !within(n, 172, 16, 0, 12) && !within(n, 192, 0, 0, 24) && !within(n, 192, 0, 2, 24) &&
	       !within(n, 192, 88, 99, 24) && !within(n, 192, 168, 0, 16) && !within(n, 198, 18, 0, 15) &&
	       !within(n, 198, 51, 100, 24) && !within(n, 203, 0, 113, 24);
}

static bool forbidden(const struct reference *r, const uint8_t *v4)
{
	static const uint8_t well_known[12] = {0x00, 0x64, 0xff, 0x9b};

	return r->prefix_length == 96 && !memcmp(r->prefix, well_known, 12) && !r->private_allowed && !global(v4);
}

static const uint8_t *find6(const struct reference *r, const uint8_t *v6)
{
	size_t i;

	for (i = 0; i < r->n_hosts; i++)
		if (!memcmp(r->hosts[i].v6, v6, 16))
			return r->hosts[i].v4;
	return NULL;
}

static const uint8_t *find4(const struct reference *r, const uint8_t *v4)
{
	size_t i;

	for (i = 0; i < r->n_hosts; i++)
		if (!memcmp(r->hosts[i].v4, v4, 4))
			return r->hosts[i].v6;
	return NULL;
}

/* What a packet says of itself, in one form for both families. */
struct view {
	unsigned int tos, ttl, protocol, header;
	size_t payload; /* octets behind all IP headers */
	bool fragmented, more, df;
	unsigned int offset; /* units of 8 */
	uint32_t id;
	unsigned int pointer; /* to a routing header's field that says it isn't used up; 0: none */
	bool routed;	      /* so, and the sender may be told */
};

enum seen { SEEN_BAD, SEEN_OK, SEEN_NOT_TRANSLATABLE };

static bool extension(unsigned int next)
{
	return next == 0 || next == 43 || next == 44 || next == 60;
}

static enum seen view6(const uint8_t *p, size_t there, struct view *v)
{
	unsigned int next = p[6], i;
	size_t at = 40;

	memset(v, 0, sizeof(*v));
	v->tos = (p[0] << 4 | p[1] >> 4) & 255;
	v->ttl = p[7];
	for (i = 0; extension(next); i++) {
		if (i == 8)
			return SEEN_NOT_TRANSLATABLE;
		if (at + 8 > there)
			return SEEN_BAD;
		if (next == 44) {
			v->fragmented = true;
			v->offset = get16(p + at + 2) >> 3;
			v->more = p[at + 3] & 1;
			v->id = number(p + at + 4);
			next = p[at];
			at += 8;
			if (extension(next))
				return SEEN_NOT_TRANSLATABLE;
			break;
		}
		if (next == 43 && p[at + 3] && !v->pointer)
			v->pointer = (unsigned int)at + 3;
		next = p[at];
		at += 8 * (p[at + 1] + 1u);
	}
	v->protocol = next;
	v->header = (unsigned int)at;
	if (at > 40 + get16(p + 4))
		return SEEN_BAD;
	if (v->pointer) {
		v->routed = next != 58 || (at < there && p[at] >= 128);
		return SEEN_NOT_TRANSLATABLE;
	}
	v->payload = 40 + get16(p + 4) - at;
	return SEEN_OK;
}

static enum seen view4(const uint8_t *p, struct view *v)
{
	memset(v, 0, sizeof(*v));
	v->header = (p[0] & 15) * 4u;
	if (p[0] >> 4 != 4 || v->header < 20 || get16(p + 2) < v->header)
		return SEEN_BAD;
	v->tos = p[1];
	v->ttl = p[8];
	v->protocol = p[9];
	v->payload = get16(p + 2) - v->header;
	v->id = get16(p + 4);
	v->df = p[6] & 0x40;
	v->more = p[6] & 0x20;
	v->offset = get16(p + 6) & 0x1fff;
	v->fragmented = v->more || v->offset;
	return SEEN_OK;
}

static bool sound(const struct view *v)
{
	size_t least = 0;

	if ((v->more || v->offset) && (v->offset * 8 + v->payload > 65535 || (v->more && v->payload % 8)))
		return false;
	switch (v->protocol) {
	case 6:
		least = 20;
		break;
	case 33:
		least = 12;
		break;
	case 1:
	case 17:
	case 58:
	case 136:
		least = 8;
	}
	return v->offset || v->payload >= least;
}

static void header4(uint8_t *p, const struct view *v, size_t length, unsigned int protocol)
{
	memset(p, 0, 12);
	p[0] = 0x45;
	p[1] = (uint8_t)v->tos;
	put16(p + 2, (unsigned int)length);
	if (v->fragmented) {
		put16(p + 4, v->id & 0xffff);
		put16(p + 6, v->offset | (v->more ? 0x2000u : 0));
	} else if (length > 1260) {
		p[6] = 0x40;
	}
	p[8] = (uint8_t)v->ttl;
	p[9] = (uint8_t)protocol;
	put16(p + 10, 0xffff - sum16(p, 20, 0));
}

/* Returns the length of what was written. */
static size_t header6(uint8_t *p, const struct view *v, unsigned int protocol)
{
	memset(p, 0, 8);
	p[0] = (uint8_t)(0x60 | v->tos >> 4);
	p[1] = (uint8_t)(v->tos << 4);
	put16(p + 4, (unsigned int)v->payload + (v->fragmented ? 8 : 0));
	p[6] = (uint8_t)(v->fragmented ? 44 : protocol);
	p[7] = (uint8_t)v->ttl;
	if (!v->fragmented)
		return 40;
	p[40] = (uint8_t)protocol;
	p[41] = 0;
	put16(p + 42, v->offset << 3 | v->more);
	put32(p + 44, v->id);
	return 48;
}

/* RFC 7915's tables. 0: none; 1: echo; 2: error. `word` becomes the second word. */
static int types_to6(const struct reference *r, const uint8_t *icmp, size_t refused, uint8_t *ret)
{
	static const int8_t pointers[20] = {0, 1, 4, 4, -1, -1, -1, -1, 7, 6, -1, -1, 8, 8, 8, 8, 24, 24, 24, 24};
	/* By code of "unreachable": code of ICMPv6 "unreachable". */
	static const int8_t codes[16] = {0, 0, -2, 4, -3, 0, 0, 0, 0, 1, 1, 0, 0, 1, -1, 1};
	static const unsigned int plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};
	unsigned int mtu, i;

	memset(ret, 0, 8);
	switch (icmp[0]) {
	case 0:
	case 8:
		ret[0] = icmp[0] ? 128 : 129;
		ret[1] = icmp[1];
		memcpy(ret + 4, icmp + 4, 4);
		return 1;
	case 3:
		if (icmp[1] > 15 || codes[icmp[1]] == -1)
			return 0;
		ret[0] = 1;
		if (icmp[1] == 2) {
			ret[0] = 4;
			ret[1] = 1;
			ret[7] = 6;
		} else if (icmp[1] == 4) {
			ret[0] = 2;
			mtu = get16(icmp + 6);
			for (i = 0; !mtu; i++)
				if (refused > plateaus[i] || i == 9)
					mtu = plateaus[i];
			mtu += 20;
			if (mtu > r->mtu6)
				mtu = r->mtu6;
			if (r->mtu4 && mtu > r->mtu4 + 20)
				mtu = r->mtu4 + 20;
			put32(ret + 4, mtu < 1280 ? 1280 : mtu);
		} else {
			ret[1] = (uint8_t)codes[icmp[1]];
		}
		return 2;
	case 11:
		ret[0] = 3;
		ret[1] = icmp[1];
		return 2;
	case 12:
		if ((icmp[1] != 0 && icmp[1] != 2) || icmp[4] > 19 || pointers[icmp[4]] < 0)
			return 0;
		ret[0] = 4;
		ret[7] = (uint8_t)pointers[icmp[4]];
		return 2;
	default:
		return 0;
	}
}

static int types_to4(const struct reference *r, const uint8_t *icmp, uint8_t *ret)
{
	static const uint8_t codes[5] = {1, 10, 1, 1, 3};
	static const uint8_t pointers[8] = {0, 1, 0xff, 0xff, 2, 2, 9, 8};
	const uint32_t word = number(icmp + 4);
	uint32_t mtu;

	memset(ret, 0, 8);
	switch (icmp[0]) {
	case 128:
	case 129:
		ret[0] = icmp[0] == 128 ? 8 : 0;
		ret[1] = icmp[1];
		memcpy(ret + 4, icmp + 4, 4);
		return 1;
	case 1:
		if (icmp[1] > 4)
			return 0;
		ret[0] = 3;
		ret[1] = codes[icmp[1]];
		return 2;
	case 2:
		ret[0] = 3;
		ret[1] = 4;
		mtu = word > 88 ? word - 20 : 68;
		if (mtu > r->mtu6 - 20)
			mtu = r->mtu6 - 20;
		if (r->mtu4 && mtu > r->mtu4)
			mtu = r->mtu4;
		put16(ret + 6, mtu > 65535 ? 65535 : mtu);
		return 2;
	case 3:
		ret[0] = 11;
		ret[1] = icmp[1];
		return 2;
	case 4:
		if (icmp[1] == 1) {
			ret[0] = 3;
			ret[1] = 2;
			return 2;
		}
		if (icmp[1] != 0 || word > 39 || (word < 8 && pointers[word] == 0xff))
			return 0;
		ret[0] = 12;
		ret[4] = word < 8 ? pointers[word] : word < 24 ? 12 : 16;
		return 2;
	default:
		return 0;
	}
}

static unsigned int checksum_place(unsigned int protocol)
{
	if (protocol == 6)
		return 16;
	return protocol == 17 || protocol == 33 || protocol == 136 ? 6 : 0;
}

/* Change the L4 checksum at `l4` (`n` octets are there) by addresses. */
static void readdress(uint8_t *l4, size_t n, unsigned int protocol, const uint8_t *old, size_t n_old,
	const uint8_t *new, size_t n_new)
{
	const unsigned int place = checksum_place(protocol);

	if (!place || n < place + 2 || (protocol == 17 && !get16(l4 + place)))
		return;
	adjust(l4 + place, old, n_old, new, n_new);
	if (protocol == 17 && !get16(l4 + place))
		put16(l4 + place, 0xffff);
}

/* An echo's type and checksum; `addresses6` both IPv6 addresses. */
static void change_echo(uint8_t *l4, uint8_t type, const uint8_t *addresses6, size_t payload)
{
	uint8_t old[2 + 40] = {l4[0]}, new[2 + 40] = {type};
	uint8_t *const with = type >= 128 ? new : old;

	memcpy(with + 2, addresses6, 32);
	put32(with + 34, (uint32_t)payload);
	with[41] = 58;
	adjust(l4 + 2, old, with == old ? 42 : 2, new, with == new ? 42 : 2);
	l4[0] = type;
}

/* RFC 4884: put the extensions behind a datagram of the length that the new field can tell, within the limit. */
static size_t lay_out(uint8_t *packet, size_t datagram, size_t original, const uint8_t *extensions, size_t n,
	unsigned int unit, size_t limit, uint8_t *ret_field)
{
	size_t padded = (original + 7) / 8 * 8;

	*ret_field = 0;
	if (!unit || !n || n > 256 || n % 4) {
		const size_t end = datagram + original;

		return end < limit ? end : limit;
	}
	if (unit == 4)
		padded = (original + 3) / 4 * 4;
	if (padded < 128)
		padded = 128;
	while (datagram + padded + n > limit)
		padded -= unit;
	if (padded > original)
		memset(packet + datagram + original, 0, padded - original);
	memcpy(packet + datagram + padded, extensions, n);
	*ret_field = (uint8_t)(padded / unit);
	return datagram + padded + n;
}

/* The packet inside an ICMP error. Where its datagram ends and extensions begin, from the length field. */
static size_t datagram_end(size_t there, size_t field)
{
	return field && field < there ? field : there;
}

static bool inner_to6(const struct reference *r, const uint8_t *in, size_t n, const uint8_t *host6,
	const uint8_t *host4, uint8_t *out, size_t *ret_header, size_t *ret_n)
{
	struct view v;
	uint8_t types[8];
	size_t size, l4;

	if (n < 20 || view4(in, &v) != SEEN_OK || n < v.header)
		return false;
	size = n - v.header;
	if ((size < 8 && size < v.payload) || memcmp(in + 12, host4, 4) != 0)
		return false;
	l4 = header6(out, &v, v.protocol == 1 ? 58 : v.protocol);
	memcpy(out + 8, host6, 16);
	to_v6(r, in + 16, out + 24);
	memcpy(out + l4, in + v.header, size);
	*ret_header = v.header;
	*ret_n = l4 + size;
	if (v.offset)
		return true;
	if (v.protocol == 1) {
		if (v.fragmented || size < 8 || types_to6(r, in + v.header, 0, types) != 1)
			return false;
		change_echo(out + l4, types[0], out + 8, v.payload);
		return true;
	}
	/* ICMPv6 has no place in IPv4. */
	if (v.protocol == 58)
		return false;
	readdress(out + l4, size, v.protocol, in + 12, 8, out + 8, 32);
	return true;
}

static bool inner_to4(const struct reference *r, const uint8_t *in, size_t there, size_t n, const uint8_t *server6,
	uint8_t *out, size_t *ret_header, size_t *ret_n)
{
	const uint8_t *host;
	struct view v;
	uint8_t types[8];
	size_t size;

	if (there < 40 || in[0] >> 4 != 6 || view6(in, there, &v) != SEEN_OK || n < v.header)
		return false;
	size = n - v.header;
	if ((size < 8 && size < v.payload) || memcmp(in + 8, server6, 16) != 0 || v.payload + 20 > 65535)
		return false;
	to_v4(r, in + 8, out + 12);
	host = find6(r, in + 24);
	if (!host)
		return false;
	memcpy(out + 16, host, 4);
	header4(out, &v, 20 + v.payload, v.protocol == 58 ? 1 : v.protocol);
	memcpy(out + 20, in + v.header, size);
	*ret_header = v.header;
	*ret_n = 20 + size;
	if (v.offset)
		return true;
	if (v.protocol == 58) {
		if (v.fragmented || size < 8 || types_to4(r, in + v.header, types) != 1)
			return false;
		change_echo(out + 20, types[0], in + 8, v.payload);
		return true;
	}
	if (v.protocol == 1)
		return false;
	readdress(out + 20, size, v.protocol, in + 8, 32, out + 12, 8);
	return true;
}

/* The translator's own error about `packet`. */
static void answer6(const struct reference *r, const uint8_t *packet, size_t n, size_t header, unsigned int type,
	unsigned int code, uint32_t word, struct reference_result *ret)
{
	uint8_t *const p = ret->packet;
	const size_t quoted = n < 1280 - 48 ? n : 1280 - 48;

	/* The program's own limit: it doesn't answer long chains of a long packet. */
	if (header > 252 - 14 && n > 256 - 14)
		return;
	memset(p, 0, 48);
	p[0] = 0x60;
	put16(p + 4, (unsigned int)quoted + 8);
	p[6] = 58;
	p[7] = 64;
	memcpy(p + 8, r->own6, 16);
	memcpy(p + 24, packet + 8, 16);
	p[40] = (uint8_t)type;
	p[41] = (uint8_t)code;
	put32(p + 44, word);
	memcpy(p + 48, packet, quoted);
	put16(p + 42, 0xffff - sum16(p + 40, quoted + 8, pseudo6(p + 8, p + 24, quoted + 8, 58)));
	ret->length = 48 + quoted;
	ret->verdict = REFERENCE_ERROR;
	ret->loose[0] = 42;
}

static void answer4(const struct reference *r, const uint8_t *packet, size_t n, unsigned int type, unsigned int code,
	uint32_t word, struct reference_result *ret)
{
	const size_t quoted = n < 576 - 28 ? n : 576 - 28;
	const struct view v = {.ttl = 64};
	uint8_t *const p = ret->packet;

	memcpy(p + 12, r->own4, 4);
	memcpy(p + 16, packet + 12, 4);
	header4(p, &v, 28 + quoted, 1);
	memset(p + 20, 0, 8);
	p[20] = (uint8_t)type;
	p[21] = (uint8_t)code;
	put32(p + 24, word);
	memcpy(p + 28, packet, quoted);
	put16(p + 22, 0xffff - sum16(p + 20, quoted + 8, 0));
	ret->length = 28 + quoted;
	ret->verdict = REFERENCE_ERROR;
	ret->loose[0] = 22;
	ret->any = 4;
}

static void error_to4(const struct reference *r, const uint8_t *p, const struct view *v, const uint8_t *types,
	struct reference_result *ret)
{
	const uint8_t *const icmp = p + v->header;
	const size_t there = v->payload - 8;
	const size_t end = datagram_end(there, icmp[0] == 1 || icmp[0] == 3 ? icmp[4] * 8u : 0);
	uint8_t *const out = ret->packet;
	struct view outer = *v;
	size_t header, n;

	if (sum16(icmp, v->payload, pseudo6(p + 8, p + 24, v->payload, 58)) != 0xffff)
		return;
	if (!inner_to4(r, icmp + 8, there, end, p + 24, out + 28, &header, &n))
		return;
	memcpy(out + 20, types, 8);
	if (end < there)
		n = lay_out(out, 28, n, icmp + 8 + end, there - end,
			types[0] == 3 || types[0] == 11 || types[0] == 12 ? 4 : 0, 576, out + 25);
	else
		n = n + 28 > 576 ? 576 : n + 28;
	outer.fragmented = false;
	header4(out, &outer, n, 1);
	put16(out + 22, 0xffff - sum16(out + 20, n - 20, 0));
	ret->length = n;
	ret->loose[0] = 22;
	ret->any = 4;
	ret->verdict = REFERENCE_TRANSLATED;
}

static void from6(const struct reference *r, const uint8_t *p, size_t n, struct reference_result *ret)
{
	uint8_t *const out = ret->packet;
	const uint8_t *source;
	bool is_error = false;
	uint8_t types[8];
	enum seen seen;
	struct view v;

	if (n < 40 || p[0] >> 4 != 6 || !get16(p + 4) || n != 40 + get16(p + 4) || !has_prefix(r, p + 24))
		return;
	if (p[8] == 0xff || (p[8] == 0xfe && p[9] >> 6 == 2) || has_prefix(r, p + 8) ||
		(!memcmp(p + 8, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15) && p[23] <= 1))
		return;
	seen = view6(p, n, &v);
	if (v.routed && !v.offset)
		answer6(r, p, n, v.header, 4, 0, v.pointer, ret);
	if (seen != SEEN_OK || !sound(&v) || v.protocol == 1)
		return;
	if (v.protocol == 58) {
		if (v.offset || v.more || !types_to4(r, p + v.header, types))
			return;
		is_error = p[v.header] < 128;
	}
	if (v.protocol == 17 && !v.offset && !get16(p + v.header + 6))
		return;
	if (v.payload + 20 > 65535)
		return;
	to_v4(r, p + 24, out + 16);
	if (in_pool(r, out + 16)) {
		if (!r->hairpin)
			goto prohibited;
	} else if (!unicast(out + 16)) {
		return;
	} else if (!memcmp(out + 16, r->denied, 4) || forbidden(r, out + 16)) {
		goto prohibited;
	}
	source = find6(r, p + 8);
	if (!source && !is_error) {
		if (!v.offset)
			answer6(r, p, n, v.header, 1, 5, 0, ret);
		return;
	}
	memcpy(out + 12, source ? source : r->own4, 4);
	if (is_error) {
		error_to4(r, p, &v, types, ret);
		return;
	}
	header4(out, &v, 20 + v.payload, v.protocol == 58 ? 1 : v.protocol);
	memcpy(out + 20, p + v.header, v.payload);
	ret->length = 20 + v.payload;
	ret->verdict = REFERENCE_TRANSLATED;
	if (!v.fragmented)
		ret->any = 4;
	if (v.offset)
		return;
	if (v.protocol == 58) {
		change_echo(out + 20, types[0], p + 8, v.payload);
		ret->loose[0] = 22;
	} else {
		readdress(out + 20, v.payload, v.protocol, p + 8, 32, out + 12, 8);
		ret->loose[0] = checksum_place(v.protocol) ? 20 + checksum_place(v.protocol) : 0;
	}
	return;
prohibited:
	if (!is_error && !v.offset)
		answer6(r, p, n, v.header, 1, 1, 0, ret);
}

/* 0: none; 1: one that isn't used up; -1: malformed. */
static int source_route(const uint8_t *options, size_t n)
{
	size_t at = 0;

	while (at < n && options[at] != 0) {
		if (options[at] == 1) {
			at++;
			continue;
		}
		if (at + 1 >= n || options[at + 1] < 2 || at + options[at + 1] > n)
			return -1;
		if ((options[at] == 131 || options[at] == 137) && options[at + 1] >= 3 &&
			options[at + 2] <= options[at + 1])
			return 1;
		at += options[at + 1];
	}
	return 0;
}

static void error_to6(const struct reference *r, const uint8_t *p, const struct view *v, struct reference_result *ret)
{
	const uint8_t *const icmp = p + v->header;
	const size_t there = v->payload - 8;
	const size_t end = datagram_end(there, icmp[5] * 4u);
	uint8_t *const out = ret->packet, types[8], field = 0;
	struct view outer = *v, inner;
	size_t header, n;

	if (sum16(icmp, v->payload, 0) != 0xffff)
		return;
	if (!inner_to6(r, icmp + 8, end, out + 24, p + 16, out + 48, &header, &n))
		return;
	view4(icmp + 8, &inner);
	types_to6(r, icmp, inner.header + inner.payload, types);
	if (end < there)
		n = lay_out(
			out, 48, n, icmp + 8 + end, there - end, types[0] == 1 || types[0] == 3 ? 8 : 0, 1280, &field);
	else
		n = n + 48 > 1280 ? 1280 : n + 48;
	memcpy(out + 40, types, 8);
	if (types[0] == 1 || types[0] == 3)
		out[44] = field;
	outer.payload = n - 40;
	header6(out, &outer, 58);
	put16(out + 42, 0xffff - sum16(out + 40, n - 40, pseudo6(out + 8, out + 24, n - 40, 58)));
	ret->length = n;
	ret->loose[0] = 42;
	ret->verdict = REFERENCE_TRANSLATED;
}

static void from4(const struct reference *r, const uint8_t *p, size_t n, struct reference_result *ret)
{
	uint8_t *const out = ret->packet;
	bool is_error = false, summed = false;
	const uint8_t *host;
	uint8_t types[8];
	struct view v;
	size_t l4;
	int routed;

	if (n < 20 || view4(p, &v) != SEEN_OK || n != get16(p + 2) || sum16(p, v.header, 0) != 0xffff)
		return;
	if (!unicast(p + 12) && !in_pool(r, p + 12))
		return;
	if (!sound(&v) || v.protocol == 58)
		return;
	if (v.protocol == 1) {
		const int kind = v.fragmented ? 0 : types_to6(r, p + v.header, 0, types);

		if (!kind)
			return;
		is_error = kind == 2;
	}
	if (v.protocol == 17 && !v.offset && !get16(p + v.header + 6)) {
		if (v.fragmented || v.payload > 9000 || get16(p + v.header + 4) != v.payload)
			return;
		summed = true;
	}
	routed = source_route(p + 20, v.header - 20);
	if (routed) {
		if (routed > 0 && !v.offset && !is_error)
			answer4(r, p, n, 3, 5, 0, ret);
		return;
	}
	host = find4(r, p + 16);
	if (!host) {
		if (!is_error && !v.offset)
			answer4(r, p, n, 3, 1, 0, ret);
		return;
	}
	if (in_pool(r, p + 12)) {
		if (!r->hairpin)
			return;
	} else if (forbidden(r, p + 12) && !is_error) {
		return;
	}
	memcpy(out + 24, host, 16);
	to_v6(r, p + 12, out + 8);
	if (forbidden(r, p + 12) && !in_pool(r, p + 12))
		memcpy(out + 8, r->own6, 16);
	if (is_error) {
		error_to6(r, p, &v, ret);
		return;
	}
	l4 = v.fragmented ? 48 : 40;
	if (l4 + v.payload > r->mtu6) {
		if (v.df && !v.offset)
			answer4(r, p, n, 3, 4, r->mtu6 - 28, ret);
		return;
	}
	header6(out, &v, v.protocol == 1 ? 58 : v.protocol);
	memcpy(out + l4, p + v.header, v.payload);
	ret->length = l4 + v.payload;
	ret->verdict = REFERENCE_TRANSLATED;
	if (v.offset)
		return;
	if (v.protocol == 1) {
		change_echo(out + l4, types[0], out + 8, v.payload);
		ret->loose[0] = l4 + 2;
	} else if (summed) {
		unsigned int sum = 0xffff - sum16(out + l4, v.payload, pseudo6(out + 8, out + 24, v.payload, 17));

		put16(out + l4 + 6, sum ? sum : 0xffff);
	} else {
		readdress(out + l4, v.payload, v.protocol, p + 12, 8, out + 8, 32);
		ret->loose[0] = checksum_place(v.protocol) ? l4 + checksum_place(v.protocol) : 0;
	}
}

void reference_translate(
	const struct reference *r, bool v6, const uint8_t *packet, size_t length, struct reference_result *ret)
{
	ret->verdict = REFERENCE_DROP;
	ret->length = 0;
	ret->loose[0] = ret->loose[1] = ret->any = 0;
	if (length > 65600)
		return;
	if (v6)
		from6(r, packet, length, ret);
	else
		from4(r, packet, length, ret);
	if (ret->verdict == REFERENCE_DROP)
		ret->length = 0;
}
