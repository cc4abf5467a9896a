/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "preflight/diagnose.h"
#include "preflight/listener.h"
#include "preflight/look.h"

#define KUBELET_FLAGS "/var/lib/kubelet/kubeadm-flags.env"
#define KUBELET_CONFIG "/var/lib/kubelet/config.yaml"

int kubelet_node_ip(const char *flags, const struct address *wanted)
{
	static const char option[] = "--node-ip";
	const char *at = flags;

	while ((at = strstr(at, option))) {
		at += sizeof(option) - 1;
		if (*at != '=' && *at != ' ')
			continue;
		at++;
		do {
			size_t n = strspn(at, "0123456789abcdefABCDEF:.");
			_cleanup_free_ char *text = mem_strndup(at, n);
			struct address address;

			if (address_parse(text, &address) == 0 && address_equal(&address, wanted))
				return 1;
			at += n;
		} while (*at == ',' && *++at);
	}
	return 0;
}

int diagnose_node_ip(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *flags = doctor_text(what, KUBELET_FLAGS, NULL);
	const struct address *address = &what->self->mgmt[0].address;
	char text[ADDRESS_TEXT_MAX];

	/* kubeadm writes it when the node joins; before there is nothing to say. */
	if (flags && kubelet_node_ip(flags, address) == 0)
		findings_add(findings, check, SEVERITY_ERROR,
			"'kubeadm reset', then join with lazyjack's kubeadm.conf ('lazyjack up')",
			"'" KUBELET_FLAGS "' does not set '--node-ip=%s': the kubelet chooses an address itself, and "
			"takes an IPv4 one where there is any",
			address_text(address, text));
	return 0;
}

void judge_node_address(
	const json_t *node, const struct cluster_node *self, const struct check *check, struct findings *findings)
{
	const json_t *addresses = json_object_get(json_object_get(node, "status"), "addresses"), *item;
	_cleanup_str_ struct str others = STR_INIT;
	char text[ADDRESS_TEXT_MAX];
	struct address address;
	size_t i;

	json_array_foreach (addresses, i, item) {
		const char *value = json_text(item, "address");

		if (!str_eq(json_text(item, "type"), "InternalIP") || value == NULL)
			continue;
		if (address_parse(value, &address) == 0 && address_equal(&address, &self->mgmt[0].address))
			return;
		str_addf(&others, "%s'%s'", others.len ? ", " : "", value);
	}
	findings_add(findings, check, SEVERITY_ERROR,
		"give the kubelet '--node-ip' as lazyjack's kubeadm.conf does: 'kubeadm reset', then 'lazyjack up'",
		"the cluster knows this node by %s, not by its management address '%s': others look for its pods and "
		"logs there",
		others.len ? others.s : "no InternalIP", address_text(&self->mgmt[0].address, text));
}

static int ask_cluster(
	const struct doctor *what, const char *kubectl, const char *conf, struct str *ret, struct err *err)
{
	const char *const argv[] = {kubectl, "--kubeconfig", conf, "--request-timeout=4s", "get", "node",
		what->self->name, "-o", "json", NULL};
	const struct run_options options = {
		.argv = argv, .timeout_ms = DOCTOR_TIMEOUT, .root = what->node->root[0] ? what->node->root : NULL};

	return run_checked(&options, ret, err);
}

int diagnose_node_address(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	static const char *const files[] = {"/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf"};
	_cleanup_free_ char *kubectl = look_program(what->node, "kubectl");
	const char *conf = look_exists(what->node, files[0])   ? files[0]
			   : look_exists(what->node, files[1]) ? files[1]
							       : NULL;
	_cleanup_str_ struct str text = STR_INIT;
	_cleanup_err_ struct err reason = ERR_INIT;
	_cleanup_json_ json_t *node = NULL;

	if (kubectl == NULL || conf == NULL)
		return 0;
	if (ask_cluster(what, kubectl, conf, &text, &reason) < 0) {
		findings_add(findings, check, SEVERITY_WARNING,
			"'lazyjack verify' tells whether the way there or the API server is at fault",
			"the API server does not tell how it knows this node: %s", reason.msg);
		return 0;
	}
	node = json_loads(str_text(&text), 0, NULL);
	judge_node_address(node, what->self, check, findings);
	return 0;
}

void judge_kubelet_port(
	const char *process, long pid, bool configured, const struct check *check, struct findings *findings)
{
	bool kubelet = str_eq(process, "kubelet");

	if (kubelet && configured)
		return;
	findings_add(findings, check, SEVERITY_ERROR,
		kubelet ? "install unit and drop-in as the Kubernetes packages have them, 'systemctl stop kubelet'"
			: "stop it, or give it another port",
		kubelet ? "'%s' (process %ld) holds port %d without kubeadm's configuration: 'kubeadm' will refuse to "
			  "start"
			: "'%s' (process %ld) holds port %d, which the kubelet needs",
		process, pid, KUBELET_PORT);
}

int diagnose_kubelet_port(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	struct listener seen;

	if (look_listener(what->node, KUBELET_PORT, &seen) && seen.pid > 0)
		judge_kubelet_port(seen.name, seen.pid, look_exists(what->node, KUBELET_CONFIG), check, findings);
	return 0;
}
