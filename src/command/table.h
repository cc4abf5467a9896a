/* SPDX-License-Identifier: Apache-2.0 */
/* The table of all commands, and what is made from it. */
#pragma once

#include "command/command.h"

extern const struct command *const commands[]; /* NULL-terminated, in the order of a cluster's life */
extern const struct option_row global_rows[];

/* By name, in any case; NULL when there is none. */
const struct command *command_find(const char *name);
const char *command_nearest(const char *name);

/* Synopsis, text and options of one command. */
void command_print_help(const struct command *command);
