/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

enum { LINKS_MAX = 40 }; /* as the kernel's MAXSYMLINKS (path_resolution(7)) */

void path_what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "path"));
}

char *path_on(const struct node *node, const json_t *want)
{
	return node_path(node, json_text(want, "path"));
}

int path_look(const char *path, struct stat *ret, struct err *err)
{
	if (lstat(path, ret) == 0)
		return 1;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return err_errno(err, errno, "cannot look at '%s'", path);
}

int path_need_parent(const char *path, struct err *err)
{
	_cleanup_free_ char *parent = file_parent(path);
	struct stat st;

	if (stat(parent, &st) < 0)
		return err_errno(err, errno, "the directory '%s' for '%s' cannot be used", parent, path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "'%s' is %s, not a directory: '%s' cannot be made in it", parent,
			file_type_name(st.st_mode), path);
	return 0;
}

void path_remove_temporary(const char *path)
{
	_cleanup_free_ char *temporary = file_temporary_name(path);

	unlink(temporary);
}

int path_remove(const char *path, struct err *err)
{
	if (unlink(path) == 0)
		return file_sync_parent(path, err);
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return err_errno(err, errno, "cannot remove '%s'", path);
}

int path_symlink(const char *path, const char *target, struct err *err)
{
	_cleanup_free_ char *temporary = file_temporary_name(path);

	if (unlink(temporary) < 0 && errno != ENOENT)
		return err_errno(err, errno, "cannot remove '%s'", temporary);
	if (symlink(target, temporary) < 0)
		return err_errno(err, errno, "cannot make the symbolic link '%s'", temporary);
	if (rename(temporary, path) < 0) {
		int code = errno;

		unlink(temporary);
		return err_errno(err, code, "cannot put '%s' in its place", path);
	}
	return file_sync_parent(path, err);
}

int path_follow(const struct node *node, const char *path, char **ret, struct err *err)
{
	_cleanup_free_ char *at = mem_strdup(path); /* as the node sees it */
	unsigned int hops;

	for (hops = 0; hops < LINKS_MAX; hops++) {
		_cleanup_free_ char *real = node_path(node, at), *parent = file_parent(at);
		char target[PATH_MAX];
		struct stat st;
		ssize_t n;

		if (lstat(real, &st) < 0 && hops > 0)
			return err_errno(err, errno, "'%s' is a symbolic link to '%s', which cannot be used", path, at);
		n = readlink(real, target, sizeof(target) - 1);
		if (n < 0) {
			*ret = TAKE_PTR(real);
			return 0;
		}
		target[n] = '\0';
		free(at);
		at = target[0] == '/' ? mem_strdup(target) : mem_printf("%s/%s", parent, target);
	}
	return err_set(err, ELOOP, "'%s' is a symbolic link that leads to itself", path);
}

int path_rename(const char *from, const char *to, struct err *err)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
		return err_errno(err, errno, "cannot rename '%s' to '%s'", from, to);
	return file_sync_parent(to, err);
}

const char *mode_text(mode_t mode, char ret[MODE_TEXT_MAX])
{
	snprintf(ret, MODE_TEXT_MAX, "%04o", (unsigned int)mode & 07777);
	return ret;
}

mode_t mode_of(const json_t *object, const char *key)
{
	const char *text = json_text(object, key);
	mode_t mode = 0;

	for (; text && *text >= '0' && *text <= '7'; text++)
		mode = (mode << 3 | (mode_t)(*text - '0')) & 07777;
	return mode;
}
