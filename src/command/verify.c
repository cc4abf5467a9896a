/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "command/session.h"
#include "command/show-verdicts.h"
#include "verify/checks.h"
#include "verify/greeting.h"
#include "verify/pod.h"
#include "verify/responder.h"

/* Also the names of their network namespaces. Both may be there at the same time on one node. */
#define POD_LOOKS "lazyjack-verify"
#define POD_SERVES "lazyjack-serve"

enum { LOCK_WAIT_MS = 30000 };

static bool serve;
static const char *url_text = VERIFY_URL;
static unsigned long port = GREETING_PORT, seconds;

static const struct option_row options[] = {
	{"serve", 0, OPTION_FLAG, &serve, 0, NULL, "answer the other nodes' checks until stopped"},
	{"for", 0, OPTION_NUMBER, &seconds, 86400, "SECONDS", "with --serve: stop after that long"},
	{"url", 0, OPTION_TEXT, &url_text, 0, "URL", "what to fetch through NAT64 (default " VERIFY_URL ")"},
	{"port", 0, OPTION_NUMBER, &port, 65535, "N",
		"TCP port of the responders, the same on all nodes (default 10264)"},
	{0},
};

/* The node is locked only while the pod is made and undone, so that checks may run beside a server. */
static int wait_for_lock(struct session *session, struct err *err)
{
	int64_t deadline = clock_ms() + LOCK_WAIT_MS;
	int r;

	while ((r = session_lock(session, err)) == -EBUSY && clock_left(deadline) > 0) {
		err_done(err);
		clock_pause(50);
	}
	return r;
}

static int make_pod(struct session *session, const char *name, struct address *ret, struct err *err)
{
	int r = wait_for_lock(session, err);

	if (r < 0)
		return r;
	r = pod_make(&session->engine, session->verb, name, session->cluster->pod[0].address.family, ret, err);
	session_unlock(session);
	return r;
}

static int undo_pod(struct session *session, int status)
{
	_cleanup_err_ struct err err = ERR_INIT;
	int r;

	r = wait_for_lock(session, &err);
	if (r == 0)
		r = pod_undo(&session->engine, session->verb, &err);
	session_unlock(session);
	return r < 0 ? session_fail(session, EXIT_FAILED, &err) : status;
}

static int look(struct session *session)
{
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	struct checks checks = {
		.node = session->node, .cluster = session->cluster, .self = session->self, .port = (uint16_t)port};
	struct address address;
	struct url url;
	int status = EXIT_DONE;

	if (url_parse(url_text, &url, &err) < 0)
		return session_fail(session, EXIT_USAGE, &err);
	checks.url = &url;
	if (make_pod(session, POD_LOOKS, &address, &err) < 0)
		checks.pod_problem = err.msg;
	else
		checks.pod = POD_LOOKS;
	if (!run_interrupted())
		check_nodes(&checks, &verdicts);
	if (!run_interrupted())
		check_outside(&checks, &verdicts);
	if (!run_interrupted())
		status = show_verdicts(&verdicts);
	status = undo_pod(session, status);
	if (run_interrupted()) {
		err_set(&err, EINTR, "interrupted by a signal");
		status = session_fail(session, EXIT_FAILED, &err);
	}
	return status;
}

static void say_serving(const struct session *session, const struct address *pod)
{
	_cleanup_str_ struct str where = STR_INIT;
	char mgmt[ADDRESS_TEXT_MAX], text[ADDRESS_TEXT_MAX];
	const struct address *address = &session->self->mgmt[0].address;

	address_host_port(address, (unsigned int)port, &where);
	if (global.json) {
		_cleanup_json_ json_t *json = json_make("{s:{s:s,s:s,s:I,s:s?}}", "serving", "node",
			session->self->name, "address", address_text(address, mgmt), "port", (json_int_t)port, "pod",
			pod ? address_text(pod, text) : NULL);
		_cleanup_free_ char *line = json_line(json);

		puts(line);
	} else {
		printf("serving: %s on %s, pod %s; stop with ^C\n", session->self->name, where.s,
			pod ? address_text(pod, text) : "missing");
	}
	fflush(stdout);
}

static int answer(struct session *session, const struct address *pod)
{
	_cleanup_close_ int here = -1;
	_cleanup_close_ int there = -1;
	_cleanup_err_ struct err err = ERR_INIT;
	int listeners[2], r;

	r = responder_listen(session->node, NULL, &session->self->mgmt[0].address, (uint16_t)port, &here, &err);
	if (r == 0 && pod)
		r = responder_listen(session->node, POD_SERVES, pod, (uint16_t)port, &there, &err);
	if (r < 0)
		return session_fail(session, EXIT_FAILED, &err);
	say_serving(session, pod);
	listeners[0] = here;
	listeners[1] = there;
	responder_run(
		listeners, pod ? 2 : 1, session->self->name, pod, seconds ? clock_ms() + (int64_t)seconds * 1000 : 0);
	return EXIT_DONE;
}

static int serve_others(struct session *session)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct address pod;
	int r = make_pod(session, POD_SERVES, &pod, &err);

	if (run_interrupted())
		return undo_pod(session, EXIT_DONE);
	/* Without a pod it still answers, so that the others can tell why theirs cannot reach it. */
	if (r < 0)
		log_warning("there is no pod to serve from: %s", err.msg);
	return undo_pod(session, answer(session, r < 0 ? NULL : &pod));
}

static int show_plan(struct session *session)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	pod_plan(serve ? POD_SERVES : POD_LOOKS, &plan);
	return session_apply(session, &plan);
}

static int run_checked_out(struct session *session)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct lock *lock = NULL;
	int status;

	if (port == 0)
		err_set(&err, EINVAL, "'0' is no value for '--port': a number from 1 to 65535 is wanted");
	else if (seconds && !serve)
		err_set(&err, EINVAL, "'--for' is of use with '--serve' only");
	else if (session->cluster->mode != MODE_IPV6)
		err_set(&err, EINVAL, "this version verifies clusters with 'general.mode' \"ipv6\" only");
	if (err.code)
		return session_fail(session, EXIT_USAGE, &err);
	if (global.dry_run)
		return show_plan(session);
	/* A second run of the same kind would take the first one's pod away. */
	if (lock_take(serve ? "/run/" POD_SERVES ".lock" : "/run/" POD_LOOKS ".lock", session->verb, &lock, &err) < 0)
		return session_fail(session, EXIT_FAILED, &err);
	status = serve ? serve_others(session) : look(session);
	lock_release(lock);
	return status;
}

static int run_verify(int argc, char **argv)
{
	struct session session;
	int status;

	status = session_open(&session, serve ? "serve" : "verify", SESSION_CONFIG | SESSION_ROOT);
	if (status == EXIT_DONE)
		status = run_checked_out(&session);
	session_close(&session);
	return status;
}

const struct command command_verify = {
	.name = "verify",
	.summary = "Prove the data path: nodes, pods, MTU, DNS64 and NAT64, seen from this node",
	.help = "Looks from this node and from a pod that is made for it by the node's own CNI configuration and "
		"undone at the\n"
		"end. Pods of other nodes are looked for while 'lazyjack verify --serve' runs there.\n\n"
		"  mgmt   every node's management address answers\n"
		"  mtu    packets of the full MTU pass, between nodes and between pods\n"
		"  pod    the pod on every other node answers\n"
		"  dns64  the name of --url, which should have IPv4 addresses only, resolves into the DNS64 prefix\n"
		"  nat64  --url can be fetched through NAT64; more octets than one packet holds prove its MTU as "
		"well\n\n"
		"Exit status 4 when a check fails; each failure says what to look at.\n",
	.options = options,
	.run = run_verify,
};
