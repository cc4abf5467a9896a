/* SPDX-License-Identifier: Apache-2.0 */
/* Cases: transport checksums, mappings, prefixes, the inline program. */
#include "cases.h"

void case_41(void)
{
	unsigned long long before = counted(NAT64_COUNT_UDP_SUMMED);
	size_t n;

	for (n = 0; n < 1400; n += n < 70 ? 1 : 97) {
		udp4(n, true);
		CHECK(verdict4() == REFERENCE_TRANSLATED && summed() && out16(46) != 0);
	}
	CHECK(counted(NAT64_COUNT_UDP_SUMMED) > before + 70);
	before = counted(NAT64_COUNT_NO_CHECKSUM);
	start4(17);
	p.octets[6] = 0x20;
	udp(&p, 64);
	packet_finish(&p, true);
	CHECK(verdict4() == REFERENCE_DROP && counted(NAT64_COUNT_NO_CHECKSUM) == before + 1);
}

void case_42(void)
{
	start6(17);
	udp(&p, 20);
	packet_finish(&p, true);
	CHECK(verdict6() == REFERENCE_DROP);
}

/* Every value of a data word: in one of them the sum comes out as zero. */
void case_43(void)
{
	unsigned int value, ones = 0;

	for (value = 0; value < 65536 && !failed; value++) {
		udp4(2, true);
		p.octets[28] = (uint8_t)(value >> 8);
		p.octets[29] = (uint8_t)value;
		packet_finish(&p, true);
		tested_run(&t, t.loaded.device, false, p.octets, p.n);
		CHECK(out16(46) != 0 && summed());
		ones += out16(46) == 0xffff;
	}
	CHECK(ones == 1 || ones == 2);
}

void case_44(void)
{
	udp6(20);
	p.octets[46] ^= 0x55;
	CHECK(verdict6() == REFERENCE_TRANSLATED && !summed());
	udp4(20, false);
	p.octets[26] ^= 0x55;
	CHECK(verdict4() == REFERENCE_TRANSLATED && !summed());
}

void case_46(void)
{
	static const uint8_t even[8] = {2, 4, 1460 >> 8, 1460 & 255, 1, 1, 4, 2};
	static const uint8_t odd[8] = {1, 2, 4, 1460 >> 8, 1460 & 255, 4, 2, 0};
	static const uint8_t small[4] = {2, 4, 1000 >> 8, 1000 & 255};
	struct nat64_config c = t.config, old = t.config;

	c.mss_to_v4 = c.mss_to_v6 = 1432;
	load_config(&t.loaded, &c);
	start6(6);
	tcp(&p, 2, even, 8, 0);
	packet_finish(&p, false);
	tested_run(&t, t.loaded.device, true, p.octets, p.n);
	CHECK(t.returned == TC_ACT_REDIRECT && summed() && out16(42) == 1432);
	start4(6);
	tcp(&p, 0x12, odd, 8, 0);
	packet_finish(&p, false);
	tested_run(&t, t.loaded.device, false, p.octets, p.n);
	CHECK(t.returned == TC_ACT_REDIRECT && summed() && out()[63] == 1432 >> 8 && out()[64] == (1432 & 255));
	start6(6);
	tcp(&p, 2, small, 4, 0);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_TRANSLATED && summed() && out16(42) == 1000);
	start6(6);
	tcp(&p, 0x10, even, 8, 0);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_TRANSLATED);
	load_config(&t.loaded, &old);
}

void case_47(void)
{
	size_t n, i;

	for (n = 0; n < 130; n++) {
		start6(6);
		tcp(&p, 0x18, NULL, 0, n);
		for (i = 60; i < p.n; i++)
			p.octets[i] = 0xff;
		packet_finish(&p, false);
		CHECK(verdict6() == REFERENCE_TRANSLATED && summed());
		start4(6);
		tcp(&p, 0x18, NULL, 0, n);
		packet_finish(&p, false);
		CHECK(verdict4() == REFERENCE_TRANSLATED && summed());
	}
}

/* State. */

void case_52(void)
{
	packet_ip6(&p, HOST, "fd00:64::198.18.0.3", 17, 63);
	udp(&p, 20);
	packet_finish(&p, false);
	CHECK(verdict6() == REFERENCE_TRANSLATED);
	p = result();
	CHECK(verdict4() == REFERENCE_TRANSLATED && summed());
	CHECK(!memcmp(out() + 8, "\xfd\x00\x00\x64\0\0\0\0\0\0\0\0\xc6\x12\x00\x02", 16) && out()[39] == 3);
}

void case_53(void)
{
	case_23();
}

/* Two addresses for three hosts; the third is told, the first two live. */
void case_55(void)
{
	struct nat64_config c = t.config, old = t.config;
	const unsigned long long before = counted(NAT64_COUNT_POOL_EMPTY);
	unsigned int i;

	tested_configure(&t, &c);
	load_dynamic(&t.loaded, "fd00:55::", 64);
	load_free(&t.loaded, "198.18.5.1", 2);
	for (i = 0; i < 4; i++) {
		char host[32];

		snprintf(host, sizeof(host), "fd00:55::%u", i % 3 + 1);
		packet_ip6(&p, host, SERVER6, 17, 63);
		udp(&p, 20);
		packet_finish(&p, false);
		tested_run(&t, t.loaded.device, true, p.octets, p.n);
		if (i == 2)
			CHECK(t.returned == TC_ACT_REDIRECT && answered(1, 3));
		else
			CHECK(t.returned == TC_ACT_REDIRECT && summed() && out()[15] == i % 3 + 1 && out()[14] == 5);
	}
	CHECK(counted(NAT64_COUNT_POOL_EMPTY) == before + 1);
	tested_configure(&t, &old);
}

void case_58(void)
{
	const unsigned long long before = counted(NAT64_COUNT_POOL_EMPTY);
	unsigned int i;

	for (i = 0; i < 70000; i++) {
		packet_ip6(&p, "fd00:55::1:0:0", SERVER6, 17, 63);
		memcpy(p.octets + 20, &i, 4);
		udp(&p, 0);
		packet_finish(&p, false);
		tested_run(&t, t.loaded.device, true, p.octets, p.n);
	}
	CHECK(counted(NAT64_COUNT_POOL_EMPTY) >= before + 69998);
	udp6(3);
	CHECK(verdict6() == REFERENCE_TRANSLATED);
}

/* RFC 6052 section 2.4, the vectors. */
void case_59(void)
{
	static const struct {
		unsigned int length;
		const char *prefix, *address;
	} vectors[] = {
		{32, "2001:db8::", "2001:db8:c000:221::"},
		{40, "2001:db8:100::", "2001:db8:1c0:2:21::"},
		{48, "2001:db8:122::", "2001:db8:122:c000:2:2100::"},
		{56, "2001:db8:122:300::", "2001:db8:122:3c0:0:221::"},
		{64, "2001:db8:122:344::", "2001:db8:122:344:c0:2:2100::"},
		{96, "2001:db8:122:344::", "2001:db8:122:344::192.0.2.33"},
	};
	struct nat64_config c = t.config, old = t.config;
	size_t i;

	for (i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		const struct nat64_v6 address = v6(vectors[i].address);

		c.prefix = v6(vectors[i].prefix);
		c.prefix_length = vectors[i].length;
		tested_configure(&t, &c);
		packet_ip6(&p, HOST, vectors[i].address, 17, 63);
		udp(&p, 5);
		packet_finish(&p, false);
		CHECK(verdict6() == REFERENCE_TRANSLATED && summed() && !memcmp(out() + 16, "\xc0\0\2\x21", 4));
		packet_ip4(&p, "192.0.2.33", HOST4, 17, 63, NULL, 0);
		udp(&p, 5);
		packet_finish(&p, false);
		CHECK(verdict4() == REFERENCE_TRANSLATED && summed() && !memcmp(out() + 8, &address, 16));
	}
	tested_configure(&t, &old);
}

/* The inline program: simple packets become IPv4 on the spot, all others stay as they are. */
void case_inline(void)
{
	static const uint8_t padding[7] = {0, 1, 4};
	const unsigned long long before = counted(NAT64_COUNT_INLINE);

	udp6(33);
	tested_run(&t, t.loaded.simple, true, p.octets, p.n);
	CHECK(t.returned == -1 && t.out[12] == 8 && summed() && out()[8] == 63 && out_n() == p.n - 20);
	CHECK(counted(NAT64_COUNT_INLINE) == before + 1);
	packet_ip6(&p, HOST, SERVER6, 17, 63);
	packet_extension(&p, 60, padding);
	udp(&p, 9);
	packet_finish(&p, false);
	tested_run(&t, t.loaded.simple, true, p.octets, p.n);
	CHECK(t.returned == -1 && t.n_out == ETH_HLEN + p.n && !memcmp(out(), p.octets, p.n));
	packet_ip6(&p, "fd00:99::1", SERVER6, 17, 63);
	udp(&p, 9);
	packet_finish(&p, false);
	tested_run(&t, t.loaded.simple, true, p.octets, p.n);
	CHECK(t.returned == -1 && !memcmp(out(), p.octets, p.n));
	udp6(33);
	p.octets[7] = 1;
	tested_run(&t, t.loaded.simple, true, p.octets, p.n);
	CHECK(t.returned == -1 && !memcmp(out(), p.octets, p.n));
	CHECK(counted(NAT64_COUNT_INLINE) == before + 1);
}

/* No configuration: nothing passes. Last, since it takes the configuration away. */
void case_unconfigured(void)
{
	struct nat64_config c = {0};

	load_config(&t.loaded, &c);
	udp6(3);
	tested_run(&t, t.loaded.device, true, p.octets, p.n);
	CHECK(t.returned == TC_ACT_SHOT && counted(NAT64_COUNT_NOT_CONFIGURED) == 1);
	tested_run(&t, t.loaded.simple, true, p.octets, p.n);
	CHECK(t.returned == -1 && !memcmp(out(), p.octets, p.n));
}
