/* SPDX-License-Identifier: Apache-2.0 */
/* Cases: ICMP, and the packets in its errors. */
#include "cases.h"

void case_26(void)
{
	start6(58);
	icmp(&p, 129, 0, 0x00070001);
	data(&p, 57);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_TRANSLATED && out()[20] == 0 && summed() && out16(24) == 7);
	start4(1);
	icmp(&p, 0, 0, 0x00070001);
	data(&p, 57);
	packet_finish(&p, false);
	CHECK(verdict4() == REFERENCE_TRANSLATED && out()[40] == 129 && out()[6] == 58 && summed());
	start4(1);
	icmp(&p, 8, 0, 0x00070001);
	packet_finish(&p, false);
	CHECK(verdict4() == REFERENCE_TRANSLATED && out()[40] == 128 && summed());
}

/* An error of IPv4 becomes this type, code and second word. */
static bool becomes6(uint8_t type, uint8_t code, uint32_t word, uint8_t type6, uint8_t code6, uint32_t word6)
{
	struct packet in;

	inner4(&in, 17, 30);
	error4(type, code, word, &in);
	return verdict4() == REFERENCE_TRANSLATED && out()[40] == type6 && out()[41] == code6 && summed() &&
	       (out16(44) << 16 | out16(46)) == word6;
}

static bool no_counterpart4(uint8_t type, uint8_t code, uint32_t word)
{
	struct packet in;

	inner4(&in, 17, 30);
	error4(type, code, word, &in);
	return verdict4() == REFERENCE_DROP;
}

void case_27(void)
{
	static const uint8_t to_0[] = {0, 1, 5, 6, 7, 8, 11, 12}, to_1[] = {9, 10, 13, 15};
	size_t i;

	for (i = 0; i < sizeof(to_0); i++)
		CHECK(becomes6(3, to_0[i], 0, 1, 0, 0));
	for (i = 0; i < sizeof(to_1); i++)
		CHECK(becomes6(3, to_1[i], 0, 1, 1, 0));
	CHECK(becomes6(3, 2, 0, 4, 1, 6) && becomes6(3, 3, 0, 1, 4, 0));
	CHECK(becomes6(3, 4, 1400, 2, 0, 1420) && becomes6(3, 4, 9000, 2, 0, 1500) && becomes6(3, 4, 576, 2, 0, 1280));
	CHECK(becomes6(3, 4, 0, 2, 0, 1280));
	CHECK(no_counterpart4(3, 14, 0) && no_counterpart4(3, 16, 0));
}

void case_28(void)
{
	CHECK(becomes6(11, 0, 0, 3, 0, 0) && becomes6(11, 1, 0, 3, 1, 0));
}

void case_29(void)
{
	static const int8_t map[22] = {0, 1, 4, 4, -1, -1, -1, -1, 7, 6, -1, -1, 8, 8, 8, 8, 24, 24, 24, 24, -1, -1};
	uint32_t i;

	for (i = 0; i < 22; i++) {
		CHECK(map[i] < 0 ? no_counterpart4(12, 0, i << 24) : becomes6(12, 0, i << 24, 4, 0, (uint32_t)map[i]));
		CHECK(map[i] < 0 ? no_counterpart4(12, 2, i << 24) : becomes6(12, 2, i << 24, 4, 0, (uint32_t)map[i]));
	}
	CHECK(no_counterpart4(12, 1, 0));
}

void case_30(void)
{
	static const uint8_t types[] = {4, 5, 6, 9, 10, 13, 14, 15, 16, 17, 18, 42, 200};
	size_t i;

	for (i = 0; i < sizeof(types); i++)
		CHECK(no_counterpart4(types[i], 0, 0));
}

static bool becomes4(uint8_t type, uint8_t code, uint32_t word, uint8_t type4, uint8_t code4, uint32_t word4)
{
	struct packet in;

	inner6(&in, 17, 30);
	error6(type, code, word, &in);
	return verdict6() == REFERENCE_TRANSLATED && out()[20] == type4 && out()[21] == code4 && summed() &&
	       (out16(24) << 16 | out16(26)) == word4;
}

static bool no_counterpart6(uint8_t type, uint8_t code, uint32_t word)
{
	struct packet in;

	inner6(&in, 17, 30);
	error6(type, code, word, &in);
	return verdict6() == REFERENCE_DROP;
}

void case_31(void)
{
	uint32_t i;

	CHECK(becomes4(1, 0, 0, 3, 1, 0) && becomes4(1, 2, 0, 3, 1, 0) && becomes4(1, 3, 0, 3, 1, 0));
	CHECK(becomes4(1, 1, 0, 3, 10, 0) && becomes4(1, 4, 0, 3, 3, 0) && no_counterpart6(1, 5, 0));
	CHECK(becomes4(2, 0, 1400, 3, 4, 1380) && becomes4(2, 0, 9000, 3, 4, 1480) && becomes4(2, 0, 1280, 3, 4, 1260));
	CHECK(becomes4(3, 0, 0, 11, 0, 0) && becomes4(3, 1, 0, 11, 1, 0));
	CHECK(becomes4(4, 1, 6, 3, 2, 0) && no_counterpart6(4, 2, 0));
	for (i = 0; i < 42; i++) {
		const int to = i < 2	? (int)i
			       : i < 4	? -1
			       : i < 6	? 2
			       : i == 6 ? 9
			       : i == 7 ? 8
			       : i < 24 ? 12
			       : i < 40 ? 16
					: -1;

		CHECK(to < 0 ? no_counterpart6(4, 0, i) : becomes4(4, 0, i, 12, 0, (uint32_t)to << 24));
	}
	CHECK(no_counterpart6(4, 0, 1000));
}

void case_32(void)
{
	static const uint8_t types[] = {130, 131, 132, 133, 134, 135, 136, 137, 143, 0, 100, 127, 200, 255};
	size_t i;

	for (i = 0; i < sizeof(types); i++)
		CHECK(no_counterpart6(types[i], 0, 0));
}

/* What is in the error is what the sender sent: translated there and back it's the same, checksums too. */
void case_33(void)
{
	static const uint8_t protocols4[] = {17, 6, 1}, protocols6[] = {17, 6, 58};
	static const uint8_t atomic[7] = {0, 0, 0, 0, 0, 0, 9};
	struct packet in, r;
	size_t i;

	for (i = 0; i < 3; i++) {
		inner4(&in, protocols4[i], 30);
		error4(11, 0, 0, &in);
		CHECK(verdict4() == REFERENCE_TRANSLATED && summed());
		r.n = out_n() - 48;
		memcpy(r.octets, out() + 48, r.n);
		packet_parse(&r);
		CHECK(packet_l4_sum(&r) == 0xffff && r.octets[7] == 1 && r.octets[6] == protocols6[i]);
		CHECK(!memcmp(
			r.octets + 8, &(struct nat64_v6){{0xfd, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}}, 16));

		inner6(&in, protocols6[i], 30);
		error6(3, 0, 0, &in);
		CHECK(verdict6() == REFERENCE_TRANSLATED && summed());
		r.n = out_n() - 28;
		memcpy(r.octets, out() + 28, r.n);
		packet_parse(&r);
		CHECK(packet_l4_sum(&r) == 0xffff && r.octets[8] == 1 && r.octets[9] == protocols4[i]);
		CHECK(packet_sum(r.octets, 20, 0) == 0xffff);
	}
	/* Fragments. */
	inner4(&in, 17, 32);
	in.octets[6] = 0x20;
	packet_finish(&in, false);
	error4(11, 1, 0, &in);
	CHECK(verdict4() == REFERENCE_TRANSLATED && out()[48 + 6] == 44 && out16(48 + 42) == 1 &&
		out16(48 + 46) == 0x1234);
	packet_ip6(&in, SERVER6, HOST, 17, 1);
	packet_extension(&in, 44, atomic);
	udp(&in, 32);
	packet_finish(&in, false);
	error6(3, 1, 0, &in);
	CHECK(verdict6() == REFERENCE_TRANSLATED && out16(28 + 4) == 9 && out16(28 + 6) == 0 && out()[28 + 9] == 17);
}

void case_34(void)
{
	struct packet in;

	inner4(&in, 17, 600);
	in.n = 28;
	error4(3, 3, 0, &in);
	CHECK(verdict4() == REFERENCE_TRANSLATED && out_n() == 40 + 8 + 40 + 8 && summed() && out16(48 + 4) == 608);
	inner4(&in, 6, 600);
	in.n = 28;
	error4(3, 3, 0, &in);
	CHECK(verdict4() == REFERENCE_TRANSLATED && summed());
	inner6(&in, 6, 600);
	in.n = 48;
	error6(1, 4, 0, &in);
	CHECK(verdict6() == REFERENCE_TRANSLATED && out_n() == 20 + 8 + 20 + 8 && summed() && out16(28 + 2) == 640);
}

void case_35(void)
{
	struct packet in, cut;

	inner4(&in, 17, 30);
	for (cut = in, cut.n = 0; cut.n < 28; cut.n++) {
		error4(3, 3, 0, &cut);
		CHECK(verdict4() == REFERENCE_DROP);
	}
	inner6(&in, 17, 30);
	for (cut = in, cut.n = 0; cut.n < 48; cut.n++) {
		error6(1, 4, 0, &cut);
		CHECK(verdict6() == REFERENCE_DROP);
	}
}

void case_36(void)
{
	struct packet in;

	packet_ip4(&in, HOST4, SERVER, 1, 9, NULL, 0);
	icmp(&in, 3, 3, 0);
	data(&in, 40);
	packet_finish(&in, false);
	error4(11, 0, 0, &in);
	CHECK(verdict4() == REFERENCE_DROP);
	packet_ip6(&in, SERVER6, HOST, 58, 9);
	icmp(&in, 1, 4, 0);
	data(&in, 48);
	packet_finish(&in, false);
	error6(3, 0, 0, &in);
	CHECK(verdict6() == REFERENCE_DROP);
}

void case_37(void)
{
	struct packet in;

	inner4(&in, 17, 1400);
	error4(3, 3, 0, &in);
	CHECK(verdict4() == REFERENCE_TRANSLATED && out_n() == 1280 && summed());
	inner6(&in, 17, 1100);
	error6(1, 4, 0, &in);
	CHECK(verdict6() == REFERENCE_TRANSLATED && out_n() == 576 && summed());
}

/* RFC 4884: extensions stay, the length field has the other unit; at the limits the packet gets shorter, not they. */
void case_38(void)
{
	struct packet in;

	inner4(&in, 17, 100); /* 128 octets */
	packet_be32(&in, 0x20001234);
	packet_be32(&in, 0xdeadbeef);
	error4(3, 3, 0x00200000, &in);
	CHECK(verdict4() == REFERENCE_TRANSLATED && summed() && out()[44] == 19 && out_n() == 48 + 152 + 8);
	CHECK(out16(48 + 148) == 0 && out16(48 + 152) == 0x2000 && out16(48 + 158) == 0xbeef);
	inner6(&in, 17, 80); /* 128 octets */
	packet_be32(&in, 0x20001234);
	error6(3, 0, 0x10000000, &in);
	CHECK(verdict6() == REFERENCE_TRANSLATED && summed() && out()[25] == 32 && out_n() == 28 + 128 + 4);
	CHECK(out16(28 + 108) == 0 && out16(28 + 128) == 0x2000);
	inner6(&in, 17, 952); /* 1000 octets */
	packet_be32(&in, 0x20001234);
	error6(1, 4, 0x7d000000, &in);
	CHECK(verdict6() == REFERENCE_TRANSLATED && summed() && out_n() == 576 && out16(572) == 0x2000 &&
		out()[25] == 136);
	/* The new type has no field: the extensions go. */
	inner4(&in, 17, 100);
	packet_be32(&in, 0x20001234);
	error4(3, 4, 0x00200578, &in);
	CHECK(verdict4() == REFERENCE_TRANSLATED && summed() && out_n() == 48 + 148 && out16(46) == 1420);
}

void case_39(void)
{
	struct packet in;

	inner6(&in, 17, 30);
	packet_ip6(&p, "fd00:99::1", SERVER6, 58, 60);
	icmp(&p, 3, 0, 0);
	packet_add(&p, in.octets, in.n);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_TRANSLATED && !memcmp(out() + 12, "\xc0\0\0\10", 4) && summed());
}

void case_40(void)
{
	struct packet in;

	inner6(&in, 17, 30);
	packet_ip6(&p, "fd00:99::1", "fd00:64::203.0.113.66", 58, 60);
	icmp(&p, 1, 0, 0);
	packet_add(&p, in.octets, in.n);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_DROP);
	inner4(&in, 17, 30);
	packet_ip4(&p, SERVER, "198.18.0.99", 1, 60, NULL, 0);
	icmp(&p, 3, 3, 0);
	packet_add(&p, in.octets, in.n);
	packet_finish(&p, false);
	CHECK(verdict4() == REFERENCE_DROP);
}
