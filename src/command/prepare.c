/* SPDX-License-Identifier: Apache-2.0 */
#include "command/checked.h"
#include "planner/planner.h"

static int run_prepare(int argc, char **argv)
{
	return checked_run("prepare", NULL, plan_prepare, NULL);
}

const struct command command_prepare = {
	.name = "prepare",
	.summary = "Make this node ready: addresses, routes, DNS64, NAT64, hosts, resolver, sysctls",
	.help = "Looks at the machine first, and changes nothing when the machine is not ready. Every "
		"change is\n"
		"written to the journal before it is made, so that a run may be interrupted at any moment: the next "
		"one goes on,\n"
		"and 'lazyjack clean' takes everything back. A second run changes nothing.\n",
	.run = run_prepare,
};
