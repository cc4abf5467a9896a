/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "config/config.h"
#include "config/read.h"
#include "fixture.h"

static void what_is_a_url(void **state)
{
	assert_true(config_is_url("https://example.org/c.yaml"));
	assert_true(config_is_url("ftp://example.org/c.yaml"));
	assert_false(config_is_url("config.yaml"));
	assert_false(config_is_url("/srv/https:/c.yaml"));
}

static void queries_are_not_shown(void **state)
{
	_cleanup_free_ char *plain = config_shown_name("https://h/c.yaml"),
			    *query = config_shown_name("https://h/c?t=s3cret"),
			    *fragment = config_shown_name("https://h/c#s3cret"),
			    *file = config_shown_name("what?.yaml");

	assert_string_equal(plain, "https://h/c.yaml");
	assert_string_equal(query, "https://h/c?...");
	assert_string_equal(fragment, "https://h/c?...");
	assert_string_equal(file, "what?.yaml");
}

static void refused_urls(void **state)
{
	static const struct {
		const char *url;
		int code;
		const char *message;
	} rows[] = {
		{"http://localhost/c.yaml?t=s3cret", EPROTONOSUPPORT, "'http://' is not fetched"},
		{"file:///etc/passwd", EPROTONOSUPPORT, "'file://' is not fetched"},
		{"https://me:s3cret@h/c.yaml", EINVAL, "a name or a password"},
		{"https://h/a b", EINVAL, "a blank"},
		{"https://h/a\nurl = x", EINVAL, "a blank"},
		{"https://h/\xc3\xa9", EINVAL, "a blank"},
	};
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_err_ struct err err = ERR_INIT;
		char *text = NULL;

		assert_int_equal(config_read(rows[i].url, &text, &len, &err), -rows[i].code);
		assert_null(text);
		if (strstr(err.msg, rows[i].message) == NULL || strstr(err.msg, "s3cret"))
			fail_msg("%s: %s", rows[i].url, err.msg);
	}
}

static void files(void **state)
{
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_free_ char *text = NULL;
	char *directory = fixture_directory();
	_cleanup_free_ char *path = mem_printf("%s/c.yaml", directory);
	size_t len;

	assert_int_equal(config_read(path, &text, &len, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "--config FILE"));
	fixture_write(path, "a: b\n");
	assert_int_equal(config_read(path, &text, &len, &err), 0);
	assert_string_equal(text, "a: b\n");
	assert_int_equal(len, 5);
	fixture_remove(directory);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_a_url),
		cmocka_unit_test(queries_are_not_shown),
		cmocka_unit_test(refused_urls),
		cmocka_unit_test(files),
	};

	return RUN_TESTS(tests);
}
