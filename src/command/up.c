/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "command/checked.h"
#include "kube/kubeadm.h"
#include "planner/planner.h"

static bool no_kubeadm;

static const struct option_row options[] = {
	{"no-kubeadm", 0, OPTION_FLAG, &no_kubeadm, 0, NULL, "do everything but run kubeadm; print the exact command"},
	{0},
};

/* A dry run may show both commands' changes before either is made. */
static int need_prepare(struct session *session)
{
	_cleanup_free_ char *path = kubeadm_conf_path(session->cluster);
	_cleanup_err_ struct err err = ERR_INIT;

	if (global.dry_run || engine_has_record(&session->engine, "secret-file", path))
		return EXIT_DONE;
	err_set(&err, EINVAL, "this node is not prepared: run 'lazyjack prepare' first; nothing was changed");
	return session_fail(session, EXIT_PREFLIGHT, &err);
}

static void tell_command(struct session *session)
{
	_cleanup_str_ struct str command = STR_INIT;

	kubeadm_command(session->cluster, session->self, &command);
	event_note(session->engine.sink, "up", "the node is ready for kubeadm; the command is:");
	event_note(session->engine.sink, "up", "%s", str_text(&command));
}

static int run_up(int argc, char **argv)
{
	if (!no_kubeadm) {
		fputs("lazyjack: up: this version does not run kubeadm itself: use 'lazyjack up --no-kubeadm', which "
		      "does "
		      "everything else and prints the exact kubeadm command\n",
			stderr);
		return EXIT_USAGE;
	}
	return checked_run("up", need_prepare, plan_up, tell_command);
}

const struct command command_up = {
	.name = "up",
	.summary = "Connect this node's pods: CNI configuration, bridge, routes to the other nodes' pods",
	.help = "Needs 'lazyjack prepare' first. Other files in /etc/cni/net.d are set aside and put back by 'lazyjack "
		"down'.\n"
		"This version does not run kubeadm: --no-kubeadm has to be given, and the exact command is printed.\n",
	.options = options,
	.run = run_up,
};
