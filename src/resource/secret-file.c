/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file whose content may stand nowhere else. The journal cannot hold the one that was there before, so that one is
 * kept beside it, renamed; a file that people edit is a secret-conffile.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/path.h"
#include "resource/secret.h"

#define KEPT_SUFFIX ".lazyjack-old"

struct step step_secret_file(const char *path, const char *content, size_t len)
{
	char digest[65];
	struct step step;

	file_sha256(content, len, digest);
	step = step_make(&secret_file_ops, json_make("{s:s,s:s,s:b}", "path", path, "sha256", digest, "secret", 1));
	secret_take(&step, content, len);
	return step;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want), *kept = mem_printf("%s" KEPT_SUFFIX, path);
	int r, state = STEP_MISSING;
	struct stat st, kept_st;

	r = path_look(path, &st, err);
	if (r < 0)
		return r;
	if (r == 1) {
		r = secret_refuse(path, &st, err);
		if (r < 0)
			return r;
		state = secret_compare(step->want, path, &st, ret_detail, err);
		if (state < 0)
			return state;
	}
	if (!ours && state != STEP_IN_PLACE) {
		r = path_look(kept, &kept_st, err);
		if (r < 0)
			return r;
		if (r == 1)
			return err_set(err, EEXIST,
				"'%s' is in the way: an earlier file would be kept there; move it away", kept);
	}
	if (ret_undo)
		*ret_undo = state == STEP_MISSING ? json_null() : json_make("{s:b}", "kept", 1);
	return state;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want), *kept = mem_printf("%s" KEPT_SUFFIX, path);
	const struct file_attr attr = {.mode = 0600, .uid = 0, .gid = 0};
	struct stat st = {0};
	int r;

	r = secret_need(step, err);
	if (r == 0)
		r = path_need_parent(path, err);
	if (r == 0)
		r = path_look(path, &st, err);
	if (r < 0)
		return r;
	if (r == 1) {
		r = secret_refuse(path, &st, err);
		/* There is one kept already when this is not the first secret that we put here. */
		if (r == 0 && (r = path_rename(path, kept, err)) == -EEXIST)
			r = 0;
		if (r < 0)
			return r;
	}
	return file_replace(path, step->secret, step->secret_len, &attr, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want), *kept = mem_printf("%s" KEPT_SUFFIX, path);
	int r;

	path_remove_temporary(path);
	if (!json_flag(undo, "kept")) {
		r = path_remove(path, err);
		return r < 0 ? r : path_remove(kept, err);
	}
	if (rename(kept, path) == 0)
		return file_sync_parent(path, err);
	/* Not yet moved by an interrupted apply, or back already. */
	return errno == ENOENT ? 0 : err_errno(err, errno, "cannot rename '%s' to '%s'", kept, path);
}

const struct step_ops secret_file_ops = {
	.kind = "secret-file",
	.may_be_shared = true,
	.what = path_what,
	.describe = secret_describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
