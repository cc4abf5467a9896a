/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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

/* Options alone: '--help' and '--version' are what people try first. */
static int run_without_command(int argc, char **argv)
{
	bool version = false;
	const struct option_row alone[] = {{"version", 0, OPTION_FLAG, &version}, {0}};
	const struct option_row *const tables[] = {global_rows, historic_rows, alone, NULL};
	_cleanup_err_ struct err err = ERR_INIT;
	bool bare = argc == 0;

	if (options_parse(tables, &argc, argv, false, &err) < 0)
		return usage_error(err.msg);
	if (version)
		return command_version.run(0, argv + argc);
	if (!bare && !global.help)
		return usage_error("no command given: see 'lazyjack help'");
	command_help.run(0, argv + argc);
	return bare ? EXIT_USAGE : EXIT_DONE;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	const struct option_row *const tables[] = {global_rows, historic_rows, command->options, NULL};
	_cleanup_err_ struct err err = ERR_INIT;

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

/* `argv` without the program's name. */
static int run(int argc, char **argv)
{
	const struct command *command;
	int at = command_locate(argc, argv), i;

	if (at < 0)
		return run_without_command(argc, argv);
	command = command_find(argv[at]);
	if (command == NULL)
		return unknown_command(argv[at]);
	for (i = at; i > 0; i--)
		argv[i] = argv[i - 1];
	return run_command(command, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	fill_standard_descriptors();
	return finish_output(run(argc > 0 ? argc - 1 : 0, argv + (argc > 0)));
}
