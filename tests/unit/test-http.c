/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/http.h"

#include <errno.h>

#include "fixture.h"

static void test_urls(void **unused)
{
	struct url url;

	assert_int_equal(url_parse("http://WWW.Test", &url, NULL), 0);
	assert_string_equal(url.host, "www.test");
	assert_string_equal(url.path, "/");
	assert_int_equal(url.port, 80);
	assert_int_equal(url_parse("http://www.test:8080/a/b?c=d", &url, NULL), 0);
	assert_string_equal(url.host, "www.test");
	assert_string_equal(url.path, "/a/b?c=d");
	assert_int_equal(url.port, 8080);
}

static void test_bad_urls_are_explained(void **unused)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"www.test", "http://NAME/PATH"},
		{"https://www.test/", "http://NAME/PATH"},
		{"http://", "no host name"},
		{"http:///x", "no host name"},
		{"http://192.0.2.1/", "give a name"},
		{"http://[2001:db8::1]/", "not a host name"},
		{"http://user@www.test/", "not a host name"},
		{"http://a..b/", "not a host name"},
		{"http://www.test:0/", "not a port"},
		{"http://www.test:65536/", "not a port"},
		{"http://www.test:/", "not a port"},
		{"http://www.test/a b", "blank or control"},
		{"http://www.test/a\r\nX: y", "blank or control"},
	};
	struct url url;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_err_ struct err err = ERR_INIT;

		assert_int_equal(url_parse(cases[i].text, &url, &err), -EINVAL);
		if (strstr(err.msg, cases[i].said) == NULL)
			fail_msg("'%s' gave: %s", cases[i].text, err.msg);
	}
}

static void test_long_path(void **unused)
{
	char text[2000] = "http://www.test/";
	_cleanup_err_ struct err err = ERR_INIT;
	struct url url;

	memset(text + strlen(text), 'x', 1500);
	assert_int_equal(url_parse(text, &url, &err), -EINVAL);
	text[strlen("http://www.test") + URL_PATH_MAX - 1] = '\0';
	assert_int_equal(url_parse(text, &url, NULL), 0);
	assert_int_equal(strlen(url.path), URL_PATH_MAX - 1);
}

static void test_request(void **unused)
{
	_cleanup_str_ struct str text = STR_INIT;
	struct url url;

	assert_int_equal(url_parse("http://www.test:81/x", &url, NULL), 0);
	http_request(&url, &text);
	assert_true(str_starts(text.s, "GET /x HTTP/1.0\r\nHost: www.test:81\r\n"));
	assert_true(str_ends(text.s, "\r\n\r\n"));
}

static int parse(const char *text, struct http_answer *ret)
{
	return http_parse(text, strlen(text), ret);
}

static void test_answers(void **unused)
{
	struct http_answer got;

	assert_int_equal(parse("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 4\r\n\r\nabcd", &got), 0);
	assert_int_equal(got.status, 200);
	assert_int_equal(got.body, 4);
	assert_true(got.whole);
	assert_int_equal(parse("HTTP/1.0 301 Moved\r\ncontent-length:5\r\n\r\nabcd", &got), 0);
	assert_int_equal(got.status, 301);
	assert_false(got.whole);
	assert_int_equal(parse("HTTP/1.0 200 OK\n\nabc", &got), 0);
	assert_int_equal(got.body, 3);
	assert_true(got.whole);
	assert_int_equal(parse("HTTP/1.0 200 OK\r\nContent-Length: x\r\n\r\n", &got), 0);
	assert_true(got.whole);
	assert_int_equal(parse("HTTP/1.0 200 OK\r\nContent-", &got), -EAGAIN);
	assert_int_equal(parse("HT", &got), -EAGAIN);
	assert_int_equal(parse("SSH-2.0-x\r\n", &got), -EBADMSG);
	assert_int_equal(parse("HTTP/1.0 2x0 OK\r\n\r\n", &got), -EBADMSG);
	assert_int_equal(parse("SS", &got), -EBADMSG);
}

static void test_complete(void **unused)
{
	static const char whole[] = "HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nabcd",
			  open[] = "HTTP/1.0 200 OK\r\n\r\nabcd";
	_cleanup_free_ char *large = mem_new(HTTP_ENOUGH, 1);

	assert_true(http_complete(whole, strlen(whole)));
	assert_false(http_complete(whole, strlen(whole) - 1));
	assert_false(http_complete(whole, 20));
	assert_false(http_complete(open, strlen(open)));
	assert_true(http_complete(large, HTTP_ENOUGH));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_bad_urls_are_explained),
		cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_complete),
	};

	return RUN_TESTS(tests);
}
