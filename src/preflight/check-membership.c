/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "kube/membership.h"
#include "preflight/checks.h"
#include "resource/kubeadm-files.h"

/* No step can move a member: kubeadm wrote the addresses into certificates and files, and the cluster knows them. */
static void compare(
	const char *noted, const char *words, const char *wanted, const struct check *check, struct findings *findings)
{
	if (str_eq(noted, wanted))
		return;
	findings_add(findings, check, SEVERITY_ERROR, "'lazyjack down' first",
		"this node is a member of its cluster with '%s' as %s; the configuration says '%s' now",
		noted ? noted : "(none)", words, wanted ? wanted : "(none)");
}

static void check_member(const struct preflight *what, const struct check *check, struct findings *findings)
{
	const struct cluster_node *master = cluster_with_role(what->cluster, ROLE_MASTER);
	_cleanup_json_ json_t *note = kubeadm_files_read_note(what->node);
	const char *address = json_text(note, "address"), *server = json_text(note, "server");
	const char *endpoint = what->cluster->endpoint;
	char own[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX];

	if (address)
		compare(address, "its address", address_text(&what->self->mgmt[0].address, own), check, findings);
	/* A first master has noted none where the configuration had no endpoint. */
	if (server == NULL && !str_eq(json_text(note, "action"), KUBEADM_INIT))
		return;
	if (master && master != what->self && endpoint == NULL)
		compare(server, "its master's address", address_text(&master->mgmt[0].address, other), check, findings);
	else
		compare(server, "general.control-plane-endpoint", endpoint, check, findings);
}

/*
 * kubeadm would refuse such a node, and taking the membership back would take away what was there before. Once
 * lazyjack has made the node a member, all of it is its own, as long as it is to stay where it is.
 */
int check_membership(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *member = NULL, *endangered = NULL;

	if (!what->kubeadm)
		return 0;
	if (what->member) {
		check_member(what, check, findings);
		return 0;
	}
	member = kubeadm_files_member(what->node);
	if (member) {
		findings_add(findings, check, SEVERITY_ERROR, "run 'kubeadm reset' there if that cluster can go",
			"'%s' is there: this node belongs to a cluster that lazyjack did not make", member);
		return 0;
	}
	endangered = kubeadm_files_endangered(what->node);
	if (endangered)
		findings_add(findings, check, SEVERITY_ERROR, "move it away",
			"'%s' is there, where 'kubeadm reset' would remove it when this node leaves its cluster",
			endangered);
	return 0;
}
