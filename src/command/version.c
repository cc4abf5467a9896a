/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "command/command.h"

static int run_version(int argc, char **argv)
{
	if (global.json)
		puts("{\"version\":\"" LAZYJACK_VERSION "\"}");
	else
		puts("lazyjack " LAZYJACK_VERSION);
	return EXIT_DONE;
}

const struct command command_version = {
	.name = "version",
	.summary = "Print the version of lazyjack",
	.run = run_version,
};
