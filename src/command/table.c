/* SPDX-License-Identifier: Apache-2.0 */
#include "command/table.h"

#include <stdio.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"

const struct command *const commands[] = {
	&command_validate,
	&command_init,
	&command_prepare,
	&command_up,
	&command_verify,
	&command_status,
	&command_down,
	&command_clean,
	&command_restore,
	&command_lab,
	&command_version,
	&command_help,
	NULL,
};

const struct option_row global_rows[] = {
	{"config", 'c', OPTION_TEXT, &global.config, 0, "FILE", "the cluster's configuration (default config.yaml)"},
	{"host", 0, OPTION_TEXT, &global.host, 0, "NAME", "the node to act for (default: this machine's host name)"},
	{"dry-run", 'n', OPTION_FLAG, &global.dry_run, 0, NULL, "show every change, make none"},
	{"keep", 0, OPTION_FLAG, &global.keep, 0, NULL, "when a step fails, keep what was done before it"},
	{"json", 0, OPTION_FLAG, &global.json, 0, NULL, "one JSON object a line, for programs"},
	{"verbose", 'v', OPTION_COUNT, &global.verbosity, 0, NULL, "say more; twice: every program that is run"},
	{"log-dir", 0, OPTION_TEXT, &global.log_dir, 0, "DIR", "also write a full log into this directory"},
	{"help", 'h', OPTION_FLAG, &global.help, 0, NULL, "explain the command"},
	{0},
};

const struct command *command_find(const char *name)
{
	const struct command *const *command;

	for (command = commands; *command; command++)
		if (strcasecmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

const char *command_nearest(const char *name)
{
	const char *names[ARRAY_SIZE(commands)];
	size_t n = 0;

	for (; commands[n]; n++)
		names[n] = commands[n]->name;
	return str_nearest(name, names, n);
}

void command_print_help(const struct command *command)
{
	_cleanup_str_ struct str text = STR_INIT;

	str_addf(&text, "lazyjack %s%s%s [OPTION ...]\n\n%s.\n", command->name, command->arguments ? " " : "",
		command->arguments ? command->arguments : "", command->summary);
	if (command->help)
		str_addf(&text, "\n%s", command->help);
	if (command->options) {
		str_add(&text, "\nOptions of this command:\n");
		options_help(command->options, &text);
	}
	str_add(&text, "\nOptions of every command:\n");
	options_help(global_rows, &text);
	fputs(text.s, stdout);
}
