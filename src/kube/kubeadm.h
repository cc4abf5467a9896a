/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kubeadm's configuration documents, by API version. Which minor version of kubeadm reads which API version stands in
 * model/version-table.c.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "model/cluster.h"

/* What the documents need to know of the machine. */
struct kubeadm_machine {
	unsigned int minor;	   /* 1.N of the kubeadm found; 0: none, then the cluster's version decides */
	const char *version;	   /* "v1.20.2" of the kubeadm found; NULL: none */
	const char *cri_socket;	   /* path of the container runtime's socket; NULL: kubeadm finds it itself */
	const char *cgroup_driver; /* of that runtime: "systemd" or "cgroupfs"; NULL: not known, kubeadm's default */
	bool resolved;		   /* /etc/resolv.conf is systemd-resolved's: pods must not be given its stub address */
};

/*
 * Append the text of kubeadm.conf for this node: Init, Cluster, Kubelet and KubeProxy documents on the first master, a
 * Join document elsewhere. It holds the bootstrap token, and for masters that are several their certificate key.
 * -EINVAL: the version is older than the oldest configuration that is known, or than the oldest that takes two families
 * or masters; what `init` writes is not there, nor insecure mode; or there is no master.
 */
int kubeadm_documents(const struct cluster *cluster, const struct cluster_node *self,
	const struct kubeadm_machine *machine, struct str *ret, struct err *err);
