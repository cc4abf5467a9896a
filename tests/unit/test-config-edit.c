/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "config/edit.h"
#include "fixture.h"

#define TOKEN "abcdef.0123456789abcdef"
#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

struct edit_case {
	const char *before;
	const char *after; /* NULL: refused */
	const char *why;   /* a part of the message when refused */
};

/* What becomes of a text when general.token is set. Every octet counts. */
static const struct edit_case cases[] = {
	/* a value in place, its quotes kept */
	{"general:\n  token: \"<provide-token>\"\n  mode: ipv6\n", "general:\n  token: \"" TOKEN "\"\n  mode: ipv6\n",
		NULL},
	{"general:\n  token: '<provide>'   # keep me\n", "general:\n  token: '" TOKEN "'   # keep me\n", NULL},
	{"general:\n  token: old # keep me\n", "general:\n  token: \"" TOKEN "\" # keep me\n", NULL},
	{"general:\n  token: \"a # b\" # keep me\n", "general:\n  token: \"" TOKEN "\" # keep me\n", NULL},
	{"general:\n  token: 'it''s ''' # keep me\n", "general:\n  token: '" TOKEN "' # keep me\n", NULL},
	{"general:\n\t\n  mode: x\n \t# c\n  token: y\n", "general:\n\t\n  mode: x\n \t# c\n  token: \"" TOKEN "\"\n",
		NULL},
	{"general:\n  token:    old", "general:\n  token:    \"" TOKEN "\"", NULL},
	{"general:\n  \"token\" : old\n", "general:\n  \"token\" : \"" TOKEN "\"\n", NULL},
	{"'general':\n  'token': old\n", "'general':\n  'token': \"" TOKEN "\"\n", NULL},
	{"general:\n  token:\n    old\n", "general:\n  token:\n    \"" TOKEN "\"\n", NULL},
	{"general:\n  token: two\n    lines\n  mode: x\n", "general:\n  token: \"" TOKEN "\"\n  mode: x\n", NULL},
	{"general:\n  token: \"two\n    lines\"\n  mode: x\n", "general:\n  token: \"" TOKEN "\"\n  mode: x\n", NULL},
	{"general:\n  token: ~\n", "general:\n  token: \"" TOKEN "\"\n", NULL},
	{"general:\n  token: \"\"\n", "general:\n  token: \"" TOKEN "\"\n", NULL},
	{"general:\n  token: !!str old\n", "general:\n  token: !!str \"" TOKEN "\"\n", NULL},
	{"general:\n  token: &t old\n", "general:\n  token: &t \"" TOKEN "\"\n", NULL},
	/* a value that was left out */
	{"general:\n  token:\n  mode: x\n", "general:\n  token: \"" TOKEN "\"\n  mode: x\n", NULL},
	{"general:\n  token:   # none yet\n  mode: x\n", "general:\n  token: \"" TOKEN "\"   # none yet\n  mode: x\n",
		NULL},
	{"general:\n  token:", "general:\n  token: \"" TOKEN "\"", NULL},
	{"general:\n  token :\n", "general:\n  token : \"" TOKEN "\"\n", NULL},
	{"general: {token, mode: x}\n", "general: {token: \"" TOKEN "\", mode: x}\n", NULL},
	{"general: {token: , mode: x}\n", "general: {token: \"" TOKEN "\" , mode: x}\n", NULL},
	{"general: {\"token\":, mode: x}\n", "general: {\"token\": \"" TOKEN "\", mode: x}\n", NULL},
	/* a key that is missing */
	{"general:\n  mode: x\n", "general:\n  token: \"" TOKEN "\"\n  mode: x\n", NULL},
	{"general:   # all\n\n  # the mode\n      mode: x\n",
		"general:   # all\n\n  # the mode\n      token: \"" TOKEN "\"\n      mode: x\n", NULL},
	{"general: {mode: x}\n", "general: {token: \"" TOKEN "\", mode: x}\n", NULL},
	{"general: {}\n", "general: {token: \"" TOKEN "\"}\n", NULL},
	{"general: {\n  mode: x\n}\n", "general: {token: \"" TOKEN "\", \n  mode: x\n}\n", NULL},
	{"{\"general\": {\"mode\": \"x\"}}", "{\"general\": {token: \"" TOKEN "\", \"mode\": \"x\"}}", NULL},
	{"general:\n  mode: x", "general:\n  token: \"" TOKEN "\"\n  mode: x", NULL},
	/* a section without keys */
	{"general:\nmgmt_net:\n  cidr: x\n", "general:\n    token: \"" TOKEN "\"\nmgmt_net:\n  cidr: x\n", NULL},
	{"general: # none\nmgmt_net:\n", "general: # none\n    token: \"" TOKEN "\"\nmgmt_net:\n", NULL},
	{"general:", "general:\n    token: \"" TOKEN "\"", NULL},
	/* a section that is missing */
	{"# c\nmgmt_net:\n  cidr: x\n", "# c\ngeneral:\n    token: \"" TOKEN "\"\nmgmt_net:\n  cidr: x\n", NULL},
	{"---\nmgmt_net:\n", "---\ngeneral:\n    token: \"" TOKEN "\"\nmgmt_net:\n", NULL},
	{"%YAML 1.2\n---\n# c\na: b\n...\n", "%YAML 1.2\n---\n# c\ngeneral:\n    token: \"" TOKEN "\"\na: b\n...\n",
		NULL},
	{"  a: b\n  c: d\n", "  general:\n      token: \"" TOKEN "\"\n  a: b\n  c: d\n", NULL},
	{"{a: b}", "{general: {token: \"" TOKEN "\"}, a: b}", NULL},
	{"{}", "{general: {token: \"" TOKEN "\"}}", NULL},
	/* line ends, byte order mark, other scripts */
	{"general:\r\n  mode: x\r\n", "general:\r\n  token: \"" TOKEN "\"\r\n  mode: x\r\n", NULL},
	{"general:\r\n  mode: x", "general:\r\n  token: \"" TOKEN "\"\r\n  mode: x", NULL},
	{"general:\r\n", "general:\r\n    token: \"" TOKEN "\"\r\n", NULL},
	{"a: b\r\n", "general:\r\n    token: \"" TOKEN "\"\r\na: b\r\n", NULL},
	{"\xef\xbb\xbf"
	 "a: b\n",
		"\xef\xbb\xbfgeneral:\n    token: \"" TOKEN "\"\na: b\n", NULL},
	{"\xef\xbb\xbfgeneral:\n  token: x\n", "\xef\xbb\xbfgeneral:\n  token: \"" TOKEN "\"\n", NULL},
	{"# \xc3\xa9\ng\xc3\xa9: \"\xe2\x82\xac\" # \xf0\x9f\x98\x80\ngeneral: {a: \xc3\xa9, token: \xc3\xa9} # "
	 "\xc3\xa9\n",
		"# \xc3\xa9\ng\xc3\xa9: \"\xe2\x82\xac\" # \xf0\x9f\x98\x80\ngeneral: {a: \xc3\xa9, token: \"" TOKEN
		"\"} # \xc3\xa9\n",
		NULL},
	/* other keys of the name are not touched */
	{"topology:\n  token:\n    id: 2\ngeneral:\n  token: x\n",
		"topology:\n  token:\n    id: 2\ngeneral:\n  token: \"" TOKEN "\"\n", NULL},
	{"other:\n  general:\n    token: x\n", "general:\n    token: \"" TOKEN "\"\nother:\n  general:\n    token: x\n",
		NULL},
	/* where earlier releases had it */
	{"plugin: bridge\ntoken: <t> # t\ntopology:\n", "plugin: bridge\ntoken: \"" TOKEN "\" # t\ntopology:\n", NULL},
	{"general:\n  mode: x\ntoken:\n", "general:\n  mode: x\ntoken: \"" TOKEN "\"\n", NULL},
	{"{token: 'x', plugin: y}", "{token: '" TOKEN "', plugin: y}", NULL},
	{"plugin: bridge\n", "general:\n    token: \"" TOKEN "\"\nplugin: bridge\n", NULL},
	/* block text elsewhere stays */
	{"a: |\n  general:\n    token: x\ngeneral:\n  token: y\n",
		"a: |\n  general:\n    token: x\ngeneral:\n  token: \"" TOKEN "\"\n", NULL},
	/* refused */
	{"general:\n  mode: x\n  token: |\n    old\n", NULL, "line 4"},
	{"general:\n  token: >-\n    old\n", NULL, "block of text"},
	{"a: &x old\ngeneral:\n  token: *x\n", NULL, "line 3: the value is an alias"},
	{"general:\n  token: {a: b}\n", NULL, "line 2: the value is a mapping or a list"},
	{"general:\n  token:\n    - a\n", NULL, "line 3: the value is a mapping or a list"},
	{"general: text\n", NULL, "line 1: the section has a value in place of keys"},
	{"general: ~\n", NULL, "take the value out"},
	{"general:\n  - a\n", NULL, "the section is a list or an alias"},
	{"a: &x {b: c}\ngeneral: *x\n", NULL, "the section is a list or an alias"},
	{"general:\n  token: x\n  token: y\n", NULL, "line 3: the key is there twice"},
	{"general:\n  token: x\ngeneral:\n", NULL, "line 3: the key is there twice"},
	{"general:\n  token: \"x\n", NULL, "syntax error"},
	{"general:\n  token: x\n---\na: b\n", NULL, "second document"},
	{"- a\n", NULL, "it has no keys"},
	{"general:\n  token: \xff\n", NULL, "octet 0xff is not UTF-8 on line 2"},
	{"%TAG\n---\na: b\n", NULL, "directive"},
	{"", NULL, "it has no keys"},
	{"# nothing\n", NULL, "it has no keys"},
	/* where a splice would change more than the value, the comparison of the trees refuses it */
	{"general:\n  token: !!str\n", NULL, "without changing more than that"},
	{"? general\n", NULL, "a complex key"},
	{"general:\n  ? token\n  : old\n", NULL, "a complex key"},
	{"general:\r  mode: x\r", NULL, "carriage return"},
};

static void one_edit(void **state)
{
	static const struct config_edit edit = {"general", "token", TOKEN};
	unsigned int failed = 0;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct edit_case *c = &cases[i];
		_cleanup_err_ struct err err = ERR_INIT;
		_cleanup_free_ char *after = NULL;
		int r = config_edit(c->before, strlen(c->before), &edit, 1, &after, &len, &err);
		bool ok = c->after ? r == 0 && len == strlen(c->after) && str_eq(after, c->after)
				   : r == -EINVAL && strstr(err.msg, c->why);

		if (!ok) {
			failed++;
			print_message("# row %zu: %d %s\n# wanted <%s>\n# found <%s>\n", i, r, err.msg ? err.msg : "-",
				c->after ? c->after : c->why, after ? after : "-");
		}
	}
	assert_int_equal(failed, 0);
}

static char *edit_both(const char *text)
{
	static const struct config_edit edits[] = {{"general", "token", TOKEN}, {"general", "token-cert-hash", HASH}};
	_cleanup_err_ struct err err = ERR_INIT;
	char *after = NULL;
	size_t len;

	if (config_edit(text, strlen(text), edits, ARRAY_SIZE(edits), &after, &len, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(strlen(after), len);
	return after;
}

static void several_edits_keep_their_order(void **state)
{
	_cleanup_free_ char *missing = edit_both("mgmt_net:\n  cidr: x\n"), *again = edit_both(missing), *placed = NULL;

	assert_string_equal(missing,
		"general:\n    token: \"" TOKEN "\"\n    token-cert-hash: \"" HASH "\"\nmgmt_net:\n  cidr: x\n");
	assert_string_equal(again, missing);
	placed = edit_both("general:\n  token-cert-hash: <h>\n  # between\n  token: <t>\n");
	assert_string_equal(placed, "general:\n  token-cert-hash: \"" HASH "\"\n  # between\n  token: \"" TOKEN "\"\n");
}

static void values_that_need_escapes_are_refused(void **state)
{
	static const char *const values[] = {"a\"b", "a\\b", "a\nb", "a\tb", "\xc3\xa9"};
	static const char text[] = "general:\n  token: x\n";
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		struct config_edit edit = {"general", "token", values[i]};
		char *after = NULL;

		assert_int_equal(config_edit(text, strlen(text), &edit, 1, &after, &len, NULL), -EINVAL);
		assert_null(after);
	}
}

static void a_quote_in_single_quotes(void **state)
{
	static const struct config_edit edit = {"general", "token", "it's"};
	static const char text[] = "general:\n  token: 'x'\n";
	_cleanup_free_ char *after = NULL;
	size_t len;

	assert_int_equal(config_edit(text, strlen(text), &edit, 1, &after, &len, NULL), 0);
	assert_string_equal(after, "general:\n  token: \"it's\"\n");
}

/* A small generator of its own, so that a failure can be repeated on any machine. */
static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 16;
}

static const char *pick(uint32_t *seed, const char *const *texts, size_t n)
{
	return texts[next_random(seed) % n];
}

#define PICK(seed, texts) pick(seed, texts, ARRAY_SIZE(texts))

static const char *const comments[] = {"", "", "", " # \xc3\xa9 note", "   # token: no", " #"};
static const char *const values[] = {"x", "\"a # b\"", "'it''s'", "12", "fd00::/64", "\"\\u00e9\"", "~", "\"{\"", ""};
static const char *const old_tokens[] = {"\"<provide-token>\"", "'<t>'", "old", "", "~", "\"\"", "a b c", "\"a: b\""};
static const char *const fillers[] = {"", "# general:\n", "\n", "  # token: deep comment\n", "\t\n", "   \n"};
static const char *const names[] = {"mgmt_net", "pod_net", "'quoted key'", "\"token\"", "dns64", "t\xc3\xa9st"};

static void add_pairs(struct str *text, uint32_t *seed, const char *indent)
{
	unsigned int i, n = next_random(seed) % 4 + 1;

	for (i = 0; i < n; i++) {
		const char *value = PICK(seed, values);

		str_add(text, PICK(seed, fillers));
		str_addf(text, "%skey-%u:%s%s%s\n", indent, i, *value ? " " : "", value, PICK(seed, comments));
	}
}

/* 0: no such section, 1: without the key, 2: with it, 3: flow, 4: empty */
static void add_general(struct str *text, uint32_t *seed, const char *indent, unsigned int form)
{
	const char *old = PICK(seed, old_tokens), *comment = PICK(seed, comments);

	switch (form) {
	case 1:
		str_add(text, "general:\n");
		add_pairs(text, seed, indent);
		break;
	case 2:
		str_addf(text, "general:%s\n", comment);
		if (next_random(seed) % 2)
			add_pairs(text, seed, indent);
		str_addf(text, "%stoken:%s%s%s\n", indent, *old ? " " : "", old, PICK(seed, comments));
		break;
	case 3:
		str_addf(text, "general: {a: x, %s, b: [1, {c: d}]}%s\n",
			next_random(seed) % 2 ? "token: 'old'" : "z: y", comment);
		break;
	case 4:
		str_addf(text, "general:%s\n", comment);
		break;
	default:
		break;
	}
}

static char *random_text(uint32_t *seed)
{
	static const char *const indents[] = {" ", "  ", "    ", "       "};
	_cleanup_str_ struct str text = STR_INIT, ret = STR_INIT;
	unsigned int i, n = next_random(seed) % 4, at = next_random(seed) % (n + 1), form = next_random(seed) % 5;
	bool crlf = next_random(seed) % 3 == 0;
	const char *c;

	if (n == 0 && form == 0)
		form = 1;
	if (next_random(seed) % 8 == 0)
		str_add(&text, "\xef\xbb\xbf");
	if (next_random(seed) % 4 == 0)
		str_add(&text, "---\n");
	str_add(&text, PICK(seed, comments));
	str_add(&text, "\n");
	for (i = 0; i <= n; i++) {
		const char *indent = PICK(seed, indents);

		if (i == at)
			add_general(&text, seed, indent, form);
		if (i == n)
			break;
		str_add(&text, PICK(seed, fillers));
		str_addf(&text, "%s:%s\n", names[(i + form) % ARRAY_SIZE(names)], PICK(seed, comments));
		add_pairs(&text, seed, indent);
	}
	if (next_random(seed) % 4 == 0)
		text.s[--text.len] = '\0';
	for (c = text.s; *c; c++) {
		if (*c == '\n' && crlf)
			str_add(&ret, "\r");
		str_add_n(&ret, c, 1);
	}
	return str_take(&ret);
}

/* All that stood outside the one place must be there still: the common front and back cover the old text. */
static void assert_one_place(const char *before, const char *after)
{
	size_t old = strlen(before), new = strlen(after), front = 0, back = 0, removed, i;

	while (front < old && front < new &&before[front] == after[front])
		front++;
	while (back < old - front && back < new - front &&before[old - 1 - back] == after[new - 1 - back])
		back++;
	removed = old - front - back;
	for (i = 0; i < removed; i++)
		assert_true(before[front + i] != '\n' && before[front + i] != '#');
	assert_non_null(strstr(after, TOKEN));
}

static void random_texts(void **state)
{
	static const struct config_edit edit = {"general", "token", TOKEN};
	unsigned int round, refused = 0;

	for (round = 0; round < 3000; round++) {
		uint32_t seed = round * 2654435761U;
		_cleanup_free_ char *before = random_text(&seed), *after = NULL, *again = NULL;
		_cleanup_err_ struct err err = ERR_INIT;
		struct diagnostics diagnostics = {0};
		struct config *config;
		size_t len;

		if (config_edit(before, strlen(before), &edit, 1, &after, &len, &err) < 0) {
			print_message("# round %u refused: %s\n%s\n", round, err.msg, before);
			refused++;
			continue;
		}
		assert_one_place(before, after);
		config = config_parse(after, len, "c.yaml", &diagnostics);
		assert_true(config->complete);
		if (!str_eq(config->general.token.value, TOKEN))
			fail_msg("round %u: no token in\n%s", round, after);
		config_free(config);
		diagnostics_done(&diagnostics);
		/* Written once, the same edit changes nothing. */
		assert_int_equal(config_edit(after, len, &edit, 1, &again, &len, &err), 0);
		assert_string_equal(again, after);
	}
	assert_int_equal(refused, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_edit),
		cmocka_unit_test(several_edits_keep_their_order),
		cmocka_unit_test(values_that_need_escapes_are_refused),
		cmocka_unit_test(a_quote_in_single_quotes),
		cmocka_unit_test(random_texts),
	};

	return RUN_TESTS(tests);
}
