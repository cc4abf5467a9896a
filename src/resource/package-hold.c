/* SPDX-License-Identifier: Apache-2.0 */
/* A package that upgrades leave at its version: Kubernetes' own are upgraded by kubeadm's rules, not along with others.
 */
#include "base/json.h"
#include "resource/apt.h"
#include "resource/kinds.h"
#include "resource/ops.h"

struct step step_package_hold(const char *name)
{
	return step_make(&package_hold_ops, json_make("{s:s}", "name", name));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "name"));
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "apt-mark hold %s", json_text(want, "name"));
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	enum apt_state state;
	bool held = false;
	int r = apt_look(node, json_text(step->want, "name"), &state, &held, err);

	if (r < 0)
		return r;
	if (ret_undo)
		*ret_undo = json_null();
	return held ? STEP_IN_PLACE : STEP_MISSING;
}

static int mark(const struct step *const *steps, size_t n, struct node *node, const char *action, struct err *err)
{
	_cleanup_json_ json_t *names = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		apt_add(names, json_text(steps[i]->want, "name"));
	return apt_mark(node, action, names, err);
}

static int apply_many(const struct step *const *steps, size_t n, struct node *node, size_t *ret_done, struct err *err)
{
	*ret_done = 0;
	return mark(steps, n, node, "hold", err);
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	return mark(&step, 1, node, "hold", err);
}

static int revert_many(const struct step *const *steps, const json_t *const *undos, size_t n, struct node *node,
	size_t *ret_done, struct err *err)
{
	*ret_done = 0;
	return mark(steps, n, node, "unhold", err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	return mark(&step, 1, node, "unhold", err);
}

const struct step_ops package_hold_ops = {
	.kind = "package-hold",
	.may_be_shared = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.apply_many = apply_many,
	.revert = revert,
	.revert_many = revert_many,
};
