/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/managed-file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "resource/backup.h"
#include "resource/diff.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/path.h"

json_t *managed_file_want(const char *path, const char *content, mode_t mode)
{
	char text[MODE_TEXT_MAX];

	return json_make("{s:s,s:s,s:s}", "path", path, "mode", mode_text(mode, text), "content", content);
}

struct step step_file(const char *path, const char *content, mode_t mode)
{
	return step_make(&file_ops, managed_file_want(path, content, mode));
}

void managed_file_describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "install -m %s /dev/stdin %s", json_text(want, "mode"), json_text(want, "path"));
}

/* Compare what stands at `path` with the wish. */
static int compare(const json_t *want, const char *path, const struct stat *st, struct str *ret_detail)
{
	const json_t *content = json_object_get(want, "content");
	_cleanup_free_ char *present = NULL;
	struct file_attr attr;
	size_t len;

	if (!S_ISREG(st->st_mode)) {
		str_addf(ret_detail, "it is %s", file_type_name(st->st_mode));
	} else if (file_read_nofollow(path, BACKUP_MAX, &present, &len, &attr, NULL) < 0 ||
		   len != json_string_length(content) || memcmp(present, json_string_value(content), len) != 0) {
		str_add(ret_detail, "the content differs");
	} else if (attr.mode != mode_of(want, "mode")) {
		str_addf(ret_detail, "the mode is %04o", (unsigned int)attr.mode);
	} else if (attr.uid != 0 || attr.gid != 0) {
		str_addf(ret_detail, "the owner is %u:%u", (unsigned int)attr.uid, (unsigned int)attr.gid);
	} else {
		return STEP_IN_PLACE;
	}
	return STEP_DRIFTED;
}

int managed_file_inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo,
	struct str *ret_detail, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);
	_cleanup_str_ struct str detail = STR_INIT;
	_cleanup_json_ json_t *undo = NULL;
	int r, state = STEP_MISSING;
	struct stat st;

	r = path_look(path, &st, err);
	if (r < 0)
		return r;
	if (r == 1) {
		if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode) && !ours)
			return err_set(err, EEXIST, "'%s' is %s where a file has to be: rename or remove it", path,
				file_type_name(st.st_mode));
		state = compare(step->want, path, &st, &detail);
	}
	/* Only a first apply keeps what was there; a file of ours may have become anything. */
	if (state != STEP_IN_PLACE && (ret_undo || !ours)) {
		r = backup_take(path, &undo, err);
		if (r < 0)
			return r;
	}
	if (ret_undo)
		*ret_undo = undo ? TAKE_PTR(undo) : json_null();
	if (ret_detail && state == STEP_DRIFTED)
		str_add(ret_detail, str_text(&detail));
	return state;
}

int managed_file_apply(const struct step *step, struct node *node, struct err *err)
{
	const json_t *content = json_object_get(step->want, "content");
	struct file_attr attr = {.mode = mode_of(step->want, "mode"), .uid = 0, .gid = 0};
	_cleanup_free_ char *path = path_on(node, step->want);
	struct stat st;
	int r;

	r = path_need_parent(path, err);
	if (r < 0)
		return r;
	/* A link is replaced by the file, never followed; the undo holds its target. */
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && unlink(path) < 0)
		return err_errno(err, errno, "cannot remove the symbolic link '%s'", path);
	return file_replace(path, json_string_value(content), json_string_length(content), &attr, err);
}

int managed_file_revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);

	return backup_restore(path, undo, err);
}

void managed_file_diff(const struct step *step, struct node *node, struct str *ret)
{
	const json_t *content = json_object_get(step->want, "content");
	_cleanup_free_ char *path = path_on(node, step->want), *present = NULL;
	size_t len = 0;

	if (file_read_nofollow(path, BACKUP_MAX, &present, &len, NULL, NULL) < 0)
		present = NULL;
	diff_unified(json_text(step->want, "path"), present, len, json_string_value(content),
		json_string_length(content), ret);
}

const struct step_ops file_ops = {
	.kind = "file",
	.may_be_shared = true,
	.what = path_what,
	.describe = managed_file_describe,
	.inspect = managed_file_inspect,
	.apply = managed_file_apply,
	.revert = managed_file_revert,
	.diff = managed_file_diff,
};
