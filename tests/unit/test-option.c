/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option.h"

#include <errno.h>

#include "fixture.h"

static bool json;
static unsigned int verbosity;
static const char *config;
static unsigned long nodes;
static const char *key_type, *log_dir;

static const struct option_row rows[] = {
	{"json", 0, OPTION_FLAG, &json, 0, NULL, "print JSON"},
	{"verbose", 'v', OPTION_COUNT, &verbosity, 99, NULL, "say more"},
	{"config", 'c', OPTION_TEXT, &config, 0, "FILE", "the configuration"},
	{"nodes", 0, OPTION_NUMBER, &nodes, 20, "N", "how many"},
	{"key-type", 0, OPTION_TEXT, &key_type, 0, "TYPE", "the kind of key",
		(const char *const[]){"rsa", "ecdsa", NULL}},
	{"log-dir", 0, OPTION_TEXT, &log_dir, 0, "DIR", "log here"},
	{"old", 0, OPTION_FLAG},
	{"old-text", 0, OPTION_TEXT, NULL, 0, "X"},
	{0},
};
static const struct option_row *const tables[] = {rows, NULL};

static int set_up(void **unused)
{
	json = false;
	verbosity = 0;
	config = NULL;
	nodes = 0;
	key_type = NULL;
	log_dir = NULL;
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

/* One dash or two, '=' or a blank, '_' or '-': all the same. */
static void test_historic_forms(void **unused)
{
	static const char *const forms[] = {
		"-config x", "-config=x", "--config=x", "--config x", "-c x", "-cx", "-c=x", "--c=x"};
	static const char *const directories[] = {
		"-log_dir d", "-log_dir=d", "--log_dir=d", "--log-dir d", "-log-dir=d"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		_cleanup_str_ struct str rest = STR_INIT;

		config = NULL;
		assert_int_equal(parse(forms[i], false, &rest, NULL), 0);
		assert_string_equal(config, "x");
		assert_string_equal(str_text(&rest), "");
	}
	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_str_ struct str rest = STR_INIT;

		log_dir = NULL;
		assert_int_equal(parse(directories[i], false, &rest, NULL), 0);
		assert_string_equal(log_dir, "d");
	}
}

static void test_levels(void **unused)
{
	static const struct {
		const char *text;
		unsigned int level;
		const char *rest;
	} cases[] = {
		{"-v", 1, ""},
		{"-vv", 2, ""},
		{"-v -v", 2, ""},
		{"-v 2", 2, ""},
		{"-v=2", 2, ""},
		{"--v=2", 2, ""},
		{"--v 2", 2, ""},
		{"-v2", 2, ""},
		{"--verbose=2", 2, ""},
		{"-verbose 2", 2, ""},
		{"-v 99", 99, ""},
		{"-v 0", 0, ""},
		{"-vv -v=0", 0, ""},
		{"-v init", 1, "init"},
		{"-v 2 init", 2, "init"},
		{"-v ./2", 1, "./2"},
		{"-v 2x", 1, "2x"},
		{"-v -- 2", 1, "2"},
		{"-vv 2", 2, "2"},
		{"-v --json", 1, ""},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_str_ struct str rest = STR_INIT;

		verbosity = 0;
		assert_int_equal(parse(cases[i].text, false, &rest, NULL), 0);
		if (verbosity != cases[i].level)
			fail_msg("'%s': level %u", cases[i].text, verbosity);
		assert_string_equal(str_text(&rest), cases[i].rest);
	}
}

static void test_flag_values(void **unused)
{
	static const char *const yes[] = {"-json", "-json=true", "--json=TRUE", "--json=1", "-json=t"};
	static const char *const no[] = {"-json=false", "--json=False", "--json=0", "--json --json=f"};
	_cleanup_str_ struct str rest = STR_INIT;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(yes); i++) {
		json = false;
		assert_int_equal(parse(yes[i], false, &rest, NULL), 0);
		assert_true(json);
	}
	for (i = 0; i < ARRAY_SIZE(no); i++) {
		json = true;
		assert_int_equal(parse(no[i], false, &rest, NULL), 0);
		assert_false(json);
	}
}

static void test_choices(void **unused)
{
	_cleanup_str_ struct str rest = STR_INIT;

	assert_int_equal(parse("--key-type ECDSA", false, &rest, NULL), 0);
	assert_string_equal(key_type, "ecdsa");
}

static void test_options_without_effect(void **unused)
{
	_cleanup_str_ struct str rest = STR_INIT;

	assert_int_equal(parse("-old a --old=false -old_text b -old_text=c d", false, &rest, NULL), 0);
	assert_string_equal(rest.s, "a d");
}

static void test_look(void **unused)
{
	struct option_word word = option_look(tables, "-vc", "x");

	assert_ptr_equal(word.row, &rows[2]);
	assert_int_equal(word.words, 2);
	assert_string_equal(word.value, "x");
	word = option_look(tables, "--config", NULL);
	assert_int_equal(word.words, 2);
	assert_null(word.value);
	word = option_look(tables, "-config=y", "x");
	assert_int_equal(word.words, 1);
	assert_string_equal(word.value, "y");
	assert_int_equal(option_look(tables, "-v", "up").words, 1);
	assert_int_equal(option_look(tables, "-v", "3").words, 2);
	assert_int_equal(option_look(tables, "-v", NULL).words, 1);
	assert_null(option_look(tables, "--banana", "x").row);
	assert_int_equal(option_look(tables, "--banana", "x").words, 1);
	assert_true(option_like("-v"));
	assert_false(option_like("-"));
	assert_false(option_like("--"));
	assert_false(option_like(""));
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
		{"-jsno", "unknown option '-jsno': did you mean '--json'"},
		{"--confg=x", "unknown option '--confg': did you mean '--config'"},
		{"-vx", "unknown option '-x' in '-vx'"},
		{"-vv=2", "unknown option '-=' in '-vv=2'"},
		{"--=x", "unknown option '--'"},
		{"-config", "option '-config' needs a value"},
		{"-vc", "option '-c' needs a value"},
		{"--config=", "option '--config' needs a value"},
		{"--json=maybe", "'maybe' is no value for '--json': true or false is wanted"},
		{"-old=", "'' is no value for '-old'"},
		{"--nodes 21", "'21' is no value for '--nodes': a number from 0 to 20"},
		{"-nodes x", "'x' is no value for '-nodes': a number from 0 to 20"},
		{"--nodes -1", "'-1' is no value"},
		{"-v=x", "'x' is no value for '-v': a number from 0 to 99"},
		{"--v=", "'' is no value for '--v'"},
		{"-v 100", "'100' is no value for '-v': a number from 0 to 99"},
		{"-jv100", "unknown option"},
		{"--key-type dsa", "'dsa' is no value for '--key-type': 'rsa' or 'ecdsa' is wanted"},
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
	assert_string_equal(text.s, "      --json           print JSON\n"
				    "  -v, --verbose        say more\n"
				    "  -c, --config FILE    the configuration\n"
				    "      --nodes N        how many\n"
				    "      --key-type TYPE  the kind of key\n"
				    "      --log-dir DIR    log here\n");
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_forms),
		TEST(test_short_value),
		TEST(test_historic_forms),
		TEST(test_levels),
		TEST(test_flag_values),
		TEST(test_choices),
		TEST(test_options_without_effect),
		TEST(test_look),
		TEST(test_dashes),
		TEST(test_errors),
		TEST(test_help_is_aligned),
	};

	return RUN_TESTS(tests);
}
