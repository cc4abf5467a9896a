/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option.h"

#include <errno.h>

#include "fixture.h"

static bool json;
static unsigned int verbosity;
static const char *config;
static unsigned long nodes;

static const struct option_row rows[] = {
	{"json", 0, OPTION_FLAG, &json, 0, NULL, "print JSON"},
	{"verbose", 'v', OPTION_COUNT, &verbosity, 0, NULL, "say more"},
	{"config", 'c', OPTION_TEXT, &config, 0, "FILE", "the configuration"},
	{"nodes", 0, OPTION_NUMBER, &nodes, 20, "N", "how many"},
	{0},
};
static const struct option_row *const tables[] = {rows, NULL};

static int set_up(void **unused)
{
	json = false;
	verbosity = 0;
	config = NULL;
	nodes = 0;
	return 0;
}

/* Parse blank-separated words; what remains comes back joined by blanks. */
static int parse(const char *text, bool keep_dashes, struct str *rest, struct err *err)
{
	static char words[16][32];
	char *argv[17];
	int argc = 0, i, r;

	while (*text) {
		size_t n = strcspn(text, " ");

		memcpy(words[argc], text, n);
		words[argc][n] = '\0';
		argv[argc] = words[argc];
		argc++;
		text += n + (text[n] == ' ');
	}
	argv[argc] = NULL;
	r = options_parse(tables, &argc, argv, keep_dashes, err);
	for (i = 0; r == 0 && i < argc; i++)
		str_addf(rest, "%s%s", i ? " " : "", argv[i]);
	return r;
}

static void test_forms(void **unused)
{
	_cleanup_str_ struct str rest = STR_INIT;

	assert_int_equal(parse("a --json -vv --config=x.yaml b --nodes 7", false, &rest, NULL), 0);
	assert_true(json);
	assert_int_equal(verbosity, 2);
	assert_string_equal(config, "x.yaml");
	assert_int_equal(nodes, 7);
	assert_string_equal(rest.s, "a b");
}

static void test_short_value(void **unused)
{
	_cleanup_str_ struct str rest = STR_INIT;

	assert_int_equal(parse("-cx -v", false, &rest, NULL), 0);
	assert_string_equal(config, "x");
	assert_int_equal(parse("-vc y", false, &rest, NULL), 0);
	assert_string_equal(config, "y");
}

static void test_dashes(void **unused)
{
	_cleanup_str_ struct str rest = STR_INIT;

	assert_int_equal(parse("exec n -- ls --json", true, &rest, NULL), 0);
	assert_string_equal(rest.s, "exec n -- ls --json");
	assert_false(json);
	str_clear(&rest);
	assert_int_equal(parse("n -- --json", false, &rest, NULL), 0);
	assert_string_equal(rest.s, "n --json");
}

static void test_errors(void **unused)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{"--jsno", "did you mean '--json'"},
		{"--banana", "unknown option '--banana'"},
		{"-x", "unknown option '-x'"},
		{"--config", "needs a value"},
		{"-c", "needs a value"},
		{"--json=1", "takes no value"},
		{"--nodes 21", "from 0 to 20"},
		{"--nodes x", "from 0 to 20"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_str_ struct str rest = STR_INIT;
		_cleanup_err_ struct err err = ERR_INIT;

		assert_int_equal(parse(cases[i].text, false, &rest, &err), -EINVAL);
		assert_non_null(strstr(err.msg, cases[i].message));
	}
}

static void test_help_is_aligned(void **unused)
{
	_cleanup_str_ struct str text = STR_INIT;

	options_help(rows, &text);
	assert_string_equal(text.s, "      --json         print JSON\n"
				    "  -v, --verbose      say more\n"
				    "  -c, --config FILE  the configuration\n"
				    "      --nodes N      how many\n");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_forms),
		TEST(test_short_value),
		TEST(test_dashes),
		TEST(test_errors),
		TEST(test_help_is_aligned),
	};

	return RUN_TESTS(tests);
}
