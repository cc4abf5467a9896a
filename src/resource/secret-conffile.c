/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration file with a secret in it that lazyjack writes and its owner may edit, as package managers have them.
 * When it is written anew, an edited one is kept as PATH.bak (root's, 0600), in the place of an older one;
 * so is one that was there before lazyjack, which comes back on revert unless a newer edit took its place.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/path.h"
#include "resource/secret.h"

#define BAK_SUFFIX ".bak"

static const struct file_attr private = {.mode = 0600, .uid = 0, .gid = 0};

struct step step_secret_conffile(const char *path, const char *content, size_t len)
{
	char digest[65];
	struct step step;

	file_sha256(content, len, digest);
	step = step_make(&secret_conffile_ops, json_make("{s:s,s:s,s:b}", "path", path, "sha256", digest, "secret", 1));
	secret_take(&step, content, len);
	return step;
}

/* 1 when a file is there that may be written over, 0 when nothing is. */
static int look(const char *path, struct stat *ret, struct err *err)
{
	int r = path_look(path, ret, err);

	if (r <= 0)
		return r;
	r = secret_refuse(path, ret, err);
	return r < 0 ? r : 1;
}

static int make_undo(const char *path, const struct stat *st, json_t **ret, struct err *err)
{
	char digest[65], mode[MODE_TEXT_MAX];
	int r;

	r = secret_digest(path, digest, err);
	if (r < 0)
		return r;
	*ret = json_make(
		"{s:s,s:s,s:I}", "sha256", digest, "mode", mode_text(st->st_mode, mode), "gid", (json_int_t)st->st_gid);
	return 0;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);
	struct stat st;
	int r, state;

	r = look(path, &st, err);
	if (r < 0)
		return r;
	if (r == 0) {
		if (ret_undo)
			*ret_undo = json_null();
		return STEP_MISSING;
	}
	state = secret_compare(step->want, path, &st, ret_detail, err);
	if (state < 0 || ret_undo == NULL)
		return state;
	r = make_undo(path, &st, ret_undo, err);
	return r < 0 ? r : state;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);
	struct stat st;
	int r;

	r = secret_need(step, err);
	if (r == 0)
		r = path_need_parent(path, err);
	if (r == 0)
		r = look(path, &st, err);
	return r < 0 ? r : file_replace(path, step->secret, step->secret_len, &private, err);
}

static int copy(const char *from, const char *to, const struct file_attr *attr, struct err *err)
{
	char *content;
	size_t len;
	int r;

	r = file_read_nofollow(from, SECRET_MAX, &content, &len, NULL, err);
	if (r < 0)
		return r;
	r = file_replace(to, content, len, attr, err);
	explicit_bzero(content, len);
	free(content);
	return r;
}

static int keep(const struct step *step, const struct step *recorded, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want), *bak = mem_printf("%s" BAK_SUFFIX, path);
	const char *shown = json_text(step->want, "path");
	struct stat st;
	int r;

	r = look(path, &st, err);
	if (r <= 0)
		return r;
	r = secret_matches(step->want, path, err);
	if (r == 0 && recorded)
		r = secret_matches(recorded->want, path, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = copy(path, bak, &private, err);
	if (r < 0)
		return err_wrap(err, "cannot keep '%s', which was edited", path);
	node_say(node,
		"'%s' was %s: it is written anew, and your version is kept as '%s" BAK_SUFFIX
		"'; carry over what you need of it",
		shown, recorded ? "edited since lazyjack wrote it" : "there already", shown);
	return 1;
}

static int give_back(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want), *bak = mem_printf("%s" BAK_SUFFIX, path);

	return copy(bak, path, &private, err);
}

static bool is_content(const char *path, const char *sha256)
{
	char digest[65];

	return secret_digest(path, digest, NULL) == 0 && str_eq(digest, sha256);
}

/* The file that was there before lazyjack; 0 when it is no more, since a newer edit was kept in its place. */
static int bring_back(const char *path, const char *bak, const json_t *undo, struct err *err)
{
	const struct file_attr attr = {.mode = mode_of(undo, "mode"), .uid = 0, .gid = (gid_t)json_number(undo, "gid")};
	const char *sha256 = json_text(undo, "sha256"), *from;
	int r;

	if (sha256 == NULL)
		return 0;
	from = is_content(path, sha256) ? path : bak;
	if (from == bak && !is_content(bak, sha256))
		return 0;
	r = copy(from, path, &attr, err);
	if (r == 0 && is_content(bak, sha256))
		r = path_remove(bak, err);
	return r < 0 ? r : 1;
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want), *bak = mem_printf("%s" BAK_SUFFIX, path);
	struct stat st;
	int r;

	path_remove_temporary(path);
	path_remove_temporary(bak);
	r = bring_back(path, bak, undo, err);
	if (r == 0)
		r = path_remove(path, err);
	if (r >= 0 && lstat(bak, &st) == 0)
		node_say(node,
			"'%s" BAK_SUFFIX
			"' is left: it is the version that you edited, and may hold a token; remove it when "
			"you need it no more",
			json_text(step->want, "path"));
	return r < 0 ? r : 0;
}

static const struct step_edits edits = {
	.keep = keep,
	.give_back = give_back,
};

const struct step_ops secret_conffile_ops = {
	.kind = "secret-conffile",
	.may_be_shared = true,
	.edits = &edits,
	.what = path_what,
	.describe = secret_describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
