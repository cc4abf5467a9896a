/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/sysctl-value.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

#define VALUE_MAX 4096

int sysctl_path(const char *key, char **ret, struct err *err)
{
	_cleanup_free_ char *path = mem_strdup(key);
	_cleanup_free_ char *framed = NULL;
	char *c;

	for (c = path; *c; c++) {
		if (*c == '.')
			*c = '/';
		else if (*c == '/')
			*c = '.';
		else if (!isascii((unsigned char)*c) || (!isalnum((unsigned char)*c) && *c != '_' && *c != '-'))
			return err_set(err, EINVAL, "'%s' can't be the name of a sysctl", key);
	}
	framed = mem_printf("/%s/", path);
	if (strstr(path, "..") || strstr(framed, "//") || strstr(framed, "/./"))
		return err_set(err, EINVAL, "'%s' can't be the name of a sysctl", key);
	*ret = TAKE_PTR(path);
	return 0;
}

struct access {
	const char *path;
	const char *name;  /* for each entry of a directory */
	const char *value; /* to write */
	char *found;
	json_t *into;
};

static char *one_line(char *text)
{
	char *from, *to = text;

	for (from = text; *from; from++) {
		if (!isspace((unsigned char)*from))
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	}
	if (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
	return text;
}

static int read_here(void *user, struct err *err)
{
	struct access *access = user;
	_cleanup_free_ char *file = mem_printf("/proc/sys/%s", access->path);
	size_t len;
	int r;

	r = file_read(file, VALUE_MAX, &access->found, &len, NULL, err);
	if (r == -ENOENT) {
		err_done(err);
		return 0;
	}
	if (r < 0)
		return r;
	one_line(access->found);
	return 1;
}

int sysctl_read(struct node *node, const char *netns, const char *path, char **ret, struct err *err)
{
	struct access access = {.path = path};
	int fd, r;

	if (node_netns_fd(node, netns, &fd, NULL) == -ENOENT)
		return 0;
	r = node_in_netns(node, netns, read_here, &access, err);
	if (r == 1)
		*ret = access.found;
	return r;
}

static int read_each_here(void *user, struct err *err)
{
	struct access *access = user;
	_cleanup_free_ char *path = mem_printf("/proc/sys/%s", access->path);
	struct dirent *entry;
	DIR *directory = opendir(path);

	if (directory == NULL)
		return errno == ENOENT ? 0 : err_errno(err, errno, "can't list '%s'", path);
	while ((entry = readdir(directory)) != NULL) {
		_cleanup_free_ char *below = mem_printf("%s/%s/%s", access->path, entry->d_name, access->name);
		struct access one = {.path = below};

		if (entry->d_name[0] == '.')
			continue;
		/* Some can't be read before they were set (stable_secret): those have nothing to put back. */
		if (read_here(&one, NULL) == 1)
			json_object_set_new(access->into, below, json_string(one.found));
		free(one.found);
	}
	closedir(directory);
	return 0;
}

int sysctl_read_each(
	struct node *node, const char *netns, const char *directory, const char *name, json_t *into, struct err *err)
{
	struct access access = {.path = directory, .name = name, .into = into};

	return node_in_netns(node, netns, read_each_here, &access, err);
}

static int write_here(void *user, struct err *err)
{
	struct access *access = user;
	_cleanup_free_ char *file = mem_printf("/proc/sys/%s", access->path);
	_cleanup_close_ int fd = open(file, O_WRONLY | O_CLOEXEC);

	/* In one piece: each write(2) to such a file is a value of its own. */
	if (fd < 0 || write(fd, access->value, strlen(access->value)) < 0)
		return err_errno(err, errno, "can't write '%s' to '%s'", access->value, file);
	return 0;
}

int sysctl_write(struct node *node, const char *netns, const char *path, const char *value, struct err *err)
{
	struct access access = {.path = path, .value = value};

	return node_in_netns(node, netns, write_here, &access, err);
}
