/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/path.h"

enum { SIZE_MAX_COPY = 256 << 20 };

struct step step_copied_file(const char *path, const char *source, const char *sha256, mode_t mode)
{
	char text[MODE_TEXT_MAX];

	return step_make(&copied_file_ops, json_make("{s:s,s:s,s:s,s:s}", "path", path, "source", source, "sha256",
						   sha256, "mode", mode_text(mode, text)));
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "install -m %s %s %s", json_text(want, "mode"), json_text(want, "source"),
		json_text(want, "path"));
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want), *content = NULL;
	struct file_attr attr;
	struct stat st;
	char sha256[65];
	size_t len;
	int r;

	r = path_look(path, &st, err);
	if (r < 0)
		return r;
	if (r == 1 && !ours)
		return err_set(err, EEXIST, "'%s' is there already: move it away first", path);
	if (ret_undo)
		*ret_undo = json_null();
	if (r == 0)
		return STEP_MISSING;
	r = file_read_nofollow(path, SIZE_MAX_COPY, &content, &len, &attr, err);
	if (r < 0)
		return r;
	file_sha256(content, len, sha256);
	if (str_eq(sha256, json_text(step->want, "sha256")) && attr.mode == mode_of(step->want, "mode"))
		return STEP_IN_PLACE;
	if (ret_detail)
		str_add(ret_detail, "its content or mode is another");
	return STEP_DRIFTED;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want), *content = NULL;
	struct file_attr attr = {.mode = mode_of(step->want, "mode")};
	const char *source = json_text(step->want, "source");
	char sha256[65];
	size_t len;
	int r;

	r = file_read(source, SIZE_MAX_COPY, &content, &len, NULL, err);
	if (r < 0)
		return r;
	file_sha256(content, len, sha256);
	if (!str_eq(sha256, json_text(step->want, "sha256")))
		return err_set(err, ESTALE, "'%s' changed meanwhile: run the command again", source);
	return file_replace(path, content, len, &attr, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);

	path_remove_temporary(path);
	return path_remove(path, err);
}

const struct step_ops copied_file_ops = {
	.kind = "copied-file",
	.what = path_what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
