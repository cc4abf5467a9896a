/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/path.h"

#define SUFFIX ".lazyjack-aside"

struct step step_set_aside(const char *path)
{
	return step_make(&set_aside_ops, json_make("{s:s}", "path", path));
}

static void describe(const json_t *want, struct str *ret)
{
	const char *path = json_text(want, "path");

	str_addf(ret, "mv %s %s" SUFFIX, path, path);
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want), *aside = mem_printf("%s" SUFFIX, path);
	int there, kept;
	struct stat st;

	there = path_look(path, &st, err);
	if (there < 0)
		return there;
	kept = path_look(aside, &st, err);
	if (kept < 0)
		return kept;
	if (there && kept && !ours)
		return err_set(err, EEXIST, "'%s' cannot be set aside, since '%s' is there too: remove one of them",
			path, aside);
	if (ret_undo)
		*ret_undo = there ? json_make("{s:b}", "aside", 1) : json_null();
	if (there && kept && ret_detail)
		str_addf(ret_detail, "a new '%s' was put beside the one set aside", path);
	if (there)
		return kept ? STEP_DRIFTED : STEP_MISSING;
	return STEP_IN_PLACE;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want), *aside = mem_printf("%s" SUFFIX, path);
	struct stat st;
	int r;

	r = path_look(path, &st, err);
	if (r <= 0)
		return r;
	r = path_rename(path, aside, err);
	if (r == -EEXIST)
		err_set(err, EEXIST, "'%s' cannot be set aside, since '%s' is there too: remove one of them", path,
			aside);
	return r;
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want), *aside = mem_printf("%s" SUFFIX, path);
	_cleanup_err_ struct err reason = ERR_INIT;
	struct stat st;
	int r;

	if (!json_flag(undo, "aside"))
		return 0;
	r = path_rename(aside, path, &reason);
	if (r == -ENOENT && path_look(path, &st, NULL) == 0)
		log_warning("'%s' is gone, so that '%s' does not come back", aside, path);
	if (r == 0 || r == -ENOENT)
		return 0;
	if (r == -EEXIST) {
		log_warning("'%s' is left beside '%s', which someone else made", aside, path);
		return 0;
	}
	return err_set(err, reason.code, "%s", reason.msg);
}

const struct step_ops set_aside_ops = {
	.kind = "set-aside",
	.may_be_shared = true,
	.what = path_what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
