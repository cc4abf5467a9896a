/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kubeadm's configuration documents, by API version, and the command that reads them. Which minor version of kubeadm
 * reads which API version stands in model/version-table.c.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "model/cluster.h"

#define API_SERVER_PORT 6443

/* What the documents need to know of the machine. */
struct kubeadm_machine {
	unsigned int minor;	   /* 1.N of the kubeadm found; 0: none, then the cluster's version decides */
	const char *version;	   /* "v1.20.2" of the kubeadm found; NULL: none */
	const char *cri_socket;	   /* path of the container runtime's socket; NULL: kubeadm finds it itself */
	const char *cgroup_driver; /* of that runtime: "systemd" or "cgroupfs"; NULL: not known, kubeadm's default */
	bool resolved;		   /* /etc/resolv.conf is systemd-resolved's: pods must not be given its stub address */
};

/*
 * Append the text of kubeadm.conf for this node: Init, Cluster, Kubelet and KubeProxy documents on the master, a Join
 * document elsewhere. It holds the bootstrap token. -EINVAL: the version is older than the oldest configuration that is
 * known, or than the oldest that takes two families; there is neither a token (or, on a minion, hash) nor insecure
 * mode; or there is no master.
 */
int kubeadm_documents(const struct cluster *cluster, const struct cluster_node *self,
	const struct kubeadm_machine *machine, struct str *ret, struct err *err);

/* Where the documents go: "WORK_AREA/kubeadm.conf"; the caller frees it. */
char *kubeadm_conf_path(const struct cluster *cluster);

/* Where lazyjack keeps kubeadm's log and notes how far it came: "WORK_AREA/kubeadm"; the caller frees it. */
char *kubeadm_state_path(const struct cluster *cluster);

/* The exact command for this node, one line: "kubeadm init --config=…" or "kubeadm join --config=…". */
void kubeadm_command(const struct cluster *cluster, const struct cluster_node *self, struct str *ret);
