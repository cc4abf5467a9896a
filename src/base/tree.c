/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"

enum { DEPTH_MAX = 256 };

/* Empty the directory `fd` (taken over); descriptors, not paths, so that a renamed parent cannot lead elsewhere. */
static int empty_directory(int fd, dev_t device, const char *path, unsigned int depth, struct err *err)
{
	struct dirent *entry;
	DIR *directory;
	int r = 0;

	directory = fdopendir(fd);
	if (directory == NULL) {
		close(fd);
		return err_errno(err, ENOMEM, "cannot read directory '%s'", path);
	}
	while (r == 0 && (errno = 0, entry = readdir(directory)) != NULL) {
		struct stat st;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			int child;

			if (st.st_dev != device || depth >= DEPTH_MAX) {
				r = err_set(err, EXDEV, "'%s/%s' is a mount of its own: unmount it first", path,
					entry->d_name);
				break;
			}
			child = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (child < 0)
				r = err_errno(err, errno, "cannot open directory '%s/%s'", path, entry->d_name);
			else
				r = empty_directory(child, device, path, depth + 1, err);
			if (r < 0)
				break;
		}
		if (unlinkat(fd, entry->d_name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0) < 0 && errno != ENOENT)
			r = err_errno(err, errno, "cannot remove '%s/%s'", path, entry->d_name);
	}
	closedir(directory);
	return r;
}

int file_remove_tree(const char *path, struct err *err)
{
	struct stat st;
	int fd, r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_errno(err, errno, "cannot look at '%s'", path);
	if (!S_ISDIR(st.st_mode))
		return unlink(path) < 0 && errno != ENOENT ? err_errno(err, errno, "cannot remove '%s'", path) : 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "cannot open directory '%s'", path);
	r = empty_directory(fd, st.st_dev, path, 0, err);
	if (r < 0)
		return r;
	if (rmdir(path) < 0 && errno != ENOENT)
		return err_errno(err, errno, "cannot remove directory '%s'", path);
	return 0;
}
