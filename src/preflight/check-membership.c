/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "preflight/checks.h"
#include "resource/kubeadm-files.h"

/*
 * kubeadm would refuse such a node, and taking the membership back would take away what was there before. Once
 * lazyjack has made the node a member, all of it is its own.
 */
int check_membership(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *member = NULL, *endangered = NULL;

	if (!what->kubeadm || what->member)
		return 0;
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
