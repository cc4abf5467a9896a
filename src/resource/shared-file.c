/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/shared-file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/xattr.h"
#include "resource/path.h"

int shared_file_read(const struct node *node, const char *path, struct shared_file *ret, struct err *err)
{
	_cleanup_free_ char *at = NULL, *text = NULL;
	size_t len = 0;
	struct stat st;
	int r;

	r = path_follow(node, path, &at, err);
	if (r < 0)
		return r;
	r = path_look(at, &st, err);
	if (r < 0)
		return r;
	if (r == 1) {
		int code = file_read_nofollow(at, SHARED_FILE_MAX, &text, &len, NULL, err);

		if (code < 0)
			return code;
	}
	*ret = (struct shared_file){
		.path = TAKE_PTR(at), .text = text ? TAKE_PTR(text) : mem_strdup(""), .len = len, .exists = r == 1};
	return 0;
}

void shared_file_done(struct shared_file *file)
{
	free(file->path);
	free(file->text);
	*file = (struct shared_file)SHARED_FILE_INIT;
}

json_t *shared_file_undo(const struct shared_file *file)
{
	char digest[65];

	if (!file->exists)
		return json_null();
	file_sha256(file->text, file->len, digest);
	return json_make("{s:s,s:b}", "sha256", digest, "newline", file->len == 0 || file->text[file->len - 1] == '\n');
}

int shared_file_write(const struct shared_file *file, const char *text, size_t len, struct err *err)
{
	struct file_attr attr = {.mode = 0644, .uid = 0, .gid = 0};
	_cleanup_json_ json_t *xattrs = NULL;
	struct stat st;
	int r;

	if (file->exists && len == file->len && memcmp(text, file->text, len) == 0)
		return 0;
	r = path_need_parent(file->path, err);
	if (r < 0)
		return r;
	if (lstat(file->path, &st) == 0) {
		attr = (struct file_attr){.mode = st.st_mode & 07777, .uid = st.st_uid, .gid = st.st_gid};
		xattrs = xattr_read(file->path);
	}
	r = file_replace(file->path, text, len, &attr, err);
	if (r == 0)
		xattr_write(file->path, xattrs);
	return r;
}

int shared_file_restore(
	const struct shared_file *file, const json_t *undo, const char *text, size_t len, struct err *err)
{
	char digest[65];

	path_remove_temporary(file->path);
	if (!file->exists)
		return 0;
	if (json_is_null(undo) && len == 0)
		return path_remove(file->path, err);
	if (json_is_object(undo) && !json_flag(undo, "newline") && len > 0 && text[len - 1] == '\n') {
		file_sha256(text, len - 1, digest);
		if (str_eq(digest, json_text(undo, "sha256")))
			len--;
	}
	return shared_file_write(file, text, len, err);
}
