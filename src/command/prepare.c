/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "command/checked.h"
#include "planner/install.h"
#include "planner/planner.h"
#include "preflight/install-facts.h"

#define INSTALL_VERB "prepare --install"

static bool install;

static const struct option_row options[] = {
	{"install", 0, OPTION_FLAG, &install, 0, NULL,
		"on Debian and Ubuntu: first install the packages that this node's roles need"},
	{0},
};

/* A dry run cannot look at what packages would have brought. */
static bool is_missing(struct session *session, const struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const struct step *step = &plan->steps[i];

		if (step->ops->inspect(step, session->node, true, NULL, NULL, NULL) == STEP_MISSING)
			return true;
	}
	return false;
}

static int run_install(struct session *session, const struct plan *plan, const char *missing)
{
	int status;

	/*
	 * A verb of its own: a later `prepare` without the option leaves the packages. Those that aren't needed any
	 * more go when nothing is left that needs them: forget_packages().
	 */
	session->verb = INSTALL_VERB;
	session->engine.leave_stale = !global.dry_run;
	status = session_apply(session, plan);
	session->engine.leave_stale = false;
	session->verb = "prepare";
	if (status != EXIT_DONE)
		return status;
	if (*missing)
		event_note(session->engine.sink, INSTALL_VERB,
			"apt has no %s: add Kubernetes' package repository (https://pkgs.k8s.io) and run it again, or "
			"install them by other means",
			missing);
	if (!global.dry_run || !is_missing(session, plan))
		return EXIT_DONE;
	event_note(session->engine.sink, INSTALL_VERB, "what 'prepare' would do then shows when they are installed");
	return CHECKED_ENOUGH;
}

static int plan_packages(const struct session *session, struct plan *ret, char **ret_missing, struct err *err)
{
	struct install_facts facts;
	int r = install_facts_gather(session->node, &facts, err);

	if (r < 0)
		return EXIT_FAILED;
	r = plan_install(session->cluster, session->self, &facts, ret, ret_missing, err);
	install_facts_done(&facts);
	return r < 0 ? EXIT_PREFLIGHT : EXIT_DONE;
}

/* The facts that the plan is made of are those of a machine with its packages. */
static int install_first(struct session *session)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_free_ char *missing = NULL;
	int status = plan_packages(session, &plan, &missing, &err);

	return status == EXIT_DONE ? run_install(session, &plan, missing) : session_fail(session, status, &err);
}

/* What a runtime or roles of earlier runs needed. */
static int forget_packages(struct session *session)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_free_ char *missing = NULL;
	int status = plan_packages(session, &plan, &missing, &err);

	if (status != EXIT_DONE)
		return session_fail(session, status, &err);
	session->verb = INSTALL_VERB;
	status = session_undo_stale(session, &plan);
	session->verb = "prepare";
	return status;
}

static int run_prepare(int argc, char **argv)
{
	return checked_run(&(struct checked){.verb = "prepare",
		.before = install ? install_first : NULL,
		.planner = plan_prepare,
		.after = install ? forget_packages : NULL,
		.changed = install ? "packages" : NULL});
}

const struct command command_prepare = {
	.name = "prepare",
	.summary = "Make this node ready: addresses, routes, DNS64, NAT64, hosts, resolver, sysctls",
	.help = "Looks at the machine first, and changes nothing when the machine is not ready. Every "
		"change is\n"
		"written to the journal before it is made, so that a run may be interrupted at any moment: the next "
		"one goes on,\n"
		"and 'lazyjack clean' takes everything back. A second run changes nothing.\n\n"
		"With --install the packages that the node's roles need are installed first, as far as their programs "
		"are missing;\n"
		"Kubernetes' own, from its package repository, are held at their version. 'lazyjack clean' removes "
		"what was\n"
		"installed, and what it brought along.\n",
	.options = options,
	.run = run_prepare,
};
