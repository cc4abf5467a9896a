/* SPDX-License-Identifier: Apache-2.0 */
/* The table of all commands, and what is made from it. */
#pragma once

#include "command/command.h"

extern const struct command *const commands[]; /* NULL-terminated, in the order of a cluster's life */
extern const struct option_row global_rows[];
extern const struct option_row historic_rows[]; /* of every command as well; not shown in its help */

/* What the exit statuses mean; ended by a row without text. */
struct exit_row {
	int status;
	const char *text;
};
extern const struct exit_row exit_rows[];

/* By name, in any case, also those that are not in the table because no person types them; NULL when there is none. */
const struct command *command_find(const char *name);
const char *command_nearest(const char *name);

/* Where in the words the command's name stands: the first that is no option, nor the value of one. -1: nowhere. */
int command_locate(int argc, char *const *argv);

/* Synopsis, text and options of one command. */
void command_print_help(const struct command *command);

/* The manual page of a command, of lazyjack itself for NULL, in the man macros of troff. */
void manual_text(const struct command *command, struct str *ret);
