/* SPDX-License-Identifier: Apache-2.0 */
#include "command/session.h"

static int run_restore(int argc, char **argv)
{
	struct session session;
	int status;

	status = session_open(&session, "restore", SESSION_ROOT | SESSION_LOCK);
	if (status == EXIT_DONE)
		status = session_restore(&session);
	session_close(&session);
	return status;
}

const struct command command_restore = {
	.name = "restore",
	.summary = "Bring back what a reboot took away (run by lazyjack-restore.service)",
	.help = "Applies again, from the journal, what the kernel forgets: links, addresses, routes, sysctls, "
		"namespaces, services.\n",
	.run = run_restore,
};
