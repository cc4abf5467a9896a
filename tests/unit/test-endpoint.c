/* SPDX-License-Identifier: Apache-2.0 */
#include "net/endpoint.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/str.h"
#include "fixture.h"

static void test_forms(void **state)
{
	static const struct {
		const char *text, *host, *whole;
		int family;
		unsigned int port;
	} rows[] = {
		{"[fd00:20::100]:8443", "fd00:20::100", "[fd00:20::100]:8443", AF_INET6, 8443},
		{"[FD00:20:0::100]", "FD00:20:0::100", "[fd00:20::100]:6443", AF_INET6, 6443},
		{"fd00:20::100", "fd00:20::100", "[fd00:20::100]:6443", AF_INET6, 6443},
		{"10.0.0.1", "10.0.0.1", "10.0.0.1:6443", AF_INET, 6443},
		{"10.0.0.1:1", "10.0.0.1", "10.0.0.1:1", AF_INET, 1},
		{"api.example.test:65535", "api.example.test", "api.example.test:65535", AF_UNSPEC, 65535},
		{"api", "api", "api:6443", AF_UNSPEC, 6443},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_str_ struct str text = STR_INIT;
		struct endpoint endpoint;

		if (endpoint_parse(rows[i].text, &endpoint) < 0)
			fail_msg("'%s' is refused", rows[i].text);
		assert_string_equal(endpoint.host, rows[i].host);
		assert_int_equal(endpoint.address.family, rows[i].family);
		assert_int_equal(endpoint.port, rows[i].port);
		endpoint_text(&endpoint, &text);
		assert_string_equal(text.s, rows[i].whole);
	}
}

static void test_refused(void **state)
{
	static const char *const rows[] = {"", ":", ":6443", "[]:1", "[fd00::1", "[fd00::1]x",
		"[fd00::1]:", "[10.0.0.1]:1", "[api]:1", "10.0.0.1:0", "10.0.0.1:0443", "10.0.0.1:65536", "10.0.0.1:-1",
		"10.0.0.1: 1", "api:1:2", "api:http", "fd00:::1"};
	struct endpoint endpoint = {.port = 7};
	char longest[ENDPOINT_HOST_MAX + 1];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (endpoint_parse(rows[i], &endpoint) != -EINVAL || endpoint.port != 7)
			fail_msg("'%s' is accepted", rows[i]);
	memset(longest, 'a', sizeof(longest));
	longest[ENDPOINT_HOST_MAX] = '\0';
	assert_int_equal(endpoint_parse(longest, &endpoint), -EINVAL);
	longest[ENDPOINT_HOST_MAX - 1] = '\0';
	assert_int_equal(endpoint_parse(longest, &endpoint), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_refused),
	};

	return RUN_TESTS(tests);
}
