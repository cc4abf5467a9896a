/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/icmp.h"

#include "fixture.h"

static const uint8_t nonce[ICMP_NONCE] = {1, 2, 3, 4, 5, 6, 7, 8};

static void test_request(void **unused)
{
	uint8_t packet[1500];

	memset(packet, 0xff, sizeof(packet));
	assert_int_equal(icmp_request(0x1234, 7, nonce, 1500, packet), 1460);
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
	return 48 + icmp_request(0x1234, 7, nonce, 60, ret + 48);
}

static void test_answer(void **unused)
{
	static const uint8_t other[ICMP_NONCE] = {1, 2, 3, 4, 5, 6, 7, 9};
	struct icmp_reply reply;
	uint8_t packet[100];
	size_t len = icmp_request(0x1234, 7, nonce, 100, packet);

	assert_false(icmp_parse(packet, len, 0x1234, nonce, &reply)); /* a request */
	packet[0] = 129;
	assert_true(icmp_parse(packet, len, 0x1234, nonce, &reply));
	assert_int_equal(reply.kind, ICMP_ANSWER);
	assert_int_equal(reply.sequence, 7);
	assert_false(icmp_parse(packet, len, 0x1235, nonce, &reply));
	assert_false(icmp_parse(packet, len, 0x1234, other, &reply));
}

static void test_errors(void **unused)
{
	struct icmp_reply reply;
	uint8_t packet[200];
	size_t len = make_error(2, packet);

	assert_true(icmp_parse(packet, len, 0x1234, nonce, &reply));
	assert_int_equal(reply.kind, ICMP_TOO_BIG);
	assert_int_equal(reply.mtu, 1280);
	assert_int_equal(reply.sequence, 7);
	make_error(1, packet);
	assert_true(icmp_parse(packet, len, 0x1234, nonce, &reply));
	assert_int_equal(reply.kind, ICMP_UNREACHABLE);
	packet[8 + 6] = 6; /* about a TCP segment */
	assert_false(icmp_parse(packet, len, 0x1234, nonce, &reply));
}

static void test_short_messages(void **unused)
{
	struct icmp_reply reply;
	uint8_t packet[200];
	size_t need[] = {8 + ICMP_NONCE, 48 + 8 + ICMP_NONCE}, kind, len;

	for (kind = 0; kind < 2; kind++) {
		make_error(2, packet);
		if (kind == 0) {
			icmp_request(0x1234, 7, nonce, 60, packet);
			packet[0] = 129;
		}
		for (len = 0; len <= need[kind]; len++) {
			uint8_t *exact = malloc(len ? len : 1);

			assert_non_null(exact);
			memcpy(exact, packet, len);
			assert_int_equal(icmp_parse(exact, len, 0x1234, nonce, &reply), len == need[kind]);
			free(exact);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_short_messages),
	};

	return RUN_TESTS(tests);
}
