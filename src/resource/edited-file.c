/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's file edited in place. It may hold tokens, before and after, so neither content is in the journal: the old
 * one lies in PATH.bak, which people may read too, and the journal has its SHA-256. A PATH.bak that was there before
 * moves to PATH.bak.lazyjack-old until revert.
 *
 * Edited twice, the first PATH.bak may end as PATH.bak.lazyjack-old as well; so revert looks into both for the
 * original.
 *
 * When somebody else edited the file in between, his version is what revert leads to, and what PATH.bak has from then
 * on.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/xattr.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/path.h"
#include "resource/secret.h"

#define BAK_SUFFIX ".bak"
#define OLD_SUFFIX ".bak.lazyjack-old"

struct paths {
	char *file; /* links followed */
	char *bak;
	char *old;
};

static void paths_done(struct paths *paths)
{
	free(paths->file);
	free(paths->bak);
	free(paths->old);
}

#define _cleanup_paths_ __attribute__((cleanup(paths_done)))

static int paths_find(const json_t *want, struct node *node, struct paths *ret, struct err *err)
{
	_cleanup_free_ char *given = path_on(node, want);

	ret->bak = mem_printf("%s" BAK_SUFFIX, given);
	ret->old = mem_printf("%s" OLD_SUFFIX, given);
	return path_follow(node, json_text(want, "path"), &ret->file, err);
}

struct step step_edited_file(const char *path, const char *content, size_t len)
{
	char digest[65];
	struct step step;

	file_sha256(content, len, digest);
	step = step_make(&edited_file_ops, json_make("{s:s,s:s}", "path", path, "sha256", digest));
	secret_take(&step, content, len);
	return step;
}

static void describe(const json_t *want, struct str *ret)
{
	const char *path = json_text(want, "path");

	str_addf(ret, "cp -p %s %s" BAK_SUFFIX " && edit %s", path, path, path);
}

/* What revert needs to know: the original's digest, and whether a .bak was there. */
static int make_undo(const struct paths *paths, json_t **ret, struct err *err)
{
	char digest[65];
	struct stat st;
	int r;

	r = secret_digest(paths->file, digest, err);
	if (r < 0)
		return r;
	*ret = json_make("{s:s,s:b}", "sha256", digest, "bak", lstat(paths->bak, &st) == 0);
	return 0;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_paths_ struct paths paths = {NULL};
	struct stat st;
	int r, same;

	r = paths_find(step->want, node, &paths, err);
	if (r < 0)
		return r;
	r = path_look(paths.file, &st, err);
	if (r < 0)
		return r;
	if (r == 0) {
		if (!ours)
			return err_set(err, ENOENT, "there is no file '%s' to edit: make it first", paths.file);
		if (ret_undo)
			*ret_undo = json_null();
		return STEP_MISSING;
	}
	same = secret_matches(step->want, paths.file, err);
	if (same < 0)
		return same;
	if (!same && !ours && lstat(paths.old, &st) == 0)
		return err_set(err, EEXIST, "'%s' is in the way: an earlier copy would be kept there; move it away",
			paths.old);
	if (ret_undo) {
		r = make_undo(&paths, ret_undo, err);
		if (r < 0)
			return r;
	}
	if (same)
		return STEP_IN_PLACE;
	if (ret_detail)
		str_add(ret_detail, "the content differs");
	return ours ? STEP_DRIFTED : STEP_MISSING;
}

/* Write `to` as a copy of `from`: content, owner, mode, attributes. */
static int copy(const char *from, const char *to, struct err *err)
{
	_cleanup_json_ json_t *xattrs = xattr_read(from);
	struct file_attr attr;
	char *content;
	size_t len;
	int r;

	r = file_read_nofollow(from, SECRET_MAX, &content, &len, &attr, err);
	if (r < 0)
		return r;
	r = file_replace(to, content, len, &attr, err);
	if (r == 0)
		xattr_write(to, xattrs);
	explicit_bzero(content, len);
	free(content);
	return r;
}

static int replace_content(const struct step *step, const char *path, struct err *err)
{
	_cleanup_json_ json_t *xattrs = xattr_read(path);
	struct file_attr attr;
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return err_errno(err, errno, "cannot look at '%s'", path);
	attr = (struct file_attr){.mode = st.st_mode & 07777, .uid = st.st_uid, .gid = st.st_gid};
	r = file_replace(path, step->secret, step->secret_len, &attr, err);
	if (r == 0)
		xattr_write(path, xattrs);
	return r;
}

/* Once something lies in .lazyjack-old, the .bak is ours and as old as it has to be. */
static int make_room(const struct paths *paths, struct err *err)
{
	struct stat st;

	if (lstat(paths->old, &st) == 0 || lstat(paths->bak, &st) < 0)
		return 0;
	return path_rename(paths->bak, paths->old, err);
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_paths_ struct paths paths = {NULL};
	struct stat st;
	int r;

	r = secret_need(step, err);
	if (r < 0)
		return r;
	r = paths_find(step->want, node, &paths, err);
	if (r < 0)
		return r;
	r = make_room(&paths, err);
	if (r < 0)
		return r;
	if (lstat(paths.bak, &st) < 0) {
		r = copy(paths.file, paths.bak, err);
		if (r < 0)
			return r;
	}
	return replace_content(step, paths.file, err);
}

/* Bring the original back to `paths->file` from wherever it lies; 0 when it is nowhere. */
static int bring_back(const struct paths *paths, const json_t *undo, struct err *err)
{
	const char *const places[] = {paths->file, paths->old, paths->bak};
	char digest[65];
	size_t i;
	int r;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		if (secret_digest(places[i], digest, NULL) < 0 || !str_eq(digest, json_text(undo, "sha256")))
			continue;
		r = places[i] == paths->file ? 0 : copy(places[i], paths->file, err);
		return r < 0 ? r : 1;
	}
	return 0;
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_paths_ struct paths paths = {NULL};
	int r;

	r = paths_find(step->want, node, &paths, err);
	if (r < 0)
		return r;
	path_remove_temporary(paths.file);
	path_remove_temporary(paths.bak);
	r = bring_back(&paths, undo, err);
	if (r < 0)
		return r;
	if (r == 0) {
		log_warning("'%s' is left as it is, since '%s' isn't its old content any more", paths.file, paths.bak);
		return 0;
	}
	if (!json_flag(undo, "bak")) {
		r = path_remove(paths.bak, err);
		return r < 0 ? r : path_remove(paths.old, err);
	}
	if (rename(paths.old, paths.bak) == 0)
		return file_sync_parent(paths.bak, err);
	return errno == ENOENT ? 0 : err_errno(err, errno, "cannot rename '%s' to '%s'", paths.old, paths.bak);
}

static int keep(const struct step *step, const struct step *recorded, struct node *node, struct err *err)
{
	_cleanup_paths_ struct paths paths = {NULL};
	int r;

	/* The first edit keeps everything by itself. */
	if (recorded == NULL)
		return 0;
	r = paths_find(step->want, node, &paths, err);
	if (r == 0)
		r = make_room(&paths, err);
	if (r == 0)
		r = copy(paths.file, paths.bak, err);
	return r < 0 ? r : 1;
}

static int give_back(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_paths_ struct paths paths = {NULL};
	int r;

	r = paths_find(step->want, node, &paths, err);
	return r < 0 ? r : copy(paths.bak, paths.file, err);
}

/* Whether a .bak was there before lazyjack stays as it was. */
static json_t *undo_of_edit(const json_t *recorded, const json_t *present)
{
	if (json_is_null(present))
		return json_incref((json_t *)recorded);
	return json_make("{s:s,s:b}", "sha256", json_text(present, "sha256"), "bak", json_flag(recorded, "bak"));
}

static const struct step_edits edits = {
	.keep = keep,
	.give_back = give_back,
	.undo = undo_of_edit,
};

const struct step_ops edited_file_ops = {
	.kind = "edited-file",
	.may_be_shared = true,
	.edits = &edits,
	.what = path_what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
