/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/mem.h"
#include "command/table.h"

static bool manual;

static const struct option_row options[] = {
	{"man", 0, OPTION_FLAG, &manual, 0, NULL, "print the manual page, in the man macros of troff"},
	{0},
};

static void print_overview(void)
{
	_cleanup_str_ struct str text = STR_INIT;
	const struct command *const *command;
	const struct exit_row *row;

	str_add(&text, "lazyjack COMMAND [OPTION ...]\n\n"
		       "Makes Linux nodes ready for an IPv6-only Kubernetes cluster from one YAML file, and puts\n"
		       "them back exactly as they were.\n\nCommands:\n");
	for (command = commands; *command; command++)
		str_addf(&text, "  %-10s %s\n", (*command)->name, (*command)->summary);
	str_add(&text, "\nOptions of every command:\n");
	options_help(global_rows, &text);
	str_add(&text,
		"\n'lazyjack help COMMAND' explains one of them. One dash is as good as two: the options of older\n"
		"versions (-logtostderr ...) are accepted, see 'lazyjack help help'.\n\nExit status:");
	for (row = exit_rows; row->text; row++)
		str_addf(&text, "\n  %d  %s", row->status, row->text);
	str_add(&text, "\n");
	fputs(text.s, stdout);
}

static void print_manual(const struct command *command)
{
	_cleanup_str_ struct str text = STR_INIT;

	manual_text(command, &text);
	fputs(text.s, stdout);
}

static int run_help(int argc, char **argv)
{
	const struct command *command = argc > 0 ? command_find(argv[0]) : NULL;
	const char *near;

	if (argc > 0 && command == NULL) {
		near = command_nearest(argv[0]);
		fprintf(stderr, "lazyjack: there is no command '%s'%s%s%s\n", argv[0], near ? ": did you mean '" : "",
			near ? near : "", near ? "'?" : "");
		return EXIT_USAGE;
	}
	if (manual)
		print_manual(command);
	else if (command)
		command_print_help(command);
	else
		print_overview();
	return EXIT_DONE;
}

const struct command command_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.summary = "Explain lazyjack, or one of its commands",
	.help = "Options stand before or behind the command. One dash or two make no difference before a name, nor do "
		"'_' and '-'\n"
		"in it; a value follows '=' or is the next word: --log-dir DIR, -log_dir=DIR. Letters may stand "
		"together: -nv.\n"
		"A flag may have '=true' or '=false'.\n\n"
		"-v counts: -vv is -v -v. With a number it is the level: -v 2, -v=2, -v2. The word behind it is a "
		"number only when\n"
		"it is all digits; a file of such a name is written ./2.\n\n"
		"The other options of glog, which older versions had, are accepted and have no effect, since log lines "
		"always go\n"
		"to standard error: -logtostderr, -alsologtostderr, -stderrthreshold LEVEL, -vmodule LIST, "
		"-log_backtrace_at PLACE.\n",
	.options = options,
	.run = run_help,
};
