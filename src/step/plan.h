/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: the ordered steps of one verb on one node. Pure data. Undo goes in the reverse order. */
#pragma once

#include "step/step.h"

struct plan {
	struct step *steps;
	size_t n;
	size_t cap;
	json_t *index; /* label of a step -> its place, so that merging stays linear */
};

#define PLAN_INIT                                                                                                      \
	{                                                                                                              \
		NULL, 0, 0                                                                                             \
	}
#define _cleanup_plan_ __attribute__((cleanup(plan_done)))

/* Append; takes over the step. A step equal to one that is there already is dropped (equal ones merge). */
void plan_add(struct plan *plan, struct step step);
void plan_done(struct plan *plan);

/* [{"kind": …, "want": …}, …]: what golden files hold. A new reference. */
json_t *plan_json(const struct plan *plan);
