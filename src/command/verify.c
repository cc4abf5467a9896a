/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

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

/* What makes a node known to its cluster; 'kubeadm reset' takes it away. */
#define KUBELET_CONF "/etc/kubernetes/kubelet.conf"

enum {
	LOCK_WAIT_MS = 30000,
	SETTLE_MS = 60000, /* for all of Kubernetes together: what it takes from 'up' to a cluster DNS that answers */
};

static bool serve;
static const char *url_text = VERIFY_URL;
static unsigned long port = GREETING_PORT, seconds;

static const struct option_row options[] = {
	{"serve", 0, OPTION_FLAG, &serve, 0, NULL, "answer the other nodes' checks until stopped"},
	{"for", 0, OPTION_NUMBER, &seconds, 86400, "SECONDS", "with --serve: stop after that long"},
	{"url", 0, OPTION_TEXT, &url_text, 0, "URL", "what to fetch from outside (default " VERIFY_URL ")"},
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

static struct pod pod_of(const struct session *session, const char *name)
{
	struct pod pod = {.name = name, .families = session->cluster->families};
	unsigned int f;

	for (f = 0; f < pod.families; f++)
		pod.family[f] = session->cluster->pod[f].address.family;
	return pod;
}

/* `*ret_conflist` is the caller's. 1: none can be had here, which `*err` explains. */
static int make_pod(struct session *session, struct pod *pod, char **ret_conflist, struct err *err)
{
	int r;

	if (pod_conflist(session->node, session->cluster, ret_conflist, err) < 0)
		return 1;
	pod->conflist = *ret_conflist;
	r = wait_for_lock(session, err);
	if (r < 0)
		return r;
	r = pod_make(&session->engine, session->verb, pod, err);
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

static bool is_member(const struct session *session)
{
	_cleanup_free_ char *path = node_path(session->node, KUBELET_CONF);

	return session_member(session) && access(path, F_OK) == 0;
}

static void check_all(const struct session *session, struct checks *checks, struct verdicts *ret)
{
	check_nodes(checks, ret);
	if (is_member(session) && !run_interrupted()) {
		checks->settle = clock_ms() + SETTLE_MS;
		check_cluster(checks, ret);
		check_services(checks, ret);
	}
	if (!run_interrupted())
		check_outside(checks, ret);
}

static int look(struct session *session)
{
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	struct checks checks = {
		.node = session->node, .cluster = session->cluster, .self = session->self, .port = (uint16_t)port};
	struct pod pod = pod_of(session, POD_LOOKS);
	_cleanup_free_ char *conflist = NULL;
	struct url url;
	int status = EXIT_DONE, r;

	if (url_parse(url_text, &url, &err) < 0)
		return session_fail(session, EXIT_USAGE, &err);
	checks.url = &url;
	r = make_pod(session, &pod, &conflist, &err);
	if (r > 0)
		verdicts_remark(&verdicts, "%s: checks of pods are left out: %s", session->self->name, err.msg);
	else if (r < 0)
		checks.pod_problem = err.msg;
	else
		checks.pod = pod.name;
	/* A plugin that brings its own network may have pods with less than what the nodes can do. */
	checks.pod_mtu = cluster_makes_network(session->cluster) ? session->cluster->mtu : pod.mtu;
	if (!run_interrupted())
		check_all(session, &checks, &verdicts);
	if (!run_interrupted())
		status = show_verdicts(&verdicts);
	status = undo_pod(session, status);
	if (run_interrupted()) {
		err_set(&err, EINTR, "interrupted by a signal");
		status = session_fail(session, EXIT_FAILED, &err);
	}
	return status;
}

static void say_serving(const struct session *session, const struct pod *pod)
{
	_cleanup_str_ struct str where = STR_INIT;
	char mgmt[ADDRESS_TEXT_MAX], text[ADDRESS_TEXT_MAX];
	const struct address *address = &session->self->mgmt[0].address;

	address_host_port(address, (unsigned int)port, &where);
	if (global.json) {
		_cleanup_json_ json_t *json = json_make("{s:{s:s,s:s,s:I,s:s?}}", "serving", "node",
			session->self->name, "address", address_text(address, mgmt), "port", (json_int_t)port, "pod",
			pod ? address_text(&pod->address[0], text) : NULL);
		_cleanup_free_ char *line = json_line(json);

		puts(line);
	} else {
		printf("serving: %s on %s, pod %s; stop with ^C\n", session->self->name, where.s,
			pod ? address_text(&pod->address[0], text) : "missing");
	}
	fflush(stdout);
}

/* One socket on the node and one in its pod for each family; `*ret_n` of them are to be closed, whatever is returned.
 */
static int open_listeners(
	struct session *session, const struct pod *pod, struct listener *listeners, size_t *ret_n, struct err *err)
{
	unsigned int f;
	int r = 0;

	for (*ret_n = 0, f = 0; r == 0 && f < session->cluster->families; f++) {
		const struct address *told = pod ? &pod->address[f] : NULL;

		listeners[*ret_n] = (struct listener){-1, told};
		r = responder_listen(session->node, NULL, &session->self->mgmt[f].address, (uint16_t)port,
			&listeners[*ret_n].fd, err);
		*ret_n += r == 0;
		if (r < 0 || pod == NULL)
			continue;
		listeners[*ret_n] = (struct listener){-1, told};
		r = responder_listen(session->node, pod->name, told, (uint16_t)port, &listeners[*ret_n].fd, err);
		*ret_n += r == 0;
	}
	return r;
}

static int answer(struct session *session, const struct pod *pod)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct listener listeners[LISTENERS_MAX];
	size_t n, i;
	int r;

	r = open_listeners(session, pod, listeners, &n, &err);
	if (r == 0) {
		say_serving(session, pod);
		responder_run(listeners, n, session->self->name, seconds ? clock_ms() + (int64_t)seconds * 1000 : 0);
	}
	for (i = 0; i < n; i++)
		close(listeners[i].fd);
	return r < 0 ? session_fail(session, EXIT_FAILED, &err) : EXIT_DONE;
}

static int serve_others(struct session *session)
{
	struct pod pod = pod_of(session, POD_SERVES);
	_cleanup_free_ char *conflist = NULL;
	_cleanup_err_ struct err err = ERR_INIT;
	int r = make_pod(session, &pod, &conflist, &err);

	if (run_interrupted())
		return undo_pod(session, EXIT_DONE);
	/* Without a pod it still answers, so that the others can tell why theirs cannot reach it. */
	if (r != 0)
		log_warning("there is no pod to serve from: %s", err.msg);
	return undo_pod(session, answer(session, r != 0 ? NULL : &pod));
}

static int show_plan(struct session *session)
{
	struct pod pod = pod_of(session, serve ? POD_SERVES : POD_LOOKS);
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_free_ char *conflist = NULL;
	_cleanup_err_ struct err err = ERR_INIT;

	if (pod_conflist(session->node, session->cluster, &conflist, &err) < 0)
		return session_fail(session, EXIT_FAILED, &err);
	pod.conflist = conflist;
	pod_plan(&pod, &plan);
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
	.summary = "Prove the data path: nodes, pods, MTU, the way outside and Kubernetes, seen from this node",
	.help = "Looks from this node and from a pod that is made for it by the node's own CNI configuration and "
		"undone at the\n"
		"end. Pods of other nodes are looked for while 'lazyjack verify --serve' runs there.\n\n"
		"  mgmt   every node's management address answers\n"
		"  mtu    packets of the full MTU pass, between nodes and between pods\n"
		"  pod    the pod on every other node answers\n"
		"  dns64  mode ipv6: the name of --url, which should have IPv4 addresses only, resolves into the DNS64 "
		"prefix\n"
		"  nat64  mode ipv6: --url can be fetched through NAT64; more octets than one packet holds prove its "
		"MTU as well\n"
		"  outside  other modes: --url can be fetched; left out, with a remark, where this node has no way "
		"out\n\n"
		"On a member of the Kubernetes cluster also:\n\n"
		"  api          the API server is ready\n"
		"  ready        every node is known, Ready, and has its InternalIP (looked at from the master)\n"
		"  service      the Service 'kubernetes' accepts connections, from the node and from the pod\n"
		"  cluster-dns  the cluster DNS knows that Service\n"
		"  name         a pod that asks the cluster DNS for the name of --url can fetch it\n\n"
		"These are tried for up to a minute, since a cluster needs a while to start.\n\n"
		"Exit status 4 when a check fails; each failure says what to look at.\n",
	.options = options,
	.run = run_verify,
};
