/* SPDX-License-Identifier: Apache-2.0 */
#include "command/table.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/str.h"

const struct command *const commands[] = {
	&command_validate,
	&command_config,
	&command_init,
	&command_prepare,
	&command_up,
	&command_verify,
	&command_doctor,
	&command_status,
	&command_down,
	&command_clean,
	&command_restore,
	&command_nat64,
	&command_lab,
	&command_completion,
	&command_version,
	&command_help,
	NULL,
};

/* glog's levels go on behind 2; what is higher says nothing more here. */
#define VERBOSITY_MAX 99

const struct option_row global_rows[] = {
	{"config", 'c', OPTION_TEXT, &global.config, 0, "FILE",
		"the cluster's configuration, or its https URL (default config.yaml)"},
	{"host", 0, OPTION_TEXT, &global.host, 0, "HOST", "the node to act for (default: this machine's host name)"},
	{"dry-run", 'n', OPTION_FLAG, &global.dry_run, 0, NULL, "show every change, make none"},
	{"keep", 0, OPTION_FLAG, &global.keep, 0, NULL, "when a step fails, keep what was done before it"},
	{"json", 0, OPTION_FLAG, &global.json, 0, NULL, "one JSON object a line, for programs"},
	{"verbose", 'v', OPTION_COUNT, &global.verbosity, VERBOSITY_MAX, NULL,
		"say more; twice, or -v 2: every program that is run"},
	{"log-dir", 0, OPTION_TEXT, &global.log_dir, 0, "DIR", "also write a full log into this directory"},
	{"help", 'h', OPTION_FLAG, &global.help, 0, NULL, "explain the command"},
	{0},
};

/*
 * What lazyjack 1.3 took from glog beside -v and -log_dir. Log lines always go to standard error, and with --log-dir to
 * a file as well, so these have no effect; a script that gives them goes on working.
 */
const struct option_row historic_rows[] = {
	{"logtostderr", 0, OPTION_FLAG},
	{"alsologtostderr", 0, OPTION_FLAG},
	{"stderrthreshold", 0, OPTION_TEXT, NULL, 0, "LEVEL", NULL,
		(const char *const[]){"INFO", "WARNING", "ERROR", "FATAL", "0", "1", "2", "3", NULL}},
	{"vmodule", 0, OPTION_TEXT, NULL, 0, "PATTERN=N,..."},
	{"log_backtrace_at", 0, OPTION_TEXT, NULL, 0, "FILE:LINE"},
	{0},
};

const struct exit_row exit_rows[] = {
	{EXIT_DONE, "done"},
	{EXIT_FAILED, "failed"},
	{EXIT_USAGE, "wrong usage or configuration"},
	{EXIT_PREFLIGHT, "the machine is not ready; nothing was changed"},
	{EXIT_DRIFT, "something is not as it should be (status, verify, doctor)"},
	{-1, NULL},
};

const struct command *command_find(const char *name)
{
	const struct command *const *command;

	for (command = commands; *command; command++)
		if (strcasecmp((*command)->name, name) == 0)
			return *command;
	return strcmp(name, command_complete.name) == 0 ? &command_complete : NULL;
}

int command_locate(int argc, char *const *argv)
{
	const struct option_row *tables[ARRAY_SIZE(commands) + 3] = {global_rows, historic_rows};
	const struct command *const *command;
	size_t n = 2;
	int i;

	for (command = commands; *command; command++)
		if ((*command)->options)
			tables[n++] = (*command)->options;
	for (i = 0; i < argc;) {
		if (strcmp(argv[i], "--") == 0)
			break;
		if (!option_like(argv[i]))
			return i;
		i += option_look(tables, argv[i], i + 1 < argc ? argv[i + 1] : NULL).words;
	}
	return -1;
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
