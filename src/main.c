/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "command/command.h"
#include "command/table.h"

struct global_options global = {
	.config = "config.yaml",
	.state_dir = STATE_DIRECTORY,
};

static int usage_error(const char *message)
{
	fprintf(stderr, "lazyjack: %s\n", message);
	return EXIT_USAGE;
}

/* The command's name may stand behind options: the first word that is none, and no option's value. */
static int find_name(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		const struct option_row *row;

		if (argv[i][0] != '-')
			return i;
		if (strcmp(argv[i], "--") == 0)
			break;
		if (strchr(argv[i], '='))
			continue;
		for (row = global_rows; row->name; row++) {
			bool same = argv[i][1] == '-' ? strcmp(argv[i] + 2, row->name) == 0
						      : argv[i][1] == row->letter && argv[i][2] == '\0';

			if (same && row->argument)
				i++;
		}
	}
	return 0;
}

static int unknown_command(const char *name)
{
	_cleanup_free_ char *message = NULL;
	const char *near = command_nearest(name);

	if (near)
		message = mem_printf("there is no command '%s': did you mean '%s'?", name, near);
	else
		message = mem_printf("there is no command '%s': see 'lazyjack help'", name);
	return usage_error(message);
}

/* With one of them closed, the next file opened (the journal, say) would take its number and get what is printed. */
static void fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/* What was done stays done, but somebody who reads the output must learn that part of it is missing. */
static int finish_output(int status)
{
	bool lost = ferror(stdout) != 0;

	errno = 0;
	if (fflush(stdout) == 0 && !lost)
		return status;
	fprintf(stderr, "lazyjack: cannot write to standard output%s%s\n", errno ? ": " : "",
		errno ? strerror(errno) : "");
	return status == EXIT_DONE ? EXIT_FAILED : status;
}

static int run(int argc, char **argv)
{
	const struct option_row *tables[] = {global_rows, NULL, NULL};
	_cleanup_err_ struct err err = ERR_INIT;
	const struct command *command;
	int at, i;

	at = find_name(argc, argv);
	if (at == 0) {
		/* Options alone: '--help' and '--version' are what people try first. */
		if (argc == 2 && strcmp(argv[1], "--version") == 0)
			return command_version.run(0, NULL);
		if (argc > 1 && strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0)
			return usage_error("no command given: see 'lazyjack help'");
		command_help.run(0, argv + argc);
		return argc > 1 ? EXIT_DONE : EXIT_USAGE;
	}
	command = command_find(argv[at]);
	if (command == NULL)
		return unknown_command(argv[at]);
	for (i = at; i > 1; i--)
		argv[i] = argv[i - 1];
	argc -= 2;
	argv += 2;
	tables[1] = command->options;
	if (options_parse(tables, &argc, argv, command->keeps_dashes, &err) < 0)
		return usage_error(err.msg);
	log_set_verbosity((int)global.verbosity);
	if (global.help) {
		command_print_help(command);
		return EXIT_DONE;
	}
	if (argc > 0 && command->arguments == NULL) {
		_cleanup_free_ char *message =
			mem_printf("'%s' takes no argument, but '%s' was given: see 'lazyjack help %s'", command->name,
				argv[0], command->name);

		return usage_error(message);
	}
	return command->run(argc, argv);
}

int main(int argc, char **argv)
{
	fill_standard_descriptors();
	return finish_output(run(argc, argv));
}
