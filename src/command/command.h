/* SPDX-License-Identifier: Apache-2.0 */
/* One row a command: dispatch, usage, help and man synopsis come from it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/option.h"

/* Exit statuses, documented in doc/COMMANDS.md; nothing else is ever returned. */
enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,	    /* wrong usage or configuration */
	EXIT_PREFLIGHT = 3, /* the machine is not ready; nothing was changed */
	EXIT_DRIFT = 4,	    /* status, verify, doctor: not as it should be */
};

/* Options that every command takes, before or after its name. */
struct global_options {
	const char *config; /* default "config.yaml" */
	const char *host;   /* node to act for; NULL: this machine's name */
	const char *log_dir;
	const char *state_dir; /* default STATE_DIRECTORY */
	bool json;
	bool dry_run;
	bool keep;
	bool help;
	unsigned int verbosity;
};

#define STATE_DIRECTORY "/var/lib/lazyjack" /* the journal */
#define LOCK_PATH "/run/lazyjack.lock"

extern struct global_options global;

struct command {
	const char *name;
	const char *arguments;		  /* "[NODE] [-- COMMAND ...]"; NULL: none. Completion reads it, too */
	const char *summary;		  /* one line for the list of commands */
	const char *help;		  /* the paragraphs of `help COMMAND` */
	bool keeps_dashes;		  /* "--" and what follows it belong to the command */
	const struct option_row *options; /* its own, ended by a row without name; NULL: none */
	/* `argv[0]` is the first argument behind the options. Returns an exit status; prints its own errors. */
	int (*run)(int argc, char **argv);
};

extern const struct command command_init, command_prepare, command_up, command_down, command_clean, command_status,
	command_restore, command_config, command_validate, command_verify, command_doctor, command_lab, command_nat64,
	command_completion, command_version, command_help, command_complete;
