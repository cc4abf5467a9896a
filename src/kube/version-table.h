/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between Kubernetes versions, as a table: one row for each version of kubeadm's configuration interface
 * (kubernetes/kubernetes, cmd/kubeadm/app/apis/kubeadm/VERSION/doc.go).
 */
#pragma once

#include <stdbool.h>

struct kubeadm_api {
	const char *version; /* "v1beta4" */
	unsigned int first;  /* first minor version of kubeadm that is given it */
	bool argument_list;  /* extra arguments are a list of {name, value}, not a map */
	bool socket_url;     /* the container runtime's socket is written with "unix://" */
};

/* The oldest minor version there is a row for. */
#define KUBEADM_OLDEST 13

/* Minor versions that need the feature gate IPv6DualStack for two families (before that: not at all; later: always on).
 */
#define DUAL_STACK_GATE_FIRST 16
#define DUAL_STACK_GATE_LAST 20

/* The row for kubeadm 1.`minor`; NULL when it is older than all. */
const struct kubeadm_api *kubeadm_api_for(unsigned int minor);

/* The newest row. */
const struct kubeadm_api *kubeadm_api_newest(void);

/* The N of "v1.N…"; 0 when the text is something else ("latest"). */
unsigned int kubernetes_minor(const char *version);
