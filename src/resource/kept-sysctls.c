/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel parameters that programs started later set by themselves, as kubelet and kube-proxy do. The step only
 * remembers what they were; its revert puts that back.
 */
#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/sysctl-value.h"

struct step step_kept_sysctls(const char *name, const char *const *keys)
{
	json_t *list = json_array();

	for (; *keys; keys++)
		json_array_append_new(list, json_string(*keys));
	return step_make(&kept_sysctls_ops, json_make("{s:s,s:o}", "name", name, "keys", list));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "name"));
}

static void describe(const json_t *want, struct str *ret)
{
	const json_t *keys = json_object_get(want, "keys");

	str_addf(ret, "sysctl %s … # remember %zu values", json_string_value(json_array_get(keys, 0)),
		json_array_size(keys));
}

static int read_all(const json_t *want, struct node *node, json_t *into, struct err *err)
{
	const json_t *key;
	size_t i;

	json_array_foreach (json_object_get(want, "keys"), i, key) {
		_cleanup_free_ char *path = NULL, *value = NULL;
		int r = sysctl_path(json_string_value(key), &path, err);

		if (r == 0)
			r = sysctl_read(node, NULL, path, &value, err);
		if (r < 0)
			return r;
		if (r == 1)
			json_object_set_new(into, path, json_string(value));
	}
	return 0;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_json_ json_t *values = json_object();
	int r = ret_undo ? read_all(step->want, node, values, err) : 0;

	if (r < 0)
		return r;
	if (ret_undo)
		*ret_undo = json_incref(values);
	return ours ? STEP_IN_PLACE : STEP_MISSING;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	return 0;
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	const char *path;
	json_t *before;

	json_object_foreach ((json_t *)(uintptr_t)undo, path, before) {
		_cleanup_free_ char *now = NULL;
		int r = sysctl_read(node, NULL, path, &now, err);

		if (r == 1 && !str_eq(now, json_string_value(before)))
			r = sysctl_write(node, NULL, path, json_string_value(before), err);
		if (r < 0)
			return r;
	}
	return 0;
}

const struct step_ops kept_sysctls_ops = {
	.kind = "kept-sysctls",
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
