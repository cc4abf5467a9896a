/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/diff.h"
#include "resource/hosts-text.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/path.h"
#include "resource/shared-file.h"

struct step step_hosts(const char *path, const struct step_hosts_entry *entries, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++) {
		char text[ADDRESS_TEXT_MAX];

		json_array_append_new(
			list, json_make("[s,s]", entries[i].name, address_text(&entries[i].address, text)));
	}
	return step_make(&hosts_ops, json_make("{s:s,s:o}", "path", path, "entries", list));
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "add %zu entries to %s", json_array_size(json_object_get(want, "entries")),
		json_text(want, "path"));
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	const json_t *entries = json_object_get(step->want, "entries");
	_cleanup_shared_file_ struct shared_file file = SHARED_FILE_INIT;
	struct hosts_found found;
	int r;

	r = shared_file_read(node, json_text(step->want, "path"), &file, err);
	if (r < 0)
		return r;
	hosts_look(file.text, file.len, entries, &found);
	if (found.missing == NULL && found.stale == 0) {
		r = STEP_IN_PLACE;
	} else if (!found.marked) {
		r = STEP_MISSING;
	} else if (!ours) {
		/* They cannot be told from ours later, so the file could not be put back as it is. */
		return err_set(err, EEXIST,
			"'%s' has lines marked '#[+]' or '#[-]' by another lazyjack: run its clean, or remove the "
			"marks",
			file.path);
	} else {
		r = STEP_DRIFTED;
	}
	if (r == STEP_DRIFTED && ret_detail) {
		if (found.missing)
			str_addf(ret_detail, "the entry for '%s' is missing", found.missing);
		else
			str_addf(ret_detail, "%zu entries are stale", found.stale);
	}
	if (ret_undo)
		*ret_undo = shared_file_undo(&file);
	return r;
}

static void edit(const json_t *want, const struct shared_file *file, struct str *ret)
{
	_cleanup_str_ struct str bare = STR_INIT;

	hosts_strip(file->text, file->len, &bare);
	hosts_add(str_text(&bare), bare.len, json_object_get(want, "entries"), ret);
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_shared_file_ struct shared_file file = SHARED_FILE_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	int r;

	r = shared_file_read(node, json_text(step->want, "path"), &file, err);
	if (r < 0)
		return r;
	edit(step->want, &file, &text);
	return shared_file_write(&file, str_text(&text), text.len, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_shared_file_ struct shared_file file = SHARED_FILE_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	int r;

	r = shared_file_read(node, json_text(step->want, "path"), &file, err);
	if (r < 0)
		return r;
	hosts_strip(file.text, file.len, &text);
	return shared_file_restore(&file, undo, str_text(&text), text.len, err);
}

static void diff(const struct step *step, struct node *node, struct str *ret)
{
	_cleanup_shared_file_ struct shared_file file = SHARED_FILE_INIT;
	_cleanup_str_ struct str text = STR_INIT;
	const char *path = json_text(step->want, "path");

	if (shared_file_read(node, path, &file, NULL) < 0)
		return;
	edit(step->want, &file, &text);
	diff_unified(path, file.exists ? file.text : NULL, file.len, str_text(&text), text.len, ret);
}

const struct step_ops hosts_ops = {
	.kind = "hosts",
	.may_be_shared = true,
	.reverts_drifted = true,
	.what = path_what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
	.diff = diff,
};
