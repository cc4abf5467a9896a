/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/str.h"
#include "kube/membership.h"
#include "preflight/checks.h"
#include "preflight/diagnose.h"
#include "preflight/listener.h"
#include "resource/kubeadm-files.h"

/* cmd/kubeadm/app/constants/constants.go, pkg/cluster/ports/ports.go */
static const struct {
	unsigned int port, roles;
	const char *user;
} needed[] = {
	{API_SERVER_PORT, ROLE_MASTER, "the API server"},
	{10257, ROLE_MASTER, "the controller manager"},
	{10259, ROLE_MASTER, "the scheduler"},
	{2379, ROLE_MASTER, "etcd"},
	{2380, ROLE_MASTER, "etcd"},
	{KUBELET_PORT, ROLE_MASTER | ROLE_MINION, "the kubelet"},
};

static void tell(const struct listener *seen, unsigned int port, const char *user, const struct check *check,
	struct findings *findings)
{
	_cleanup_free_ char *holder =
		seen->pid > 0 ? mem_printf("'%s' (process %ld)", seen->name, seen->pid) : mem_strdup("something");

	findings_add(findings, check, SEVERITY_ERROR, "stop it, or give it another port",
		"%s holds port %u, which %s needs", holder, port, user);
}

/*
 * kubeadm would refuse to begin, with the network changed already. A kubelet that waits for its configuration listens
 * nowhere. On a member, or where lazyjack was stopped in the midst of making one, the ports are in use by its own; for
 * a member of another cluster check_membership() speaks.
 */
int check_ports(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *other = kubeadm_files_member(what->node);
	struct listener seen;
	size_t i;

	if (!what->kubeadm || what->member || other)
		return 0;
	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		unsigned int port = needed[i].port;

		if (!(needed[i].roles & what->self->roles) || !look_listener(what->node, port, &seen))
			continue;
		if (port == KUBELET_PORT && str_eq(seen.name, "kubelet"))
			judge_kubelet_port(seen.name, seen.pid, false, check, findings);
		else
			tell(&seen, port, needed[i].user, check, findings);
	}
	return 0;
}
