/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "command/table.h"
#include "fixture.h"

/* What main.c has in the program. */
struct global_options global;

static const struct option_row rows[] = {
	{"no-way", 'w', OPTION_TEXT, NULL, 0, "A-B", ".quoted \"so\""},
	{"old", 0, OPTION_FLAG},
	{0},
};

/* Everything that troff would take for its own. */
static const struct command odd = {
	.name = "odd",
	.arguments = "[.X]",
	.summary = "'Odd' text",
	.help = ".PP is no request\n'nor this\nback\\slash ~ ^ ` a-b\n\n  .term one  what it is\n  plain   "
		"'said'\n\nThe end.\n",
	.options = rows,
};

static void has(const struct str *text, const char *part)
{
	if (strstr(str_text(text), part) == NULL)
		fail_msg("not in the page: %s\n%s", part, str_text(text));
}

static void test_escapes(void **unused)
{
	_cleanup_str_ struct str text = STR_INIT;

	manual_text(&odd, &text);
	has(&text, "\nlazyjack\\-odd \\- \\&\\(aqOdd\\(aq text\n");
	has(&text, "\n\\&.PP is no request\n\\&\\(aqnor this\nback\\eslash \\(ti \\(ha \\(ga a\\-b\n.PP\n");
	has(&text, "\n.TP\n.B \\&.term one\nwhat it is\n.TP\n.B plain\n\\&\\(aqsaid\\(aq\n.PP\nThe end.\n");
	has(&text, "\n.TP\n\\fB\\-w\\fR, \\fB\\-\\-no\\-way\\fR \\fIA\\-B\\fR\n\\&.quoted \\(dqso\\(dq.\n");
	assert_null(strstr(text.s, "\\-\\-old"));
}

/* Outside of escapes no line begins with a control character but those of the macros used here. */
static void test_every_page_has_only_known_requests(void **unused)
{
	static const char *const known[] = {".\\\" ", ".TH ", ".SH ", ".TP\n", ".PP\n", ".B ", ".BR ", ".I ", ".nh\n"};
	const struct command *const *command = commands;
	const char *line;

	for (;; command++) {
		_cleanup_str_ struct str text = STR_INIT;

		manual_text(*command, &text); /* the last one is that of lazyjack itself */
		for (line = text.s; line[0]; line = strchr(line, '\n') + 1) {
			size_t i;

			for (i = 0; i < ARRAY_SIZE(known) && !str_starts(line, known[i]); i++)
				;
			if (strchr(".'", line[0]) && i == ARRAY_SIZE(known))
				fail_msg("a request that is not ours: %.40s", line);
		}
		if (*command == NULL)
			return;
	}
}

static void test_overview_lists_commands(void **unused)
{
	_cleanup_str_ struct str text = STR_INIT;
	const struct command *const *command;

	manual_text(NULL, &text);
	for (command = commands; *command; command++) {
		_cleanup_free_ char *name = mem_printf("\n.TP\n\\fB%s\\fR", (*command)->name);
		_cleanup_free_ char *reference = mem_printf("\n.BR lazyjack\\-%s (1)", (*command)->name);

		has(&text, name);
		has(&text, reference);
	}
	has(&text, "\\fB\\-logtostderr\\fR, ");
	has(&text, "\\fB\\-log_backtrace_at\\fR");
	has(&text, "\n.SH EXIT STATUS\n.TP\n.B 0\ndone.\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_every_page_has_only_known_requests),
		cmocka_unit_test(test_overview_lists_commands),
	};

	return RUN_TESTS(tests);
}
