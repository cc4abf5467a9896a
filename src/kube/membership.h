/* SPDX-License-Identifier: Apache-2.0 */
/* How a node becomes a member of its cluster: where the cluster is, by which command, and where lazyjack keeps that. */
#pragma once

#include "base/str.h"
#include "model/cluster.h"
#include "net/endpoint.h"

/* What lazyjack's records call it (resource/kubeadm.c). */
#define KUBEADM_INIT "init"
#define KUBEADM_JOIN "join"
#define KUBEADM_JOIN_MASTER "join --control-plane"

/* Where nodes find the API server, "HOST:PORT" (ClusterConfiguration.controlPlaneEndpoint). There has to be a master.
 */
void kubeadm_endpoint(const struct cluster *cluster, struct str *ret);

/*
 * One of KUBEADM_INIT ...; NULL: such a node is no member. `present`, of a member: a master stays the one it became,
 * whichever comes first in the file by now; NULL: it is none yet.
 */
const char *kubeadm_membership(const struct cluster *cluster, const struct cluster_node *self, const char *present);

/* Where the documents go: "WORK_AREA/kubeadm.conf"; the caller frees it. */
char *kubeadm_conf_path(const struct cluster *cluster);

/* Where lazyjack keeps kubeadm's log and notes how far it came: "WORK_AREA/kubeadm"; the caller frees it. */
char *kubeadm_state_path(const struct cluster *cluster);

/* The exact command for this node, one line: "kubeadm init --config=…" or "kubeadm join --config=…". */
void kubeadm_command(const struct cluster *cluster, const struct cluster_node *self, struct str *ret);
