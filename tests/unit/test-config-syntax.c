/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "fixture.h"

struct found {
	unsigned int line, column; /* line 0 ends the list */
	const char *message;
	const char *hint; /* NULL: not looked at */
};

struct syntax_case {
	const char *text;
	bool complete;
	struct found found[4]; /* all of them */
};

static const struct syntax_case cases[] = {
	/* tabs: nothing else is lost where a section has tabs alone */
	{"general:\n\tmode: ipv7\npod_net:\n  mtu: 1\n", true,
		{{2, 1, "tab used for indentation", "indent with blanks"}, {2, 8, "'ipv7'"},
			{4, 8, "'1' is out of range"}}},
	{"topology:\n\ta:\n\t\tid: x\n", true,
		{{2, 1, "tab used"}, {3, 1, "tab used"}, {3, 7, "topology.a.id: 'x' is not a number"}}},
	{"general:\n  mode: ipv7\n\tplugin: x\npod_net:\n  mtu: 1\n", false,
		{{3, 1, "tab used"}, {5, 8, "'1' is out of range"}}},
	{"general:\n  \tmode: ipv6\n", false, {{2, 3, "tab used"}}},
	/* tabs that do no harm */
	{"general:\n\t\n  mode: ipv6\t# note\n \t # note\n\t# note\n  plugin:\tptp\n", true, {{0}}},
	/* one section's error doesn't hide another's, nor what stands before it */
	{"general:\n  modee: x\n  mode: \"ipv6\n  plugin: y\npod_net:\n  mtu: 1\n", false,
		{{2, 3, "unknown key 'modee'"}, {3, 10, "syntax error", "quote"}, {6, 8, "out of range"}}},
	{"topology:\n  a:\n    id:3\n    interface: eth0\npod_net:\n  mtu: @1\nnat64:\n  ip: x\n", false,
		{{3, 5, "syntax error", "put a blank behind ':'"},
			{6, 8, "syntax error: plain scalar cannot start with '@'", "double quotes"},
			{8, 7, "'x' is not an IP address"}}},
	{"general: {mode: ipv6\npod_net:\n  mtu: 1\n", false,
		{{1, 10, "syntax error: '{' is not closed", "close it"}, {3, 8, "out of range"}}},
	{"mgmt_net:\n  cidr: fd00::\npod_net:\n  mtu: 1\n", false,
		{{2, 14, "syntax error", "double quotes"}, {4, 8, "out of range"}}},
	{"general:\n mode: x\n   plugin: ptp\n", false, {{2, 8, "syntax error"}}},
	{"general:\n    mode: ipv6\n  plugin: ptp\n", false, {{3, 3, "syntax error", "indentation"}}},
	{"a\n", false, {{1, 1, "must be a mapping of sections"}}},
	{"general:\n  mode: \"ip\\qv6\"\n", false, {{2, 12, "syntax error: invalid escape"}}},
	{"general:\n  mode: 'a''b\n    c'\n", false, {{2, 9, "must be on one line"}}},
};

static bool matches(const struct syntax_case *c, const struct diagnostics *list, const struct config *config)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct diagnostic *item = &list->items[i];
		const struct found *f = &c->found[i];

		if (i == ARRAY_SIZE(c->found) || f->line == 0 || item->mark.line != f->line ||
			item->mark.column != f->column || strstr(item->message, f->message) == NULL ||
			(f->hint && (item->hint == NULL || strstr(item->hint, f->hint) == NULL)))
			return false;
	}
	return (i == ARRAY_SIZE(c->found) || c->found[i].line == 0) && config->complete == c->complete;
}

static void syntax_errors(void **state)
{
	unsigned int failed = 0;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct diagnostics diagnostics = {0};
		struct config *config = config_parse(cases[i].text, strlen(cases[i].text), "c.yaml", &diagnostics);

		if (!matches(&cases[i], &diagnostics, config)) {
			failed++;
			print_message("# row %zu, complete %d:\n", i, config->complete);
			for (j = 0; j < diagnostics.n; j++)
				print_message("# %u:%u %s (%s)\n", diagnostics.items[j].mark.line,
					diagnostics.items[j].mark.column, diagnostics.items[j].message,
					diagnostics.items[j].hint ? diagnostics.items[j].hint : "-");
		}
		config_free(config);
		diagnostics_done(&diagnostics);
	}
	assert_int_equal(failed, 0);
}

/* However much is wrong, reading ends, and says something. */
static void many_syntax_errors(void **state)
{
	struct diagnostics diagnostics = {0};
	_cleanup_str_ struct str text = STR_INIT;
	struct config *config;
	unsigned int i;

	for (i = 0; i < 500; i++)
		str_addf(&text, "key-%u: \"\\q\n", i);
	config = config_parse(text.s, text.len, "c.yaml", &diagnostics);
	assert_false(config->complete);
	assert_true(diagnostics.errors >= 10);
	config_free(config);
	diagnostics_done(&diagnostics);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(syntax_errors),
		cmocka_unit_test(many_syntax_errors),
	};

	return RUN_TESTS(tests);
}
