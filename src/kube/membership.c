/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/membership.h"

#include "base/mem.h"
#include "base/run.h"

void kubeadm_endpoint(const struct cluster *cluster, struct str *ret)
{
	if (cluster->endpoint)
		str_add(ret, cluster->endpoint);
	else
		address_host_port(&cluster_with_role(cluster, ROLE_MASTER)->mgmt[0].address, API_SERVER_PORT, ret);
}

const char *kubeadm_membership(const struct cluster *cluster, const struct cluster_node *self, const char *present)
{
	if (self->roles & ROLE_MASTER && (str_eq(present, KUBEADM_INIT) || str_eq(present, KUBEADM_JOIN_MASTER)))
		return present;
	if (self == cluster_with_role(cluster, ROLE_MASTER))
		return KUBEADM_INIT;
	if (self->roles & ROLE_MASTER)
		return KUBEADM_JOIN_MASTER;
	return self->roles & ROLE_MINION ? KUBEADM_JOIN : NULL;
}

char *kubeadm_conf_path(const struct cluster *cluster)
{
	return mem_printf("%s/kubeadm.conf", cluster->work_area);
}

char *kubeadm_state_path(const struct cluster *cluster)
{
	return mem_printf("%s/kubeadm", cluster->work_area);
}

void kubeadm_command(const struct cluster *cluster, const struct cluster_node *self, struct str *ret)
{
	_cleanup_free_ char *path = kubeadm_conf_path(cluster);
	_cleanup_free_ char *option = mem_printf("--config=%s", path);
	bool init = str_eq(kubeadm_membership(cluster, self, NULL), KUBEADM_INIT);
	const char *upload = init && cluster_count(cluster, ROLE_MASTER) > 1 ? "--upload-certs" : NULL;
	const char *const argv[] = {"kubeadm", init ? "init" : "join", option, upload, NULL};

	run_describe(argv, ret);
}
