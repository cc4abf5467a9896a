/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between Kubernetes versions, as a table: a row for each range of kubeadm's minor versions that are given
 * the same documents (kubernetes/kubernetes, cmd/kubeadm/app/apis/kubeadm/VERSION/doc.go).
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "model/cluster.h"

/* Clusters of two families. */
enum dual_stack {
	DUAL_STACK_NONE, /* not at all, or (1.16 to 1.19) with one node address and services of another form */
	DUAL_STACK_GATE, /* behind the feature gate IPv6DualStack */
	DUAL_STACK_ON,	 /* always; later versions don't know the gate any more */
};

/*
 * How the controller-manager is told the length of the nodes' pod subnets, where it is not kubeadm's default (IPv4 24,
 * IPv6 64), and kubeadm looks for the same.
 */
enum node_mask {
	NODE_MASK_ONE,	  /* 'node-cidr-mask-size'; with two families 'node-cidr-mask-size-ipv4' and '-ipv6' */
	NODE_MASK_DUAL,	  /* only with two families: with one, kubeadm wants what the controller-manager refuses */
	NODE_MASK_FAMILY, /* 'node-cidr-mask-size-ipv4' or '-ipv6', of the families there are */
};

struct kubeadm_api {
	const char *version; /* "v1beta4" */
	unsigned int first;  /* first minor version of kubeadm that is given it */
	bool argument_list;  /* extra arguments are a list of {name, value}, not a map */
	bool timeouts;	  /* waits are in an object 'timeouts' of Init- and JoinConfiguration, not spread over others */
	bool socket_url;  /* the container runtime's socket is written with "unix://" */
	bool driver_flag; /* kubelets never ask the container runtime for its cgroup driver, but know --cgroup-driver */
	enum dual_stack dual_stack;
	enum node_mask node_mask;
};

/* The oldest minor version there is a row for. */
#define KUBEADM_OLDEST 13

/* The last minor version whose kubelet brings the CRI for Docker (dockershim) along. */
#define DOCKERSHIM_LAST 23
#define DOCKERSHIM_SOCKET "/var/run/dockershim.sock" /* as kubeadm compares it: no other spelling means Docker */

/* The row for kubeadm 1.`minor`; NULL when it is older than all. */
const struct kubeadm_api *kubeadm_api_for(unsigned int minor);

/* The newest row. */
const struct kubeadm_api *kubeadm_api_newest(void);

/* The first minor version that makes clusters of two families. */
unsigned int kubeadm_dual_stack_first(void);

/*
 * Whether Kubernetes cuts the pod network (a plugin that brings its own network), and into subnets of other lengths
 * than its default (IPv4 24, IPv6 64).
 */
bool kubernetes_needs_node_masks(const struct cluster *cluster);

/* 0 when kubeadm 1.`minor` makes such a cluster; -EINVAL, with the cure, when it cannot. */
int kubernetes_makes(const struct cluster *cluster, unsigned int minor, struct err *err);

/* The N of "v1.N…"; 0 when the text is something else ("latest"). */
unsigned int kubernetes_minor(const char *version);
