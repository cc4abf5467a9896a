/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/toml.h"

#include "base/mem.h"
#include "base/str.h"
#include "fixture.h"

static const char text[] = "# top = 1\n"
			   "top = 2 # two\n"
			   "list = [\"a\", 'b']  \n"
			   "\n"
			   "[plain]\n"
			   "\tword = 'single # quotes'\n"
			   "  other=\"double\"\n"
			   "  \"quoted key\" = true\n"
			   "  empty = \"\"\n"
			   "  bare =\n"
			   "  longer_name = 3\r\n"
			   "[ plugins . \"io.x.v1.cri\" ] # behind\n"
			   "  word = 4\n"
			   "  [plugins.'io.x.v1.cri'.runtimes.runc]\n"
			   "    word = 5\n"
			   "[[many]]\n"
			   "  word = 6\n"
			   "[open\n"
			   "  word = 7\n"
			   "[\"half\n"
			   "  word = \"8\n"
			   "last = 9";

static void test_rows(void **state)
{
	static const struct {
		const char *table, *key, *value;
	} rows[] = {
		{"", "top", "2"},
		{"", "list", "[\"a\", 'b']"},
		{"", "word", NULL},
		{"plain", "word", "single # quotes"},
		{"plain", "other", "double"},
		{"plain", "quoted key", "true"},
		{"plain", "empty", ""},
		{"plain", "bare", ""},
		{"plain", "longer_name", "3"},
		{"plain", "longer", NULL},
		{"plain", "top", NULL},
		{"plugins/io.x.v1.cri", "word", "4"},
		{"plugins/io/x/v1/cri", "word", NULL},
		{"plugins/io.x.v1.cri/runtimes/runc", "word", "5"},
		{"many", "word", NULL},
		{"open", "word", "7"},
		{"half", "word", "8"},
		{"half", "last", "9"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *value = toml_find(text, rows[i].table, rows[i].key);

		if (!str_eq(value, rows[i].value))
			fail_msg("[%s] %s: '%s', not '%s'", rows[i].table, rows[i].key, value ? value : "(none)",
				rows[i].value ? rows[i].value : "(none)");
	}
	assert_null(toml_find("", "", "top"));
	assert_null(toml_find("[", "", "top"));
	assert_null(toml_find("\"", "", "top"));
	assert_null(toml_find("\"top", "", "top"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return RUN_TESTS(tests);
}
