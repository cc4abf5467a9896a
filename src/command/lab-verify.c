/* SPDX-License-Identifier: Apache-2.0 */
#include "command/lab-verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "command/session.h"
#include "command/show-verdicts.h"
#include "lab/lab.h"

enum {
	READY_MS = 30000,
	CHECKS_MS = 300000, /* above what the slowest failures add up to, the minute for Kubernetes included */
	SERVE_MS = READY_MS + CHECKS_MS + 30000,
};

#define CONFIG "/root/config.yaml" /* on every node of a lab */

const char *lab_verify_url = "http://www.v4only.test/large";

/* One node with its two children. */
struct member {
	const char *name;
	struct run *server, *checker;
	bool ready;
	char *silent; /* why its server does not answer; NULL: it does */
	struct verdicts *verdicts;
	char *problem; /* what a child said about an error; NULL: nothing */
	bool complete; /* the checker's summary came */
};

/* With --json, errors are objects as well: {…, "state": "failed", "detail": "…"}. */
static void note_problem(struct member *member, const json_t *line)
{
	const char *detail = json_text(line, "detail");

	if (detail == NULL || !str_eq(json_text(line, "state"), "failed"))
		return;
	free(member->problem);
	member->problem = mem_strdup(detail);
}

static bool server_line(void *user, const char *text)
{
	_cleanup_json_ json_t *line = json_loads(text, 0, NULL);
	struct member *member = user;

	if (json_object_get(line, "serving"))
		member->ready = true;
	note_problem(member, line);
	return true;
}

static bool checker_line(void *user, const char *text)
{
	_cleanup_json_ json_t *line = json_loads(text, 0, NULL);
	struct member *member = user;

	if (json_object_get(line, "summary"))
		member->complete = true;
	else if (verdicts_add_json(member->verdicts, line) < 0)
		note_problem(member, line);
	return true;
}

static int start(struct member *member, const char *const *argv, bool (*on_line)(void *user, const char *line),
	int timeout_ms, struct run **ret, struct err *err)
{
	char **words;
	int r;

	r = lab_argv(member->name, argv, &words, err);
	if (r < 0)
		return r;
	r = run_start(&(struct run_options){.argv = (const char *const *)words,
			      .timeout_ms = timeout_ms,
			      .on_line = on_line,
			      .user = member},
		ret, err);
	lab_argv_free(words);
	return r < 0 ? err_wrap(err, "%s", member->name) : 0;
}

/* A child that ended without having done its work: whatever it said about it. */
static int died(const struct member *member, const struct run *run, const char *what, struct err *err)
{
	const struct run_result *result = run_result(run);
	const char *said = str_text(&result->err);

	return err_set(err, EIO, "%s: 'lazyjack %s' ended with status %d: %.*s", member->name, what, result->status,
		(int)(member->problem ? strlen(member->problem) : strcspn(said, "\n")),
		member->problem ? member->problem : said);
}

/* Note why a server does not answer, and see to it that it does not get into the way of the checks. */
static void give_up(struct member *member)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (run_ended(member->server))
		died(member, member->server, "verify --serve", &err);
	else
		err_set(&err, ETIMEDOUT, "%s: 'lazyjack verify --serve' was not ready within %d s", member->name,
			READY_MS / 1000);
	run_stop(member->server);
	member->silent = mem_strdup(err.msg);
	free(TAKE_PTR(member->problem));
}

/* How many servers are still to be waited for; those that ended, or (late) have not begun to answer, are not. */
static size_t awaited(struct member *members, size_t n, bool late)
{
	size_t i, left = 0;

	for (i = 0; i < n; i++) {
		struct member *member = &members[i];

		if (member->silent == NULL && (run_ended(member->server) || (late && !member->ready)))
			give_up(member);
		left += member->silent == NULL && !member->ready;
	}
	return left;
}

/* A node that cannot answer is a finding, which the others' checks tell as well: never the end of it all. */
static int serve_all(struct member *members, size_t n, struct run **runs, struct err *err)
{
	static const char *const argv[] = {"lazyjack", "verify", "--serve", "--json", "-c", CONFIG, NULL};
	int64_t deadline = clock_ms() + READY_MS;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		r = start(&members[i], argv, server_line, SERVE_MS, &members[i].server, err);
		runs[i] = members[i].server;
	}
	while (r == 0 && awaited(members, n, clock_left(deadline) == 0) > 0) {
		/* Short turns: a line that came does not end the wait. */
		run_wait(runs, n, 20);
		if (run_interrupted())
			return err_set(err, EINTR, "interrupted by a signal");
	}
	return r;
}

static int check_all(struct member *members, size_t n, struct run **runs, struct err *err)
{
	const char *const argv[] = {"lazyjack", "verify", "--json", "-c", CONFIG, "--url", lab_verify_url, NULL};
	size_t i, ended = 0;
	int r = 0;

	for (i = 0; i < n && r == 0; i++) {
		r = start(&members[i], argv, checker_line, CHECKS_MS, &members[i].checker, err);
		runs[i] = members[i].checker;
	}
	while (r == 0 && ended < n) {
		run_wait(runs, n, 1000);
		if (run_interrupted())
			return err_set(err, EINTR, "interrupted by a signal");
		for (i = 0, ended = 0; i < n; i++)
			ended += run_ended(runs[i]);
	}
	for (i = 0; i < n && r == 0; i++)
		if (!members[i].complete)
			r = died(&members[i], runs[i], "verify", err);
	return r;
}

static int drive(const struct lab *lab, struct verdicts *ret, struct err *err)
{
	struct member *members = mem_new(lab->n, sizeof(*members));
	struct verdicts *verdicts = mem_new(lab->n, sizeof(*verdicts));
	struct run **runs = mem_new(lab->n, sizeof(struct run *));
	size_t i;
	int r;

	for (i = 0; i < lab->n; i++)
		members[i] = (struct member){.name = lab->nodes[i], .verdicts = &verdicts[i]};
	r = serve_all(members, lab->n, runs, err);
	if (r == 0)
		r = check_all(members, lab->n, runs, err);
	for (i = 0; i < lab->n; i++) {
		struct member *member = &members[i];
		_cleanup_free_ char *pod = verdict_pod(member->name);

		if (member->silent)
			verdicts_add(ret, "pod", pod, pod, false, "%s", member->silent);
		/* In the lab's order, whoever was first. */
		verdicts_move(ret, member->verdicts);
		run_free(member->checker);
		run_free(member->server);
		free(member->problem);
		free(member->silent);
	}
	free(members);
	free(verdicts);
	free(runs);
	return r;
}

int lab_verify_main(int argc, char **argv)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	struct lab lab = {.nodes = NULL};
	struct session session;
	int status;

	status = session_open(&session, "lab verify", SESSION_ROOT);
	if (status == EXIT_DONE) {
		if (lab_open(&lab, &err) < 0 || drive(&lab, &verdicts, &err) < 0)
			status = session_fail(&session, EXIT_FAILED, &err);
		else
			status = show_verdicts(&verdicts);
		lab_done(&lab);
	}
	session_close(&session);
	return status;
}
