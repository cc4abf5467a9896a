/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/icmp.h"

#include <sys/socket.h>

#include "fixture.h"

static const uint8_t nonce[ICMP_NONCE] = {1, 2, 3, 4, 5, 6, 7, 8};

static void test_request(void **unused)
{
	uint8_t packet[1500];

	memset(packet, 0xff, sizeof(packet));
	assert_int_equal(icmp_request(AF_INET6, 0x1234, 7, nonce, 1500, packet), 1460);
	assert_memory_equal(packet, "\x80\x00\x00\x00\x12\x34\x00\x07\x01\x02\x03\x04\x05\x06\x07\x08\x00", 17);
	assert_int_equal(packet[1459], 0);
	assert_int_equal(packet[1460], 0xff);
}

static size_t make_error(uint8_t type, uint8_t *ret)
{
	memset(ret, 0, 48);
	ret[0] = type;
	ret[6] = 0x05; /* MTU 1280 */
	ret[7] = 0x00;
	ret[8 + 6] = 58;
	return 48 + icmp_request(AF_INET6, 0x1234, 7, nonce, 60, ret + 48);
}

static void test_answer(void **unused)
{
	static const uint8_t other[ICMP_NONCE] = {1, 2, 3, 4, 5, 6, 7, 9};
	struct icmp_reply reply;
	uint8_t packet[100];
	size_t len = icmp_request(AF_INET6, 0x1234, 7, nonce, 100, packet);

	assert_false(icmp_parse(AF_INET6, packet, len, 0x1234, nonce, &reply)); /* a request */
	packet[0] = 129;
	assert_true(icmp_parse(AF_INET6, packet, len, 0x1234, nonce, &reply));
	assert_int_equal(reply.kind, ICMP_ANSWER);
	assert_int_equal(reply.sequence, 7);
	assert_false(icmp_parse(AF_INET6, packet, len, 0x1235, nonce, &reply));
	assert_false(icmp_parse(AF_INET6, packet, len, 0x1234, other, &reply));
}

static void test_errors(void **unused)
{
	struct icmp_reply reply;
	uint8_t packet[200];
	size_t len = make_error(2, packet);

	assert_true(icmp_parse(AF_INET6, packet, len, 0x1234, nonce, &reply));
	assert_int_equal(reply.kind, ICMP_TOO_BIG);
	assert_int_equal(reply.mtu, 1280);
	assert_int_equal(reply.sequence, 7);
	make_error(1, packet);
	assert_true(icmp_parse(AF_INET6, packet, len, 0x1234, nonce, &reply));
	assert_int_equal(reply.kind, ICMP_UNREACHABLE);
	packet[8 + 6] = 6; /* about a TCP segment */
	assert_false(icmp_parse(AF_INET6, packet, len, 0x1234, nonce, &reply));
}

static void test_short_messages(void **unused)
{
	struct icmp_reply reply;
	uint8_t packet[200];
	size_t need[] = {8 + ICMP_NONCE, 48 + 8 + ICMP_NONCE}, kind, len;

	for (kind = 0; kind < 2; kind++) {
		make_error(2, packet);
		if (kind == 0) {
			icmp_request(AF_INET6, 0x1234, 7, nonce, 60, packet);
			packet[0] = 129;
		}
		for (len = 0; len <= need[kind]; len++) {
			uint8_t *exact = malloc(len ? len : 1);

			assert_non_null(exact);
			memcpy(exact, packet, len);
			assert_int_equal(icmp_parse(AF_INET6, exact, len, 0x1234, nonce, &reply), len == need[kind]);
			free(exact);
		}
	}
}

static uint16_t sum(const uint8_t *octets, size_t n)
{
	uint32_t total = 0;
	size_t i;

	for (i = 0; i < n; i += 2)
		total += (uint32_t)octets[i] << 8 | (i + 1 < n ? octets[i + 1] : 0);
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)total;
}

static void test_ipv4_request(void **unused)
{
	uint8_t packet[1500];

	memset(packet, 0xff, sizeof(packet));
	assert_int_equal(icmp_request(AF_INET, 0x1234, 7, nonce, 1499, packet), 1479);
	assert_memory_equal(packet, "\x08\x00", 2);
	assert_memory_equal(packet + 4, "\x12\x34\x00\x07\x01\x02\x03\x04\x05\x06\x07\x08\x00", 13);
	assert_int_equal(sum(packet, 1479), 0xffff);
	assert_int_equal(packet[1479], 0xff);
}

/* An error about a packet with a header of 24 octets, since options may be there. */
static size_t make_ipv4_error(uint8_t type, uint8_t code, uint8_t *ret)
{
	memset(ret, 0, 32);
	ret[0] = type;
	ret[1] = code;
	ret[6] = 0x05; /* MTU 1400 */
	ret[7] = 0x78;
	ret[8] = 0x46;
	ret[8 + 9] = 1;
	return 32 + icmp_request(AF_INET, 0x1234, 7, nonce, 60, ret + 32);
}

static void test_ipv4_replies(void **unused)
{
	struct icmp_reply reply;
	uint8_t packet[200];
	size_t len = icmp_request(AF_INET, 0x1234, 7, nonce, 100, packet);

	assert_false(icmp_parse(AF_INET, packet, len, 0x1234, nonce, &reply)); /* a request */
	packet[0] = 0;
	assert_true(icmp_parse(AF_INET, packet, len, 0x1234, nonce, &reply));
	assert_int_equal(reply.kind, ICMP_ANSWER);
	assert_int_equal(reply.sequence, 7);
	assert_false(icmp_parse(AF_INET, packet, len, 0x1235, nonce, &reply));
	packet[8] ^= 1;
	assert_false(icmp_parse(AF_INET, packet, len, 0x1234, nonce, &reply));

	len = make_ipv4_error(3, 4, packet);
	assert_true(icmp_parse(AF_INET, packet, len, 0x1234, nonce, &reply));
	assert_int_equal(reply.kind, ICMP_TOO_BIG);
	assert_int_equal(reply.mtu, 1400);
	/* No more than the law asks for: the echo header alone. */
	assert_true(icmp_parse(AF_INET, packet, 40, 0x1234, nonce, &reply));
	packet[40] ^= 1;
	assert_false(icmp_parse(AF_INET, packet, len, 0x1234, nonce, &reply));
	len = make_ipv4_error(3, 1, packet);
	assert_true(icmp_parse(AF_INET, packet, len, 0x1234, nonce, &reply));
	assert_int_equal(reply.kind, ICMP_UNREACHABLE);
	len = make_ipv4_error(11, 0, packet);
	assert_true(icmp_parse(AF_INET, packet, len, 0x1234, nonce, &reply));
	packet[8 + 9] = 6; /* about a TCP segment */
	assert_false(icmp_parse(AF_INET, packet, len, 0x1234, nonce, &reply));
}

static void test_ipv4_short_messages(void **unused)
{
	struct icmp_reply reply;
	uint8_t packet[200];
	size_t len;

	make_ipv4_error(3, 4, packet);
	for (len = 0; len <= 40; len++) {
		uint8_t *exact = malloc(len ? len : 1);

		assert_non_null(exact);
		memcpy(exact, packet, len);
		assert_int_equal(icmp_parse(AF_INET, exact, len, 0x1234, nonce, &reply), len == 40);
		free(exact);
	}
	packet[8] = 0x4f; /* a header longer than the message */
	assert_false(icmp_parse(AF_INET, packet, 60, 0x1234, nonce, &reply));
	packet[8] = 0x41; /* or shorter than any */
	assert_false(icmp_parse(AF_INET, packet, 60, 0x1234, nonce, &reply));
}

static void test_skip(void **unused)
{
	static const uint8_t plain[20] = {0x45}, options[24] = {0x46}, other[20] = {0x65};

	assert_int_equal(icmp_skip(AF_INET6, plain, 20), 0);
	assert_int_equal(icmp_skip(AF_INET, plain, 20), 20);
	assert_int_equal(icmp_skip(AF_INET, options, 24), 24);
	assert_int_equal(icmp_skip(AF_INET, options, 23), 0);
	assert_int_equal(icmp_skip(AF_INET, other, 20), 0);
	assert_int_equal(icmp_skip(AF_INET, plain, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_short_messages),
		cmocka_unit_test(test_ipv4_request),
		cmocka_unit_test(test_ipv4_replies),
		cmocka_unit_test(test_ipv4_short_messages),
		cmocka_unit_test(test_skip),
	};

	return RUN_TESTS(tests);
}
