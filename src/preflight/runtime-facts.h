/* SPDX-License-Identifier: Apache-2.0 */
/* The container runtime of this machine: where its socket is, and which cgroup driver it has. */
#pragma once

#include <stdbool.h>

#include "model/cluster.h"
#include "planner/facts.h"
#include "resource/node.h"

/* Docker's own socket. It does not speak CRI: dockershim, a part of the kubelet up to 1.23, translates. */
#define DOCKER_SOCKET "/run/docker.sock"

/* Fill in the facts that begin with cri_, and cgroup_driver; facts->kubeadm_minor has to be there already. */
void runtime_facts(struct node *node, const struct cluster *cluster, struct facts *facts);

/*
 * The cgroup driver ("systemd", "cgroupfs") that `containerd config dump` tells of: of its default runtime, in a
 * configuration of version 2 (containerd 1.x) or 3 (2.x). NULL when it does not say. The caller frees it.
 */
char *containerd_cgroup_driver(const char *dump);

/* True when that configuration turns the CRI plugin off, as Docker's package of containerd does. */
bool containerd_cri_disabled(const char *dump);

/* What one file of CRI-O's configuration sets; NULL when it says nothing about it. The caller frees it. */
char *crio_cgroup_driver(const char *text);
