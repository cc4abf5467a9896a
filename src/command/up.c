/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "command/checked.h"
#include "kube/membership.h"
#include "planner/planner.h"
#include "resource/kinds.h"

#define ADMIN_CONF "/etc/kubernetes/admin.conf"
#define KUBECONFIG_VERB "up --kubeconfig"

static bool no_kubeadm, kubeconfig;

static const struct option_row options[] = {
	{"no-kubeadm", 0, OPTION_FLAG, &no_kubeadm, 0, NULL, "do everything but run kubeadm; print the exact command"},
	{"kubeconfig", 0, OPTION_FLAG, &kubeconfig, 0, NULL,
		"on the master: add the cluster to your ~/.kube/config (with sudo: the invoking user's)"},
	{0},
};

static int refuse(struct session *session, int status, const char *text)
{
	_cleanup_err_ struct err err = ERR_INIT;

	err_set(&err, EINVAL, "%s; nothing was changed", text);
	return session_fail(session, status, &err);
}

/*
 * A plan without the step by which this node became a member would end its membership; that is what `down` is for, not
 * an option or a line of the configuration.
 */
static int keep_membership(struct session *session)
{
	const char *member = session_member(session);

	if (member == NULL)
		return EXIT_DONE;
	if (no_kubeadm)
		return refuse(session, EXIT_USAGE,
			"this node is a member of its cluster already: run 'lazyjack up' without '--no-kubeadm', or "
			"'lazyjack down' first");
	if (str_eq(member, kubeadm_membership(session->cluster, session->self, member)))
		return EXIT_DONE;
	return refuse(session, EXIT_USAGE,
		"this node is a member of its cluster in another role than the configuration gives it now: 'lazyjack "
		"down' first");
}

/* A dry run may show both commands' changes before either is made. */
static int before(struct session *session)
{
	_cleanup_free_ char *path = kubeadm_conf_path(session->cluster);

	if (kubeconfig && !(session->self->roles & ROLE_MASTER))
		return refuse(session, EXIT_USAGE, "'--kubeconfig' is for a master: only there is a kubeconfig to add");
	if (!global.dry_run && !engine_has_record(&session->engine, "secret-conffile", path))
		return refuse(session, EXIT_PREFLIGHT, "this node is not prepared: run 'lazyjack prepare' first");
	return keep_membership(session);
}

static int tell_command(struct session *session)
{
	_cleanup_str_ struct str command = STR_INIT;

	kubeadm_command(session->cluster, session->self, &command);
	event_note(session->engine.sink, "up", "the node is ready for kubeadm; the command is:");
	event_note(session->engine.sink, "up", "%s", str_text(&command));
	return EXIT_DONE;
}

/* Who called sudo, else root. */
static const struct passwd *invoking_user(void)
{
	const char *name = getenv("SUDO_USER");
	const struct passwd *user = name && *name ? getpwnam(name) : NULL;

	return user ? user : getpwuid(geteuid());
}

static int add_kubeconfig(struct session *session)
{
	const struct passwd *user = invoking_user();
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_free_ char *path = NULL;

	if (user == NULL)
		return refuse(session, EXIT_FAILED, "cannot tell whose ~/.kube/config '--kubeconfig' means");
	path = mem_printf("%s/.kube/config", user->pw_dir);
	plan_add(&plan, step_kubeconfig(path, ADMIN_CONF, user->pw_uid, user->pw_gid));
	/* A verb of its own: a later `up` without the option leaves it. */
	session->verb = KUBECONFIG_VERB;
	return session_apply(session, &plan);
}

static int tell_end(struct session *session)
{
	const struct cluster *cluster = session->cluster;

	if (!cluster_makes_network(cluster) && cluster->plugin_manifest == NULL &&
		session->self == cluster_with_role(cluster, ROLE_MASTER))
		event_note(session->engine.sink, "up",
			"general.plugin is '%s' and there is no general.plugin-manifest: the nodes stay NotReady until "
			"a network plugin is installed in the cluster",
			cluster->plugin);
	return kubeconfig ? add_kubeconfig(session) : EXIT_DONE;
}

static int run_up(int argc, char **argv)
{
	const struct checked network = {
		.verb = "up", .before = before, .planner = plan_up_network, .after = tell_command};
	const struct checked whole = {
		.verb = "up", .before = before, .planner = plan_up, .after = tell_end, .kubeadm = true};

	if (no_kubeadm && kubeconfig) {
		fputs("lazyjack: up: '--kubeconfig' needs a cluster: leave '--no-kubeadm' out\n", stderr);
		return EXIT_USAGE;
	}
	return checked_run(no_kubeadm ? &network : &whole);
}

const struct command command_up = {
	.name = "up",
	.summary = "Join this node to its cluster: CNI configuration, pod routes, kubeadm init or join",
	.help = "Needs 'lazyjack prepare' first, and on minions the API server of the master, which is waited for. "
		"Other "
		"files in\n"
		"/etc/cni/net.d are set aside and put back by 'lazyjack down'. kubeadm reads kubeadm.conf in the work "
		"area "
		"as it is;\n"
		"its output is shown, and kept in kubeadm/kubeadm.log there. It has general.kubeadm-timeout seconds "
		"(default 600).\n",
	.options = options,
	.run = run_up,
};
