/* SPDX-License-Identifier: Apache-2.0 */
/* Cases: headers from IPv6 to IPv4. */
#include "cases.h"

void case_1(void)
{
	udp6(20);
	CHECK(verdict6() == REFERENCE_TRANSLATED && summed());
	CHECK(out()[1] == 0xb8 && out()[8] == 63 && out()[9] == 17 && out_n() == 48);
	CHECK(!memcmp(out() + 12, "\xc6\x12\x00\x02\xcb\x00\x71\x02", 8));
	start6(6);
	tcp(&p, 0x18, NULL, 0, 33);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_TRANSLATED && summed());
	start6(58);
	icmp(&p, 128, 0, 77);
	data(&p, 11);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_TRANSLATED && summed() && out()[20] == 8 && out()[9] == 1);
}

void case_2(void)
{
	unsigned int first, i, same = 0;

	udp6(1260 - 28);
	CHECK(verdict6() == REFERENCE_TRANSLATED && out_n() == 1260 && out16(6) == 0);
	first = out16(4);
	for (i = 0; i < 8; i++) {
		verdict6();
		same += out16(4) == first;
	}
	CHECK(same < 8);
	udp6(1261 - 28);
	CHECK(verdict6() == REFERENCE_TRANSLATED && out_n() == 1261 && out16(6) == 0x4000);
}

void case_3(void)
{
	udp6(1500 - 48);
	CHECK(verdict6() == REFERENCE_TRANSLATED && out_n() == 1480 && summed() && out16(2) == 1480);
}

void case_4(void)
{
	static const uint8_t padding[7] = {0, 1, 4};
	static const uint8_t used_up[7] = {0, 0, 0};

	udp6(9);
	packet_ip6(&p, HOST, SERVER6, 17, 63);
	packet_extension(&p, 0, padding);
	packet_extension(&p, 60, padding);
	packet_extension(&p, 43, used_up);
	udp(&p, 9);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_TRANSLATED && out_n() == 20 + 17 && out()[9] == 17 && summed());
}

void case_5(void)
{
	static const uint8_t left[7] = {0, 0, 1};

	packet_ip6(&p, HOST, SERVER6, 17, 63);
	packet_extension(&p, 43, left);
	udp(&p, 9);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_ERROR && answered(4, 0) && out16(46) == 43);
}

static void fragment6(uint16_t offset, uint8_t protocol, size_t n)
{
	const uint8_t rest[7] = {0, (uint8_t)(offset >> 8), (uint8_t)offset, 0xab, 0xcd, 0x12, 0x34};

	packet_ip6(&p, HOST, SERVER6, protocol, 63);
	packet_extension(&p, 44, rest);
	if (offset & ~7)
		data(&p, n);
	else if (protocol == 58)
		icmp(&p, 128, 0, 1);
	else
		udp(&p, n - 8);
	packet_finish(&p, offset & ~7);
}

void case_6(void)
{
	fragment6(1, 17, 1232);
	CHECK(verdict6() == REFERENCE_TRANSLATED && out16(4) == 0x1234 && out16(6) == 0x2000 && out_n() == 1252);
	fragment6(1232, 17, 100);
	CHECK(verdict6() == REFERENCE_TRANSLATED && out16(4) == 0x1234 && out16(6) == 154 && out_n() == 120);
	CHECK(!memcmp(out() + 20, p.octets + 48, 100));
	/* All but the last are multiples of 8; none ends beyond the largest packet. */
	fragment6(1, 17, 1230);
	CHECK(verdict6() == REFERENCE_DROP);
	fragment6(65528, 17, 100);
	CHECK(verdict6() == REFERENCE_DROP);
}

void case_7(void)
{
	fragment6(0, 17, 40);
	CHECK(verdict6() == REFERENCE_TRANSLATED && out16(4) == 0x1234 && out16(6) == 0 && summed());
}

void case_8(void)
{
	const unsigned long long before = counted(NAT64_COUNT_FRAGMENT);

	fragment6(1, 58, 8);
	CHECK(verdict6() == REFERENCE_DROP && counted(NAT64_COUNT_FRAGMENT) == before + 1);
}

void case_9(void)
{
	static const uint8_t first[7] = {0, 0, 1, 0, 0, 0, 1}, padding[7] = {0, 1, 4};
	const unsigned long long before = counted(NAT64_COUNT_FRAGMENT);

	packet_ip6(&p, HOST, SERVER6, 17, 63);
	packet_extension(&p, 44, first);
	packet_extension(&p, 60, padding);
	udp(&p, 8);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_DROP && counted(NAT64_COUNT_FRAGMENT) == before + 1);
}

void case_10(void)
{
	static const uint8_t others[] = {47, 50, 51, 132, 4, 41, 253};
	size_t i;

	for (i = 0; i < sizeof(others); i++) {
		start6(others[i]);
		data(&p, 30);
		packet_finish(&p, false);
		CHECK(verdict6() == REFERENCE_TRANSLATED && out()[9] == others[i] &&
			!memcmp(out() + 20, p.octets + 40, 30));
	}
}

void case_12(void)
{
	packet_ip6(&p, "fd00:99::1", SERVER6, 17, 63);
	udp(&p, 20);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_ERROR && answered(1, 5) && !memcmp(out() + 48, p.octets, p.n));
	/* No error about an error, nor about a fragment that isn't the first. */
	packet_ip6(&p, "fd00:99::1", SERVER6, 44, 63);
	data(&p, 8);
	memcpy(p.octets + 40, "\x11\x00\x00\x08\x00\x00\x00\x01", 8);
	data(&p, 16);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_DROP);
}

void case_13(void)
{
	size_t n;

	udp6(40);
	for (n = 1; n < p.n; n++) {
		struct packet cut = p;

		cut.n = n;
		CHECK(tested_compare(&t, true, &cut) == REFERENCE_DROP);
	}
	data(&p, 4);
	CHECK(verdict6() == REFERENCE_DROP);
	start6(17);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_DROP);
	start6(6);
	data(&p, 19);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_DROP);
}

static int to(const char *destination)
{
	char text[64];

	snprintf(text, sizeof(text), "fd00:64::%s", destination);
	packet_ip6(&p, HOST, text, 17, 63);
	udp(&p, 4);
	packet_finish(&p, false);
	return verdict6();
}

void case_14(void)
{
	CHECK(to("0.0.0.0") == REFERENCE_DROP && to("0.1.2.3") == REFERENCE_DROP);
	CHECK(to("127.0.0.1") == REFERENCE_DROP && to("224.0.0.1") == REFERENCE_DROP);
	CHECK(to("240.0.0.1") == REFERENCE_DROP && to("255.255.255.255") == REFERENCE_DROP);
	CHECK(to("203.0.113.66") == REFERENCE_ERROR && answered(1, 1));
}

static int well_known(const char *destination, __u32 flags)
{
	struct nat64_config c = tested_config(), old = t.config;
	char text[64];
	int verdict;

	c.prefix = v6("64:ff9b::");
	c.flags |= flags;
	tested_configure(&t, &c);
	snprintf(text, sizeof(text), "64:ff9b::%s", destination);
	packet_ip6(&p, HOST, text, 17, 63);
	udp(&p, 4);
	packet_finish(&p, false);
	verdict = verdict6();
	tested_configure(&t, &old);
	return verdict;
}

void case_15(void)
{
	CHECK(well_known("10.0.0.1", 0) == REFERENCE_ERROR && answered(1, 1));
	CHECK(well_known("192.168.7.1", 0) == REFERENCE_ERROR && well_known("100.64.0.1", 0) == REFERENCE_ERROR);
	CHECK(well_known("8.8.8.8", 0) == REFERENCE_TRANSLATED);
	CHECK(well_known("10.0.0.1", NAT64_WELL_KNOWN_PRIVATE) == REFERENCE_TRANSLATED);
	CHECK(well_known("127.0.0.1", NAT64_WELL_KNOWN_PRIVATE) == REFERENCE_DROP);
}
