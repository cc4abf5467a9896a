/* SPDX-License-Identifier: Apache-2.0 */
#include "command/session.h"

/* What takes a verb's changes back, and the verbs whose records it undoes: all of them when there is no list. */
static int run_undo(const char *verb, const char *const *verbs)
{
	struct session session;
	int status;

	status = session_open(&session, verb, SESSION_ROOT | SESSION_LOCK);
	if (status == EXIT_DONE)
		status = session_undo(&session, verbs);
	session_close(&session);
	return status;
}

static int run_down(int argc, char **argv)
{
	static const char *const verbs[] = {"up", "up --kubeconfig", "verify", "serve", NULL};

	return run_undo("down", verbs);
}

static int run_clean(int argc, char **argv)
{
	return run_undo("clean", NULL);
}

const struct command command_down = {
	.name = "down",
	.summary = "Undo 'up': leave the cluster; pod routes, bridge, CNI files",
	.help = "Works from the journal: the configuration is not read. What someone else changed meanwhile is left, "
		"and named.\n",
	.run = run_down,
};

const struct command command_clean = {
	.name = "clean",
	.summary = "Undo everything: this machine is again as it was before lazyjack",
	.help = "Works from the journal, so also when the configuration has changed or gone, and after an interrupted "
		"run. What\n"
		"someone else changed meanwhile is left, and named.\n",
	.run = run_clean,
};
