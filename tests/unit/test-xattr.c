/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xattr.h"

#include <errno.h>
#include <sys/xattr.h>

#include "base/json.h"
#include "fixture.h"

static void test_there_and_back(void **unused)
{
	static const char value[] = {'a', 0, (char)0xff};
	char *directory = fixture_directory();
	_cleanup_free_ char *from = mem_printf("%s/from", directory), *to = mem_printf("%s/to", directory);
	_cleanup_json_ json_t *attributes = NULL;
	char back[8];

	fixture_write(from, "");
	fixture_write(to, "");
	attributes = xattr_read(from);
	assert_null(json_object_get(attributes, "user.a"));
	if (setxattr(from, "user.a", value, sizeof(value), 0) < 0 && errno == EOPNOTSUPP) {
		fixture_remove(directory);
		skip();
	}
	assert_int_equal(setxattr(from, "user.empty", "", 0, 0), 0);
	json_decref(attributes);
	attributes = xattr_read(from);
	xattr_write(to, attributes);
	assert_int_equal(getxattr(to, "user.a", back, sizeof(back)), sizeof(value));
	assert_memory_equal(back, value, sizeof(value));
	assert_int_equal(getxattr(to, "user.empty", back, sizeof(back)), 0);
	fixture_remove(directory);
}

static void test_nothing(void **unused)
{
	assert_null(xattr_read("/nowhere/at/all"));
	xattr_write("/nowhere/at/all", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_nothing),
	};

	return RUN_TESTS(tests);
}
