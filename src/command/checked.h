/* SPDX-License-Identifier: Apache-2.0 */
/* What `prepare` and `up` share: look at the machine, stop when it is not ready, make the plan, run it. */
#pragma once

#include "command/session.h"
#include "planner/facts.h"

typedef int planner_fn(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	struct plan *ret, struct err *err);

struct checked {
	const char *verb;
	/* Asked first, may be NULL: EXIT_DONE, CHECKED_ENOUGH, or the status to end with, having said why. */
	int (*before)(struct session *session);
	planner_fn *planner;
	/* When the plan has been applied; may be NULL. Returns an exit status. Not called for --dry-run. */
	int (*after)(struct session *session);
	bool kubeadm;	     /* kubeadm is to be run: what it needs has to be there */
	const char *changed; /* what `before` may have changed, "packages"; NULL: nothing */
};

/* What `before` returns when all is said and done: the command ends well. */
#define CHECKED_ENOUGH (-1)

/* Returns an exit status. */
int checked_run(const struct checked *checked);
