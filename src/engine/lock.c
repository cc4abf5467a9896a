/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

struct lock {
	int fd;
	char *path;
};

static int busy(int fd, const char *path, struct err *err)
{
	char text[512] = "";
	_cleanup_json_ json_t *holder = NULL;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n > 0)
		holder = json_loadb(text, (size_t)n, 0, NULL);
	if (json_text(holder, "verb") == NULL)
		return err_set(
			err, EBUSY, "another lazyjack is running on this machine (it holds '%s'): wait for it", path);
	return err_set(err, EBUSY,
		"another lazyjack is running on this machine: '%s', process %lld, since %s; wait for it to end",
		json_text(holder, "verb"), (long long)json_number(holder, "pid"), json_text(holder, "since"));
}

static int say_who(int fd, const char *path, const char *verb, struct err *err)
{
	char now[CLOCK_TEXT_MAX];
	_cleanup_json_ json_t *holder = NULL;
	_cleanup_free_ char *line = NULL;
	size_t len;

	clock_text(now);
	holder = json_make("{s:s,s:I,s:s}", "verb", verb, "pid", (json_int_t)getpid(), "since", now);
	line = json_line(holder);
	len = strlen(line);
	if (ftruncate(fd, 0) < 0 || pwrite(fd, line, len, 0) != (ssize_t)len)
		return err_errno(err, errno ? errno : ENOSPC, "cannot write the lock file '%s'", path);
	return 0;
}

int lock_take(const char *path, const char *verb, struct lock **ret, struct err *err)
{
	struct stat ours, there;
	struct lock *lock;
	int fd, r;

	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd < 0)
			return err_errno(err, errno, "cannot open the lock file '%s'", path);
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			r = errno == EWOULDBLOCK ? busy(fd, path, err)
						 : err_errno(err, errno, "cannot lock '%s'", path);
			close(fd);
			return r;
		}
		/* The holder before us removes the file when it is done: then we have locked a file nobody else can
		 * find. */
		if (fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_ino == there.st_ino &&
			ours.st_dev == there.st_dev)
			break;
		close(fd);
	}
	r = say_who(fd, path, verb, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	lock = mem_new(1, sizeof(*lock));
	*lock = (struct lock){.fd = fd, .path = mem_strdup(path)};
	*ret = lock;
	return 0;
}

void lock_release(struct lock *lock)
{
	if (lock == NULL)
		return;
	unlink(lock->path);
	close(lock->fd);
	free(lock->path);
	free(lock);
}
