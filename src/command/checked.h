/* SPDX-License-Identifier: Apache-2.0 */
/* What `prepare` and `up` share: look at the machine, stop when it is not ready, make the plan, run it. */
#pragma once

#include "command/session.h"
#include "planner/facts.h"

typedef int planner_fn(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	struct plan *ret, struct err *err);

/*
 * Returns an exit status. `before` (may be NULL) is asked first: EXIT_DONE, or the status to end with, having said why.
 * `after` (may be NULL) is called when the plan has been applied, to tell the person what comes
 * next.
 */
int checked_run(const char *verb, int (*before)(struct session *session), planner_fn *planner,
	void (*after)(struct session *session));
