/* SPDX-License-Identifier: Apache-2.0 */
#include "planner/facts.h"

#include <stdlib.h>

static void list_free(char **list)
{
	size_t i;

	for (i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

void facts_done(struct facts *facts)
{
	free(facts->self);
	free(facts->hosts_file);
	free(facts->cni_bin);
	free(facts->cni_version);
	list_free(facts->cni_others);
	free(facts->manifest_sha256);
	free(facts->kubeadm_version);
	list_free(facts->cri_sockets);
	free(facts->cri_socket);
	free(facts->cgroup_driver);
	list_free(facts->accept_ra);
	free(facts->named);
	free(facts->tayga);
	free(facts->nat64_device);
	free(facts->nat64_lacks);
	free(facts->engine);
	*facts = (struct facts){0};
}
