/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"

#define TEMPORARY_PREFIX "."
#define TEMPORARY_SUFFIX ".lazyjack-new"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *file_parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_strdup(".");
	if (slash == path)
		return mem_strdup("/");
	return mem_strndup(path, (size_t)(slash - path));
}

char *file_temporary_name(const char *path)
{
	_cleanup_free_ char *parent = file_parent(path);

	return mem_printf("%s/" TEMPORARY_PREFIX "%s" TEMPORARY_SUFFIX, parent, base_name(path));
}

const char *file_type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "a regular file";
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFLNK:
		return "a symbolic link";
	default:
		return "a device";
	}
}

static int read_all(int fd, const char *path, size_t max, char **ret, size_t *ret_len, struct err *err)
{
	size_t len = 0, cap = 0;
	_cleanup_free_ char *data = NULL;

	for (;;) {
		ssize_t n;

		data = mem_grow(data, len + 4096, &cap, 1);
		n = read(fd, data + len, cap - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, errno, "cannot read '%s'", path);
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return err_set(err, EFBIG, "'%s' is too large: more than %zu octets", path, max);
	}
	data[len] = '\0';
	*ret = TAKE_PTR(data);
	*ret_len = len;
	return 0;
}

static int read_file(const char *path, int flags, size_t max, char **ret, size_t *ret_len, struct file_attr *ret_attr,
	struct err *err)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	/* Without O_NONBLOCK the open of a FIFO would wait for a writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
	if (fd < 0)
		return err_errno(err, errno, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "cannot look at '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, S_ISDIR(st.st_mode) ? EISDIR : EINVAL, "'%s' is %s, not a regular file", path,
			file_type_name(st.st_mode));
	if (st.st_size > 0 && (size_t)st.st_size > max)
		return err_set(err, EFBIG, "'%s' is too large: %lld octets, at most %zu are read", path,
			(long long)st.st_size, max);
	r = read_all(fd, path, max, ret, ret_len, err);
	if (r < 0)
		return r;
	if (ret_attr)
		*ret_attr = (struct file_attr){.mode = st.st_mode & 07777, .uid = st.st_uid, .gid = st.st_gid};
	return 0;
}

int file_read(const char *path, size_t max, char **ret, size_t *ret_len, struct file_attr *ret_attr, struct err *err)
{
	return read_file(path, 0, max, ret, ret_len, ret_attr, err);
}

int file_read_nofollow(
	const char *path, size_t max, char **ret, size_t *ret_len, struct file_attr *ret_attr, struct err *err)
{
	return read_file(path, O_NOFOLLOW, max, ret, ret_len, ret_attr, err);
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Fill the new file and give it its looks, so that the rename shows it complete. */
static int fill(int fd, const char *path, const void *data, size_t len, const struct file_attr *attr, struct err *err)
{
	uid_t uid = attr->uid == (uid_t)-1 ? 0 : attr->uid;
	gid_t gid = attr->gid == (gid_t)-1 ? 0 : attr->gid;
	struct stat st;
	int r;

	r = write_all(fd, data, len);
	if (r < 0)
		return err_errno(err, -r, "cannot write '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_errno(err, errno, "cannot look at the new '%s'", path);
	if ((st.st_uid != uid || st.st_gid != gid) && fchown(fd, uid, gid) < 0)
		return err_errno(err, errno, "cannot set the owner of '%s'", path);
	/* After chown, which clears set-user-ID bits. */
	if (fchmod(fd, attr->mode & 07777) < 0)
		return err_errno(err, errno, "cannot set the mode of '%s'", path);
	if (fsync(fd) < 0)
		return err_errno(err, errno, "cannot sync '%s'", path);
	return 0;
}

int file_replace(const char *path, const void *data, size_t len, const struct file_attr *attr, struct err *err)
{
	_cleanup_free_ char *temporary = file_temporary_name(path);
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	if (lstat(path, &st) == 0) {
		if (S_ISLNK(st.st_mode))
			return err_set(
				err, ELOOP, "'%s' is a symbolic link: it is not followed, remove it first", path);
		if (!S_ISREG(st.st_mode))
			return err_set(err, EINVAL, "'%s' is %s, not a regular file", path, file_type_name(st.st_mode));
	}
	/* What a killed run left; callers hold lazyjack's lock, so nobody is writing it now. */
	if (unlink(temporary) < 0 && errno != ENOENT)
		return err_errno(err, errno, "cannot remove '%s'", temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(err, errno, "cannot make '%s'", temporary);
	r = fill(fd, path, data, len, attr, err);
	if (r == 0 && rename(temporary, path) < 0)
		r = err_errno(err, errno, "cannot put '%s' in its place", path);
	if (r < 0) {
		unlink(temporary);
		return r;
	}
	return file_sync_parent(path, err);
}

int file_sync_parent(const char *path, struct err *err)
{
	_cleanup_free_ char *parent = file_parent(path);
	_cleanup_close_ int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno(err, errno, "cannot open directory '%s'", parent);
	/* Some file systems (FUSE, 9p) cannot sync a directory and say EINVAL. */
	if (fsync(fd) < 0 && errno != EINVAL)
		return err_errno(err, errno, "cannot sync directory '%s'", parent);
	return 0;
}

int file_make_directories(const char *path, mode_t mode, struct err *err)
{
	_cleanup_free_ char *copy = mem_strdup(path);
	int made = 0;
	char *p;

	for (p = copy + 1;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) == 0)
			made = 1;
		else if (errno != EEXIST && errno != EISDIR)
			return err_errno(err, errno, "cannot make directory '%s'", copy);
		*p = c;
		if (c == '\0')
			return made;
	}
}

void file_sha256(const void *data, size_t len, char ret[65])
{
	unsigned char digest[32];
	unsigned int n = sizeof(digest), i;

	if (EVP_Digest(data, len, digest, &n, EVP_sha256(), NULL) != 1)
		mem_die();
	for (i = 0; i < 32; i++)
		snprintf(ret + (size_t)i * 2, 3, "%02x", digest[i]);
}
