/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "resource/cgroup.h"
#include "resource/kinds.h"
#include "resource/ops.h"

struct step step_control_group(const char *group)
{
	return step_make(&control_group_ops, json_make("{s:s}", "group", group));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "group"));
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "mkdir -p /sys/fs/cgroup/%s", json_text(want, "group"));
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	int r = cgroup_exists(node, json_text(step->want, "group"), err);

	if (r < 0)
		return r;
	if (ret_undo)
		*ret_undo = json_make("{s:o}", "places", cgroup_places(node, json_text(step->want, "group")));
	return r ? STEP_IN_PLACE : STEP_MISSING;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	return cgroup_make(node, json_text(step->want, "group"), err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	const char *group = json_text(step->want, "group");
	int r;

	r = cgroup_kill(node, group, err);
	return r < 0 ? r : cgroup_remove(node, group, json_object_get(undo, "places"), err);
}

const struct step_ops control_group_ops = {
	.kind = "control-group",
	.forgotten_at_boot = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
