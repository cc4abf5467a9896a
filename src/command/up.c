/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "command/checked.h"
#include "kube/kubeadm.h"
#include "planner/planner.h"

static bool no_kubeadm;

static const struct option_row options[] = {
	{"no-kubeadm", 0, OPTION_FLAG, &no_kubeadm, 0, NULL, "do everything but run kubeadm; print the exact command"},
	{0},
};

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
	return checked_run("up", plan_up, tell_command);
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
