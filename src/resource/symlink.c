/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "resource/backup.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/path.h"

struct step step_symlink(const char *path, const char *target)
{
	return step_make(&symlink_ops, json_make("{s:s,s:s}", "path", path, "target", target));
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "ln -s %s %s", json_text(want, "target"), json_text(want, "path"));
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);
	char target[PATH_MAX];
	struct stat st;
	ssize_t n;
	int r;

	r = path_look(path, &st, err);
	if (r < 0)
		return r;
	if (r == 0) {
		if (ret_undo)
			*ret_undo = json_null();
		return STEP_MISSING;
	}
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	if (n < 0 && !S_ISREG(st.st_mode) && !ours)
		return err_set(err, EEXIST, "'%s' is %s where a symbolic link has to be: rename or remove it", path,
			file_type_name(st.st_mode));
	if (ret_undo) {
		r = backup_take(path, ret_undo, err);
		if (r < 0)
			return r;
	}
	if (n >= 0 && str_eq(target, json_text(step->want, "target")))
		return STEP_IN_PLACE;
	if (ret_detail && n >= 0)
		str_addf(ret_detail, "it leads to '%s'", target);
	else if (ret_detail)
		str_addf(ret_detail, "it is %s", file_type_name(st.st_mode));
	return STEP_DRIFTED;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);
	int r;

	r = path_need_parent(path, err);
	return r < 0 ? r : path_symlink(path, json_text(step->want, "target"), err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);

	return backup_restore(path, undo, err);
}

const struct step_ops symlink_ops = {
	.kind = "symlink",
	.may_be_shared = true,
	.what = path_what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
