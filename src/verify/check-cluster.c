/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "verify/checks.h"
#include "verify/kubectl.h"
#include "verify/node-list.h"

enum {
	PAGE = 100,	  /* nodes asked for at a time: some 20 KB each */
	PAGES_MAX = 1000, /* an API server that never comes to an end is not listened to for ever */
};

static char *kubeconfig(const struct checks *checks)
{
	return node_path(checks->node,
		checks->self->roles & ROLE_MASTER ? "/etc/kubernetes/admin.conf" : "/etc/kubernetes/kubelet.conf");
}

/* Kubernetes before 1.16 has no '/readyz'; its '/healthz' says what there is to say. */
static int ask_health(const char *with, const char **ret_path, struct err *err)
{
	int r = kubectl_get(with, *ret_path = "/readyz", NULL, err);

	if (r == -ENOTSUP)
		r = kubectl_get(with, *ret_path = "/healthz", NULL, err);
	return r;
}

static bool check_api(const struct checks *checks, struct verdicts *ret)
{
	const char *from = checks->self->name, *to = checks_holder(checks, ROLE_MASTER), *path;
	_cleanup_free_ char *with = kubeconfig(checks);
	_cleanup_err_ struct err err = ERR_INIT;
	int r;

	while ((r = ask_health(with, &path, &err)) < 0 && r != -ENOENT && checks_again(checks))
		;
	if (r == 0)
		verdicts_add(ret, "api", from, to, true, "'%s' is well", path);
	else if (r == -ENOENT)
		verdicts_add(ret, "api", from, to, false, "%s", err.msg);
	else
		verdicts_add(ret, "api", from, to, false,
			"%s: look at the 'mgmt' check, and on %s at 'journalctl -u kubelet' and at "
			"'crictl ps -a --name kube-apiserver'",
			err.msg, to);
	return r == 0;
}

static int list_nodes(const char *with, json_t *nodes, struct err *err)
{
	_cleanup_free_ char *path = mem_printf("/api/v1/nodes?limit=%d", PAGE), *next = NULL;
	unsigned int page;
	int r;

	for (page = 0; page < PAGES_MAX; page++) {
		_cleanup_str_ struct str text = STR_INIT;

		r = kubectl_get(with, path, &text, err);
		if (r == 0)
			r = node_list_add(nodes, str_text(&text), text.len, &next, err);
		if (r < 0 || next == NULL)
			return r;
		free(path);
		path = mem_printf("/api/v1/nodes?limit=%d&continue=%s", PAGE, next);
		free(TAKE_PTR(next));
	}
	return err_set(err, EPROTO, "the API server's list of nodes has no end");
}

/* Nodes that only translate addresses or names are no business of Kubernetes. */
static bool is_expected(const struct cluster_node *node)
{
	return node->roles & (ROLE_MASTER | ROLE_MINION);
}

/* One look at all nodes. True when waiting may make it better: nothing but kubelets that still start. */
static bool look(const struct checks *checks, const char *with, struct verdicts *ret)
{
	const struct cluster *cluster = checks->cluster;
	_cleanup_json_ json_t *nodes = json_array();
	_cleanup_str_ struct str unknown = STR_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	bool starting = false, failed = false;
	size_t i;
	int r = list_nodes(with, nodes, &err);

	node_list_unknown(nodes, cluster, &unknown);
	for (i = 0; i < cluster->n_nodes; i++) {
		const struct cluster_node *node = &cluster->nodes[i];
		_cleanup_str_ struct str detail = STR_INIT;
		enum node_state state = NODE_FAILED;

		if (!is_expected(node))
			continue;
		if (r < 0)
			str_add(&detail, err.msg);
		else
			state = node_list_judge(nodes, cluster, node, &detail);
		if (r == 0 && node == checks->self && unknown.len)
			str_addf(&detail, "; Kubernetes also has nodes that the configuration does not know: %s",
				unknown.s);
		starting |= state == NODE_STARTING;
		failed |= state == NODE_FAILED;
		verdicts_add(
			ret, "ready", checks->self->name, node->name, state == NODE_READY, "%s", str_text(&detail));
	}
	return r < 0 || (starting && !failed);
}

static void check_ready(const struct checks *checks, bool reachable, struct verdicts *ret)
{
	_cleanup_free_ char *with = kubeconfig(checks);
	struct verdicts seen = VERDICTS_INIT;
	size_t i;

	if (!reachable) {
		for (i = 0; i < checks->cluster->n_nodes; i++)
			if (is_expected(&checks->cluster->nodes[i]))
				verdicts_add(ret, "ready", checks->self->name, checks->cluster->nodes[i].name, false,
					"not tried: see the 'api' check");
		return;
	}
	while (look(checks, with, &seen) && checks_again(checks))
		verdicts_done(&seen);
	verdicts_move(ret, &seen);
}

void check_cluster(const struct checks *checks, struct verdicts *ret)
{
	bool reachable = check_api(checks, ret);

	/* One view of the nodes is enough. */
	if (checks->self->roles & ROLE_MASTER)
		check_ready(checks, reachable, ret);
}
