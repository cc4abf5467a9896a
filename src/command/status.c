/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "command/session.h"

struct counts {
	unsigned int total, wrong;
};

static void print_row(void *user, const struct engine_status *status)
{
	struct counts *counts = user;
	bool fine = str_eq(status->state, "in-place") || str_eq(status->state, "foreign");

	counts->total++;
	counts->wrong += !fine;
	if (global.json) {
		_cleanup_json_ json_t *row =
			json_make("{s:s,s:s,s:s}", "kind", status->kind, "what", status->what, "state", status->state);
		_cleanup_free_ char *line = json_line(row);

		puts(line);
	} else if (!fine || global.verbosity > 0) {
		printf("%-9s %s %s%s%s (by %s)\n", status->state, status->kind, status->what,
			status->detail ? ": " : "", status->detail ? status->detail : "", status->verb);
	}
}

static void print_summary(const struct counts *counts)
{
	if (global.json)
		return;
	if (counts->total == 0)
		puts("status: nothing of lazyjack is on this machine");
	else if (counts->wrong == 0)
		printf("status: all %u things are in place%s\n", counts->total,
			global.verbosity ? "" : " (-v lists them)");
	else
		printf("status: %u of %u things are not as lazyjack left them; 'lazyjack prepare' or 'up' puts them "
		       "right\n",
			counts->wrong, counts->total);
}

static int run_status(int argc, char **argv)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct counts counts = {0};
	struct session session;
	int status;

	status = session_open(&session, "status", SESSION_ROOT);
	if (status == EXIT_DONE && engine_compare(&session.engine, print_row, &counts, &err) < 0)
		status = session_fail(&session, EXIT_FAILED, &err);
	if (status == EXIT_DONE) {
		print_summary(&counts);
		status = counts.wrong ? EXIT_DRIFT : EXIT_DONE;
	}
	session_close(&session);
	return status;
}

const struct command command_status = {
	.name = "status",
	.summary = "Compare this machine with the journal: in place, missing, drifted",
	.help = "Exit status 4 when something is missing or drifted. 'foreign' is what was so before lazyjack came and "
		"stays.\n",
	.run = run_status,
};
