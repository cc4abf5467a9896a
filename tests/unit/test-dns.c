/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/dns.h"

#include <errno.h>

#include "fixture.h"

/* An answer for "a.test" AAAA: a CNAME to "b.test" and its address, names compressed. */
static const uint8_t answer[] = {
	0x12,
	0x34,
	0x81,
	0x80,
	0,
	1,
	0,
	2,
	0,
	0,
	0,
	0, /* header */
	1,
	'a',
	4,
	't',
	'e',
	's',
	't',
	0,
	0,
	28,
	0,
	1, /* question */
	0xc0,
	12,
	0,
	5,
	0,
	1,
	0,
	0,
	0,
	60,
	0,
	4,
	1,
	'b',
	0xc0,
	14, /* a.test CNAME b.test */
	0xc0,
	36,
	0,
	28,
	0,
	1,
	0,
	0,
	0,
	60,
	0,
	16,
	0xfd,
	0,
	0,
	0x64,
	0,
	0,
	0,
	0, /* b.test AAAA */
	0,
	0,
	0,
	0,
	203,
	0,
	113,
	80,
};

static void test_query_is_as_rfc1035_says(void **unused)
{
	uint8_t query[DNS_QUERY_MAX];

	assert_int_equal(dns_query("a.test", DNS_AAAA, 0x1234, query), 24);
	assert_memory_equal(query, "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
	assert_memory_equal(query + 12, answer + 12, 12);
	assert_int_equal(dns_query("a.test.", DNS_AAAA, 0x1234, query), 24);
}

static void test_names_are_bounded(void **unused)
{
	uint8_t query[DNS_QUERY_MAX];
	char name[300];
	size_t i;

	for (i = 0; i < sizeof(name) - 1; i++)
		name[i] = i % 2 ? '.' : 'x';
	name[DNS_NAME_MAX] = '\0';
	assert_int_equal(dns_query(name, DNS_A, 0, query), DNS_QUERY_MAX);
	name[DNS_NAME_MAX] = '.';
	name[DNS_NAME_MAX + 1] = 'x';
	name[DNS_NAME_MAX + 2] = '\0';
	assert_int_equal(dns_query(name, DNS_A, 0, query), -EINVAL);
	memset(name, 'x', 64);
	name[64] = '\0';
	assert_int_equal(dns_query(name, DNS_A, 0, query), -EINVAL);
	name[63] = '\0';
	assert_int_equal(dns_query(name, DNS_A, 0, query), 12 + 65 + 4);
	assert_int_equal(dns_query("", DNS_A, 0, query), -EINVAL);
	assert_int_equal(dns_query(".", DNS_A, 0, query), -EINVAL);
	assert_int_equal(dns_query("a..b", DNS_A, 0, query), -EINVAL);
	assert_int_equal(dns_query("a..", DNS_A, 0, query), -EINVAL);
	assert_int_equal(dns_query(".a", DNS_A, 0, query), -EINVAL);
}

static void test_answer_behind_cname(void **unused)
{
	uint8_t query[DNS_QUERY_MAX];
	char text[ADDRESS_TEXT_MAX];
	struct dns_answer got;
	int len = dns_query("a.test", DNS_AAAA, 0x1234, query);

	assert_int_equal(dns_parse(answer, sizeof(answer), query, (size_t)len, &got), 0);
	assert_int_equal(got.rcode, 0);
	assert_false(got.truncated);
	assert_int_equal(got.n, 1);
	assert_string_equal(address_text(&got.addresses[0], text), "fd00:64::cb00:7150");
}

static void test_answers_to_others_are_not_taken(void **unused)
{
	uint8_t query[DNS_QUERY_MAX], copy[sizeof(answer)];
	struct dns_answer got;
	int len = dns_query("a.test", DNS_AAAA, 0x1235, query);

	assert_int_equal(dns_parse(answer, sizeof(answer), query, (size_t)len, &got), -ENOMSG);
	len = dns_query("b.test", DNS_AAAA, 0x1234, query);
	assert_int_equal(dns_parse(answer, sizeof(answer), query, (size_t)len, &got), -ENOMSG);
	len = dns_query("a.test", DNS_A, 0x1234, query);
	assert_int_equal(dns_parse(answer, sizeof(answer), query, (size_t)len, &got), -ENOMSG);
	len = dns_query("a.test", DNS_AAAA, 0x1234, query);
	memcpy(copy, answer, sizeof(copy));
	copy[2] &= 0x7f; /* a query */
	assert_int_equal(dns_parse(copy, sizeof(copy), query, (size_t)len, &got), -ENOMSG);
}

static void test_errors_and_truncation(void **unused)
{
	uint8_t query[DNS_QUERY_MAX], copy[sizeof(answer)];
	struct dns_answer got;
	size_t len = (size_t)dns_query("a.test", DNS_AAAA, 0x1234, query);

	memcpy(copy, answer, sizeof(copy));
	copy[3] = 0x83;
	copy[7] = 0;
	assert_int_equal(dns_parse(copy, len, query, len, &got), 0);
	assert_int_equal(got.rcode, 3);
	assert_string_equal(dns_rcode_name(got.rcode), "NXDOMAIN");
	assert_int_equal(got.n, 0);
	copy[5] = 0; /* a refusal that leaves the question out */
	copy[3] = 0x85;
	assert_int_equal(dns_parse(copy, 12, query, len, &got), 0);
	assert_int_equal(got.rcode, 5);

	memcpy(copy, answer, sizeof(copy));
	copy[2] |= 0x02;
	assert_int_equal(dns_parse(copy, sizeof(copy) - 5, query, len, &got), -EBADMSG);
	assert_int_equal(dns_parse(copy, 40, query, len, &got), 0);
	assert_true(got.truncated);
}

static void test_surplus_addresses_are_dropped(void **unused)
{
	static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1};
	uint8_t query[DNS_QUERY_MAX], message[24 + 40 * sizeof(record)];
	struct dns_answer got;
	size_t len = (size_t)dns_query("a.test", DNS_A, 1, query), i;

	memcpy(message, query, len);
	message[2] = 0x81;
	message[7] = 40;
	for (i = 0; i < 40; i++)
		memcpy(message + len + i * sizeof(record), record, sizeof(record));
	assert_int_equal(dns_parse(message, sizeof(message), query, len, &got), 0);
	assert_int_equal(got.n, DNS_ADDRESSES_MAX);
}

/* Whatever comes: no read beyond the message (the sanitizer watches an exact copy), no endless loop. */
static void test_broken_answers(void **unused)
{
	uint8_t query[DNS_QUERY_MAX];
	struct dns_answer got;
	size_t query_len = (size_t)dns_query("a.test", DNS_AAAA, 0x1234, query), len, at;
	unsigned int value;

	for (len = 0; len < sizeof(answer); len++) {
		uint8_t *exact = malloc(len ? len : 1);

		assert_non_null(exact);
		memcpy(exact, answer, len);
		assert_true(dns_parse(exact, len, query, query_len, &got) < 0);
		free(exact);
	}
	for (at = 0; at < sizeof(answer); at++)
		for (value = 0; value < 256; value++) {
			uint8_t *exact = malloc(sizeof(answer));

			assert_non_null(exact);
			memcpy(exact, answer, sizeof(answer));
			exact[at] = (uint8_t)value;
			if (dns_parse(exact, sizeof(answer), query, query_len, &got) == 0)
				assert_true(got.n <= DNS_ADDRESSES_MAX);
			free(exact);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query_is_as_rfc1035_says),
		cmocka_unit_test(test_names_are_bounded),
		cmocka_unit_test(test_answer_behind_cname),
		cmocka_unit_test(test_answers_to_others_are_not_taken),
		cmocka_unit_test(test_errors_and_truncation),
		cmocka_unit_test(test_surplus_addresses_are_dropped),
		cmocka_unit_test(test_broken_answers),
	};

	return RUN_TESTS(tests);
}
