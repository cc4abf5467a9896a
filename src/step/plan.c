/* SPDX-License-Identifier: Apache-2.0 */
#include "step/plan.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"

void plan_add(struct plan *plan, struct step step)
{
	_cleanup_str_ struct str label = STR_INIT;
	const json_t *place;

	if (plan->index == NULL)
		plan->index = json_object();
	step_label(&step, &label);
	place = json_object_get(plan->index, label.s);
	if (place && json_equal(plan->steps[json_integer_value(place)].want, step.want)) {
		step_done(&step);
		return;
	}
	json_object_set_new(plan->index, label.s, json_integer((json_int_t)plan->n));
	plan->steps = mem_grow(plan->steps, plan->n, &plan->cap, sizeof(*plan->steps));
	plan->steps[plan->n++] = step;
}

void plan_done(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		step_done(&plan->steps[i]);
	free(plan->steps);
	json_decref(plan->index);
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
