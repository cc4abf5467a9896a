/* SPDX-License-Identifier: Apache-2.0 */
/* `prepare --install`: the distribution's packages that a node's roles need. Pure. */
#pragma once

#include "model/cluster.h"
#include "step/plan.h"

/* How the machine has what a package would bring. Installing the package changes "missing" to "installed" only. */
enum install_state {
	INSTALL_MISSING,
	INSTALL_INSTALLED, /* by this package */
	INSTALL_OTHERWISE, /* by other means: another package, files copied there */
};

#define INSTALL_ROWS 12U

struct install_row {
	const char *package;
	const char *programs[4]; /* absolute path or name; with any of them the package isn't needed; ended by NULL */
	unsigned int roles;	 /* nodes with any of them; 0: every node */
	const char *runtime;	 /* general.runtime that needs it; NULL: any */
	bool plugins;		 /* only where the CNI plugin is one of the package's */
	bool kubernetes;	 /* not the distribution's: comes from Kubernetes' package repository, and is held */
	const char *masked[2];	 /* units of it that must not run; ended by NULL */
};

extern const struct install_row install_rows[INSTALL_ROWS];

struct install_facts {
	char *distribution; /* its name for people, "Debian GNU/Linux 12 (bookworm)"; NULL: not known */
	bool apt;	    /* it is Debian, Ubuntu or made of one of them, and has its tools */
	enum install_state states[INSTALL_ROWS];
	bool offered[INSTALL_ROWS]; /* apt has the package; of Kubernetes' packages only */
};

void install_facts_done(struct install_facts *facts);

/*
 * `*ret_missing` (owned; "" when nothing) receives the names of Kubernetes' packages that are needed, not there, and
 * not to be had. -ENOTSUP, with the names of all that is missing, on a distribution that lazyjack doesn't know.
 */
int plan_install(const struct cluster *cluster, const struct cluster_node *self, const struct install_facts *facts,
	struct plan *ret, char **ret_missing, struct err *err);
