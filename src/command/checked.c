/* SPDX-License-Identifier: Apache-2.0 */
#include "command/checked.h"

#include <errno.h>

#include "preflight/facts.h"
#include "preflight/preflight.h"

static void tell_findings(struct session *session, const struct findings *findings)
{
	size_t i;

	for (i = 0; i < findings->n; i++) {
		const struct finding *finding = &findings->items[i];

		event_note(session->engine.sink, session->verb, "%s: %s: %s%s%s",
			finding->severity == SEVERITY_ERROR ? "error" : "warning", finding->id, finding->message,
			finding->cure ? ": " : "", finding->cure ? finding->cure : "");
	}
}

/* Returns EXIT_DONE when nothing stands in the way. */
static int look_first(struct session *session, const struct checked *checked, const struct facts *facts)
{
	_cleanup_findings_ struct findings findings = FINDINGS_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	const struct preflight what = {
		.node = session->node,
		.cluster = session->cluster,
		.self = session->self,
		.facts = facts,
		.state_directory = session->engine.state_directory,
		.kubeadm = checked->kubeadm && (session->self->roles & (ROLE_MASTER | ROLE_MINION)),
		.member = facts->membership != NULL,
	};
	int errors;

	errors = preflight_run(&what, session->verb, &findings, &err);
	if (errors != -EINTR)
		tell_findings(session, &findings);
	if (errors < 0)
		return session_fail(session, EXIT_FAILED, &err);
	if (errors == 0)
		return EXIT_DONE;
	err_set(&err, EINVAL, "this machine is not ready: %d thing%s to put right, see above; nothing%s%s was changed",
		errors, errors == 1 ? "" : "s", checked->changed ? " but " : "",
		checked->changed ? checked->changed : "");
	return session_fail(session, EXIT_PREFLIGHT, &err);
}

static int plan_and_apply(struct session *session, planner_fn *planner, const struct facts *facts)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	int r;

	r = planner(session->cluster, session->self, facts, &plan, &err);
	if (r < 0)
		return session_fail(session, r == -EINVAL ? EXIT_USAGE : EXIT_PREFLIGHT, &err);
	return session_apply(session, &plan);
}

int checked_run(const struct checked *checked)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct facts facts = {0};
	struct session session;
	int status;

	status = session_open(&session, checked->verb, SESSION_CONFIG | SESSION_ROOT | SESSION_LOCK);
	if (status == EXIT_DONE && checked->before)
		status = checked->before(&session);
	if (status == EXIT_DONE && facts_gather(session.node, session.cluster, session.self, &facts, &err) < 0)
		status = session_fail(&session, EXIT_FAILED, &err);
	if (status == EXIT_DONE) {
		facts.membership = session_member(&session);
		status = look_first(&session, checked, &facts);
	}
	if (status == EXIT_DONE)
		status = plan_and_apply(&session, checked->planner, &facts);
	if (status == EXIT_DONE && checked->after && !global.dry_run)
		status = checked->after(&session);
	facts_done(&facts);
	session_close(&session);
	return status == CHECKED_ENOUGH ? EXIT_DONE : status;
}
