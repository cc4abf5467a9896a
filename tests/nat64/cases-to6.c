/* SPDX-License-Identifier: Apache-2.0 */
/* Cases: headers from IPv4 to IPv6. */
#include "cases.h"

void case_16(void)
{
	udp4(20, false);
	CHECK(verdict4() == REFERENCE_TRANSLATED && summed() && out_n() == 68);
	CHECK(!memcmp(out(), "\x6b\x80\x00\x00", 4) && out()[7] == 57);
	CHECK(!memcmp(out() + 8, "\xfd\x00\x00\x64\0\0\0\0\0\0\0\0\xcb\x00\x71\x02", 16));
}

static int with_options(const uint8_t *options, size_t n)
{
	packet_ip4(&p, SERVER, HOST4, 17, 57, options, n);
	udp(&p, 12);
	packet_finish(&p, false);
	return verdict4();
}

void case_17(void)
{
	CHECK(with_options((const uint8_t *)"\x94\x04\0\0", 4) == REFERENCE_TRANSLATED && out_n() == 60 && summed());
	CHECK(with_options((const uint8_t *)"\1\x83\7\4\12\0\0\1", 8) == REFERENCE_ERROR && answered(3, 5));
	CHECK(with_options((const uint8_t *)"\1\x89\7\4\12\0\0\1", 8) == REFERENCE_ERROR && answered(3, 5));
	CHECK(with_options((const uint8_t *)"\1\x83\7\10\12\0\0\1", 8) == REFERENCE_TRANSLATED);
}

static void fragment4(uint16_t field, size_t n)
{
	start4(17);
	p.octets[6] = (uint8_t)(field >> 8);
	p.octets[7] = (uint8_t)field;
	if (field & 0x1fff)
		data(&p, n);
	else
		udp(&p, n - 8);
	packet_finish(&p, field & 0x1fff);
}

void case_18(void)
{
	fragment4(0x2000, 1448);
	CHECK(verdict4() == REFERENCE_TRANSLATED && out()[6] == 44 && out()[40] == 17 && out16(42) == 1);
	CHECK(out16(44) == 0 && out16(46) == 0x1234 && out_n() == 1496);
	fragment4(181, 100);
	CHECK(verdict4() == REFERENCE_TRANSLATED && out16(42) == 1448 && out_n() == 148);
	/* What the kernel's route MTU didn't cut is not sent too big. */
	fragment4(0x2000, 1456);
	CHECK(verdict4() == REFERENCE_DROP);
	udp4(1500 - 28, false);
	p.octets[6] = 0;
	packet_finish(&p, false);
	CHECK(verdict4() == REFERENCE_DROP);
}

void case_19(void)
{
	start4(17);
	p.octets[6] = 0;
	udp(&p, 100);
	packet_finish(&p, false);
	CHECK(verdict4() == REFERENCE_TRANSLATED && out()[6] == 17 && summed());
}

void case_20(void)
{
	start4(17);
	p.octets[6] = 0x40;
	udp(&p, 1500 - 28);
	packet_finish(&p, false);
	CHECK(verdict4() == REFERENCE_ERROR && answered(3, 4) && out16(26) == NAT64_POOL_MTU(1500));
	CHECK(out_n() == 576 && !memcmp(out() + 28, p.octets, 548));
}

void case_21(void)
{
	fragment4(0x6000, 800);
	CHECK(verdict4() == REFERENCE_TRANSLATED && out()[6] == 44 && out16(42) == 1);
}

void case_23(void)
{
	packet_ip4(&p, SERVER, "198.18.0.99", 17, 57, NULL, 0);
	udp(&p, 12);
	packet_finish(&p, false);
	CHECK(verdict4() == REFERENCE_ERROR && answered(3, 1) && !memcmp(out() + 12, "\xc0\0\0\10\xcb\0\x71\2", 8));
}

void case_24(void)
{
	size_t n;

	udp4(12, false);
	p.octets[10] ^= 1;
	CHECK(verdict4() == REFERENCE_DROP);
	udp4(12, false);
	p.octets[0] = 0x44;
	CHECK(verdict4() == REFERENCE_DROP);
	udp4(12, false);
	p.octets[3] = 19;
	CHECK(verdict4() == REFERENCE_DROP);
	udp4(12, false);
	for (n = 1; n < p.n; n++) {
		struct packet cut = p;

		cut.n = n;
		CHECK(tested_compare(&t, false, &cut) == REFERENCE_DROP);
	}
}

static int from(const char *source)
{
	packet_ip4(&p, source, HOST4, 17, 57, NULL, 0);
	udp(&p, 12);
	packet_finish(&p, false);
	return verdict4();
}

void case_25(void)
{
	CHECK(from("255.255.255.255") == REFERENCE_DROP && from("224.0.0.5") == REFERENCE_DROP);
	CHECK(from("127.0.0.1") == REFERENCE_DROP && from("0.0.0.0") == REFERENCE_DROP);
}
