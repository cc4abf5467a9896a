/* SPDX-License-Identifier: Apache-2.0 */
#include "step/step.h"

#include <stdlib.h>
#include <string.h>

struct step step_make(const struct step_ops *ops, json_t *want)
{
	return (struct step){.ops = ops, .want = want};
}

void step_done(struct step *step)
{
	json_decref(step->want);
	if (step->secret)
		explicit_bzero(step->secret, step->secret_len);
	free(step->secret);
	*step = (struct step){0};
}

void step_label(const struct step *step, struct str *ret)
{
	str_addf(ret, "%s ", step->ops->kind);
	step->ops->what(step->want, ret);
}
