/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/node-list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "verify/kubectl.h"

enum {
	TOKEN_MAX = 4096,
	NAME_MAX_OCTETS = 253, /* of a DNS-1123 subdomain */
	MESSAGE_MAX = 300,
	UNKNOWN_MAX = 10, /* named; more are counted */
};

/* Of a node's several kilobytes only this is kept. */
static json_t *node_essence(const json_t *item)
{
	json_t *status = json_object_get(item, "status"), *ready = NULL, *condition;
	const char *name = json_text(json_object_get(item, "metadata"), "name");
	size_t i;

	if (name == NULL)
		return NULL;
	json_array_foreach (json_object_get(status, "conditions"), i, condition)
		if (str_eq(json_text(condition, "type"), "Ready"))
			ready = condition;
	return json_make(
		"{s:s,s:O*,s:O*}", "name", name, "ready", ready, "addresses", json_object_get(status, "addresses"));
}

static int next_page(const json_t *list, char **ret, struct err *err)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
	const char *token = json_text(json_object_get(list, "metadata"), "continue");

	if (token && (token[strspn(token, safe)] != '\0' || strlen(token) > TOKEN_MAX))
		return err_set(err, EPROTO, "the API server's list of nodes has a bad 'continue' token");
	*ret = token && *token ? mem_strdup(token) : NULL;
	return 0;
}

int node_list_add(json_t *nodes, const char *text, size_t len, char **ret_next, struct err *err)
{
	_cleanup_json_ json_t *list = json_loadb(text, len, 0, NULL);
	json_t *items = json_object_get(list, "items"), *item;
	size_t i;

	/* An empty list may be null. */
	if (!json_is_array(items) && !json_is_null(items))
		return err_set(err, EPROTO, "the API server's answer is not a list of nodes");
	json_array_foreach (items, i, item) {
		json_t *node = node_essence(item);

		if (node == NULL)
			return err_set(err, EPROTO, "the API server's list of nodes has one without a name");
		json_array_append_new(nodes, node);
	}
	return next_page(list, ret_next, err);
}

static const json_t *find(const json_t *nodes, const char *name)
{
	const json_t *node;
	size_t i;

	json_array_foreach (nodes, i, node)
		if (strcasecmp(json_text(node, "name"), name) == 0)
			return node;
	return NULL;
}

static enum node_state judge_ready(const json_t *node, const struct cluster_node *wanted, struct str *ret)
{
	const json_t *ready = json_object_get(node, "ready");
	const char *status = json_text(ready, "status"), *reason = json_text(ready, "reason"),
		   *message = json_text(ready, "message");

	if (str_eq(status, "True"))
		return NODE_READY;
	str_add(ret, "not Ready: ");
	if (reason)
		kubectl_quote(reason, MESSAGE_MAX, ret);
	if (reason && message)
		str_add(ret, ": ");
	if (message)
		kubectl_quote(message, MESSAGE_MAX, ret);
	if (reason == NULL && message == NULL)
		str_add(ret, "its kubelet has not told its state yet");
	str_addf(ret, ": look at 'journalctl -u kubelet' on %s", wanted->name);
	/* "Unknown" as well, since that is what a node that was rebooted is called until its kubelet is heard again. */
	return NODE_STARTING;
}

static bool is_internal(const json_t *address)
{
	return str_eq(json_text(address, "type"), "InternalIP") && json_text(address, "address");
}

/* Bit i: the i-th address of the configuration. The texts of Kubernetes may be written otherwise: compared are numbers.
 */
static unsigned int which(const json_t *address, const struct cluster *cluster, const struct cluster_node *wanted)
{
	struct address seen;
	unsigned int i;

	if (address_parse(json_text(address, "address"), &seen) < 0)
		return 0;
	for (i = 0; i < cluster->families; i++)
		if (address_equal(&seen, &wanted->mgmt[i].address))
			return 1U << i;
	return 0;
}

static void add_expected(
	const struct cluster *cluster, const struct cluster_node *wanted, const char *between, struct str *ret)
{
	char text[ADDRESS_TEXT_MAX];
	unsigned int i;

	for (i = 0; i < cluster->families; i++)
		str_addf(ret, "%s%s", i ? between : "", address_text(&wanted->mgmt[i].address, text));
}

static enum node_state judge_addresses(
	const json_t *node, const struct cluster *cluster, const struct cluster_node *wanted, struct str *ret)
{
	const json_t *address;
	_cleanup_str_ struct str seen = STR_INIT;
	unsigned int found = 0, n = 0;
	size_t i;

	json_array_foreach (json_object_get(node, "addresses"), i, address) {
		if (!is_internal(address))
			continue;
		if (n++)
			str_add(&seen, ", ");
		kubectl_quote(json_text(address, "address"), ADDRESS_TEXT_MAX, &seen);
		found |= which(address, cluster, wanted);
	}
	if (n == cluster->families && found == (1U << cluster->families) - 1)
		return NODE_READY;
	str_add(ret, ret->len ? "; " : "");
	if (n)
		str_addf(ret, "its InternalIP is %s instead of ", seen.s);
	else
		str_add(ret, "it has no InternalIP, which should be ");
	add_expected(cluster, wanted, ", ", ret);
	str_add(ret, ": the kubelet's '--node-ip=");
	add_expected(cluster, wanted, ",", ret);
	str_addf(ret, "' must be set: look at '/var/lib/kubelet/kubeadm-flags.env' on %s", wanted->name);
	/* A kubelet that starts tells its addresses with its first report. */
	return n == 0 ? NODE_STARTING : NODE_FAILED;
}

enum node_state node_list_judge(
	const json_t *nodes, const struct cluster *cluster, const struct cluster_node *node, struct str *ret_detail)
{
	const json_t *seen = find(nodes, node->name);
	_cleanup_str_ struct str problem = STR_INIT;
	enum node_state ready, addresses;

	if (seen == NULL) {
		str_addf(ret_detail,
			"Kubernetes has no node of this name: let it join with 'lazyjack up' on %s, or look at "
			"'journalctl -u kubelet' there",
			node->name);
		return NODE_FAILED;
	}
	ready = judge_ready(seen, node, &problem);
	addresses = judge_addresses(seen, cluster, node, &problem);
	if (problem.len) {
		str_add(ret_detail, problem.s);
	} else {
		str_add(ret_detail, "Ready, ");
		add_expected(cluster, node, ", ", ret_detail);
	}
	return ready > addresses ? ready : addresses;
}

void node_list_unknown(const json_t *nodes, const struct cluster *cluster, struct str *ret)
{
	const json_t *node;
	size_t i, n = 0;

	json_array_foreach (nodes, i, node) {
		const char *name = json_text(node, "name");

		if (cluster_find(cluster, name) || n++ >= UNKNOWN_MAX)
			continue;
		if (n > 1)
			str_add(ret, ", ");
		kubectl_quote(name, NAME_MAX_OCTETS, ret);
	}
	if (n > UNKNOWN_MAX)
		str_addf(ret, " and %zu more", n - UNKNOWN_MAX);
}
