/* SPDX-License-Identifier: Apache-2.0 */
#include "command/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "config/read.h"
#include "kube/membership.h"
#include "resource/kinds.h"

static void print_diagnostics(const struct session *session, const struct diagnostics *diagnostics)
{
	_cleanup_str_ struct str text = STR_INIT;

	diagnostics_format(diagnostics, session->config_text, global.json, &text);
	fputs(str_text(&text), global.json ? stdout : stderr);
}

static int load_config(struct session *session, struct err *err)
{
	_cleanup_free_ char *shown = config_shown_name(global.config);
	struct diagnostics diagnostics = {0};
	int status = EXIT_DONE, r;

	r = config_read(global.config, &session->config_text, &session->config_len, err);
	if (r < 0)
		return EXIT_USAGE;
	session->config = config_parse(session->config_text, session->config_len, shown, &diagnostics);
	/* Of a half-read file every key behind the gap would be called missing. */
	if (session->config->complete)
		session->cluster = cluster_new(session->config, &diagnostics);
	diagnostics_sort(&diagnostics);
	if (diagnostics.n > 0)
		print_diagnostics(session, &diagnostics);
	if (session->cluster == NULL) {
		err_set(err, EINVAL, "'%s' has %u error%s: nothing was changed", shown, diagnostics.errors,
			diagnostics.errors == 1 ? "" : "s");
		status = EXIT_USAGE;
	}
	diagnostics_done(&diagnostics);
	return status;
}

static int find_self(struct session *session, const char *hostname, struct err *err)
{
	session->self = cluster_select(session->cluster, global.host, hostname, err);
	return session->self ? EXIT_DONE : EXIT_USAGE;
}

static int open_parts(struct session *session, unsigned int needs, const char *hostname, struct err *err)
{
	int status;

	if ((needs & SESSION_ROOT) && geteuid() != 0) {
		err_set(err, EPERM, "it has to run as root: put 'sudo' in front");
		return EXIT_PREFLIGHT;
	}
	if (needs & SESSION_CONFIG) {
		status = load_config(session, err);
		if (status == EXIT_DONE)
			status = find_self(session, hostname, err);
		if (status != EXIT_DONE)
			return status;
	}
	if ((needs & SESSION_LOCK) && !global.dry_run && session_lock(session, err) < 0)
		return EXIT_FAILED;
	return EXIT_DONE;
}

int session_open(struct session *session, const char *verb, unsigned int needs)
{
	_cleanup_err_ struct err err = ERR_INIT;
	char hostname[256] = "";
	int status;

	gethostname(hostname, sizeof(hostname) - 1);
	*session = (struct session){
		.verb = verb,
		.node = node_new(""),
		.report = report_new(report_style_pick(global.json), global.host ? global.host : hostname,
			global.verbosity, global.dry_run),
	};
	session->engine = (struct engine_settings){
		.node = session->node,
		.state_directory = global.state_dir,
		.kinds = step_kinds,
		.sink = report_sink(session->report),
		.dry_run = global.dry_run,
		.keep = global.keep,
	};
	node_listen(session->node, report_sink(session->report), verb);
	if (global.log_dir && log_open(global.log_dir, verb, &err) < 0)
		return session_fail(session, EXIT_USAGE, &err);
	run_catch_signals();
	status = open_parts(session, needs, hostname, &err);
	return status == EXIT_DONE ? EXIT_DONE : session_fail(session, status, &err);
}

int session_lock(struct session *session, struct err *err)
{
	return session->lock ? 0 : lock_take(LOCK_PATH, session->verb, &session->lock, err);
}

void session_unlock(struct session *session)
{
	lock_release(TAKE_PTR(session->lock));
}

static int finish(struct session *session, int r, const struct engine_result *result, const struct err *err)
{
	report_summary(session->report, &(struct report_summary){
						.verb = session->verb,
						.changed = result->changed,
						.unchanged = result->unchanged,
						.reverted = result->reverted,
						.left = result->left,
						.failed = r < 0,
					});
	return r < 0 ? session_fail(session, EXIT_FAILED, err) : EXIT_DONE;
}

int session_apply(struct session *session, const struct plan *plan)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct engine_result result = {0};
	int r = engine_apply(&session->engine, session->verb, plan, &result, &err);

	return finish(session, r, &result, &err);
}

int session_undo_stale(struct session *session, const struct plan *plan)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct engine_result result = {0};
	int r = engine_undo_stale(&session->engine, session->verb, plan, &result, &err);

	return r == 0 && result.reverted == 0 && result.left == 0 ? EXIT_DONE : finish(session, r, &result, &err);
}

int session_undo(struct session *session, const char *const *verbs)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct engine_result result = {0};
	int r = engine_undo(&session->engine, session->verb, verbs, &result, &err);

	return finish(session, r, &result, &err);
}

int session_restore(struct session *session)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct engine_result result = {0};
	int r = engine_restore(&session->engine, &result, &err);

	return finish(session, r, &result, &err);
}

const char *session_member(const struct session *session)
{
	static const char *const actions[] = {KUBEADM_INIT, KUBEADM_JOIN, KUBEADM_JOIN_MASTER};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(actions); i++)
		if (engine_has_record(&session->engine, "kubeadm", actions[i]))
			return actions[i];
	return NULL;
}

int session_fail(struct session *session, int status, const struct err *err)
{
	report_error(session->report, session->verb, err);
	return status;
}

void session_close(struct session *session)
{
	session_unlock(session);
	cluster_free(session->cluster);
	config_free(session->config);
	if (session->config_text)
		explicit_bzero(session->config_text, session->config_len); /* it may hold the token */
	free(session->config_text);
	node_free(session->node);
	report_free(session->report);
	log_close();
	*session = (struct session){0};
}
