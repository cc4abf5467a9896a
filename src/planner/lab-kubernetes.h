/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes a lab node able to run Kubernetes: a layer that all nodes (not the outside) share, over the root file
 * system that has the container runtime, and directories of each node's own for what runtime and kubelet keep. The
 * layer is what the distribution's and Kubernetes' own packages would have installed.
 */
#pragma once

#include "step/plan.h"

#define LAB_KUBERNETES_RECORD "kubernetes.json" /* in the lab's directory: lab_kubernetes_text() */
#define LAB_PROGRAMS_MAX 4U

struct lab_program {
	const char *name; /* its place in `lab_programs`, so never freed */
	char sha256[65];
};

/* Owned; lab_kubernetes_done(). */
struct lab_kubernetes {
	char *directory; /* the user's: bin/ has the programs, images/ the image archives */
	struct lab_program programs[LAB_PROGRAMS_MAX];
	size_t n;
	char *pause; /* the image of a pod's first container, "k8s.gcr.io/pause:3.2"; NULL: the runtime's default */
};

/* Programs that a node gets from there, those that it can't do without first. */
extern const char *const lab_programs[LAB_PROGRAMS_MAX];
#define LAB_PROGRAMS_NEEDED 2U

void lab_kubernetes_done(struct lab_kubernetes *kubernetes);

/* What a lab remembers of its Kubernetes, as text; the caller frees it. */
char *lab_kubernetes_text(const struct lab_kubernetes *kubernetes);

/* The other way. -EINVAL: not such a text. */
int lab_kubernetes_parse(const char *text, struct lab_kubernetes *ret);

/* The shared layer, whose "/" is the directory `layer` (made here). */
void plan_lab_kubernetes(const struct lab_kubernetes *kubernetes, const char *layer, struct plan *ret);

/*
 * The node's own directories below `directory`, and the binds that show them inside, appended to `binds` as
 * step_nspawn() has it. Plain ones: the runtime's snapshots are overlays, and an overlay can't stand on the node's
 * root, which is one itself.
 */
void plan_lab_kubernetes_data(const char *directory, struct plan *ret);
void lab_kubernetes_binds(const char *directory, json_t *binds);
