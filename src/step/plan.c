/* SPDX-License-Identifier: Apache-2.0 */
#include "step/plan.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"

/*
 * Only neighbours can be equal by accident of planning (two services that want the same sysctl), and plans with
 * thousands of steps are routes that differ by construction: looking back a bounded way keeps adding linear.
 */
enum { MERGE_WINDOW = 256 };

void plan_add(struct plan *plan, struct step step)
{
	size_t i, from = plan->n > MERGE_WINDOW ? plan->n - MERGE_WINDOW : 0;

	for (i = from; i < plan->n; i++) {
		if (plan->steps[i].ops == step.ops && json_equal(plan->steps[i].want, step.want)) {
			step_done(&step);
			return;
		}
	}
	plan->steps = mem_grow(plan->steps, plan->n, &plan->cap, sizeof(*plan->steps));
	plan->steps[plan->n++] = step;
}

void plan_done(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		step_done(&plan->steps[i]);
	free(plan->steps);
	*plan = (struct plan)PLAN_INIT;
}

json_t *plan_json(const struct plan *plan)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < plan->n; i++)
		json_array_append_new(
			list, json_make("{s:s,s:O}", "kind", plan->steps[i].ops->kind, "want", plan->steps[i].want));
	return list;
}
