/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/mem.h"
#include "command/table.h"

static void print_overview(void)
{
	_cleanup_str_ struct str text = STR_INIT;
	const struct command *const *command;

	str_add(&text, "lazyjack COMMAND [OPTION ...]\n\n"
		       "Makes Linux nodes ready for an IPv6-only Kubernetes cluster from one YAML file, and puts\n"
		       "them back exactly as they were.\n\nCommands:\n");
	for (command = commands; *command; command++)
		str_addf(&text, "  %-10s %s\n", (*command)->name, (*command)->summary);
	str_add(&text, "\nOptions of every command:\n");
	options_help(global_rows, &text);
	str_add(&text, "\n'lazyjack help COMMAND' explains one of them.\n"
		       "Exit status: 0 done, 1 failed, 2 wrong usage or configuration, 3 the machine is not ready,\n"
		       "4 something is not as it should be (status, verify).\n");
	fputs(text.s, stdout);
}

static int run_help(int argc, char **argv)
{
	const struct command *command;
	const char *near;

	if (argc == 0) {
		print_overview();
		return EXIT_DONE;
	}
	command = command_find(argv[0]);
	if (command) {
		command_print_help(command);
		return EXIT_DONE;
	}
	near = command_nearest(argv[0]);
	fprintf(stderr, "lazyjack: there is no command '%s'%s%s%s\n", argv[0], near ? ": did you mean '" : "",
		near ? near : "", near ? "'?" : "");
	return EXIT_USAGE;
}

const struct command command_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.summary = "Explain lazyjack, or one of its commands",
	.run = run_help,
};
