/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/backup.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/xattr.h"
#include "resource/path.h"

static int take_symlink(const char *path, json_t **ret, struct err *err)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target));
	json_t *text;

	if (n < 0)
		return err_errno(err, errno, "cannot read the symbolic link '%s'", path);
	text = json_stringn(target, (size_t)n);
	if (text == NULL)
		return err_set(
			err, EILSEQ, "the target of the symbolic link '%s' is not UTF-8: replace it first", path);
	*ret = json_make("{s:o}", "symlink", text);
	return 0;
}

static int take_file(const char *path, json_t **ret, struct err *err)
{
	_cleanup_free_ char *content = NULL;
	struct file_attr attr;
	char mode[MODE_TEXT_MAX];
	json_t *backup, *text, *xattrs;
	size_t len;
	int r;

	r = file_read_nofollow(path, BACKUP_MAX, &content, &len, &attr, err);
	if (r < 0)
		return r;
	backup = json_make("{s:s,s:I,s:I}", "mode", mode_text(attr.mode, mode), "uid", (json_int_t)attr.uid, "gid",
		(json_int_t)attr.gid);
	/* Not every jansson writes a string with NUL that every reader takes. */
	text = memchr(content, '\0', len) ? NULL : json_stringn(content, len);
	if (text) {
		json_object_set_new(backup, "content", text);
	} else {
		_cleanup_free_ char *encoded = base64_encode(content, len);

		json_object_set_new(backup, "base64", json_string(encoded));
	}
	xattrs = xattr_read(path);
	if (xattrs)
		json_object_set_new(backup, "xattrs", xattrs);
	*ret = backup;
	return 0;
}

int backup_take(const char *path, json_t **ret, struct err *err)
{
	struct stat st;
	int r;

	r = path_look(path, &st, err);
	if (r < 0)
		return r;
	if (r == 0) {
		*ret = json_null();
		return 0;
	}
	return S_ISLNK(st.st_mode) ? take_symlink(path, ret, err) : take_file(path, ret, err);
}

static int restore_file(const char *path, const json_t *backup, struct err *err)
{
	const json_t *text = json_object_get(backup, "content");
	const char *encoded = json_text(backup, "base64");
	struct file_attr attr = {
		.mode = mode_of(backup, "mode"),
		.uid = (uid_t)json_number(backup, "uid"),
		.gid = (gid_t)json_number(backup, "gid"),
	};
	_cleanup_free_ char *decoded = NULL;
	const char *content = json_string_value(text);
	size_t len = json_string_length(text);
	struct stat st;
	int r;

	if (encoded && base64_decode(encoded, &decoded, &len) == 0)
		content = decoded;
	if (content == NULL)
		return err_set(err, EBADMSG, "the record for '%s' holds no content", path);
	/* A link there is ours (step_symlink) or was put there by an interrupted run; file_replace() does not follow
	 * it. */
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && unlink(path) < 0)
		return err_errno(err, errno, "cannot remove '%s'", path);
	r = file_replace(path, content, len, &attr, err);
	if (r == 0)
		xattr_write(path, json_object_get(backup, "xattrs"));
	return r;
}

int backup_restore(const char *path, const json_t *backup, struct err *err)
{
	const char *target = json_text(backup, "symlink");

	path_remove_temporary(path);
	if (backup == NULL || json_is_null(backup))
		return path_remove(path, err);
	return target ? path_symlink(path, target, err) : restore_file(path, backup, err);
}
