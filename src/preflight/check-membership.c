/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/mem.h"
#include "preflight/checks.h"
#include "resource/kubeadm-files.h"

/* No step can move a member: kubeadm wrote the addresses into certificates and files, and the cluster knows them. */
static void compare(const json_t *note, const char *key, const char *words, const struct address *wanted,
	const struct check *check, struct findings *findings)
{
	char text[ADDRESS_TEXT_MAX];

	if (json_text(note, key) && !str_eq(json_text(note, key), address_text(wanted, text)))
		findings_add(findings, check, SEVERITY_ERROR, "'lazyjack down' first",
			"this node is a member of its cluster with '%s' as %s; the configuration says '%s' now",
			json_text(note, key), words, text);
}

static void check_member(const struct preflight *what, const struct check *check, struct findings *findings)
{
	const struct cluster_node *master = cluster_with_role(what->cluster, ROLE_MASTER);
	_cleanup_json_ json_t *note = kubeadm_files_read_note(what->node);

	compare(note, "address", "its address", &what->self->mgmt[0].address, check, findings);
	if (master)
		compare(note, "server", "its master's address", &master->mgmt[0].address, check, findings);
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
