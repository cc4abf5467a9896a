/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/cgroup-hierarchy.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

void hierarchies_done(struct hierarchies *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		free(list->items[i].mount);
		free(list->items[i].controllers);
		free(list->items[i].own);
	}
}

int kernel_file_read(const char *path, struct str *ret, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buffer[4096];
	ssize_t n;

	if (fd < 0)
		return err_errno(err, errno, "cannot open '%s'", path);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		str_add_n(ret, buffer, (size_t)n);
	return n < 0 ? err_errno(err, errno, "cannot read '%s'", path) : 0;
}

int kernel_file_write(const char *directory, const char *name, const char *value)
{
	_cleanup_free_ char *path = mem_printf("%s/%s", directory, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, value, strlen(value)) < 0 ? -errno : 0;
}

static char *find_mount(const struct node *node, const char *controllers)
{
	_cleanup_free_ char *first = mem_strndup(controllers, strcspn(controllers, ","));
	_cleanup_free_ char *below = node_path(node, "/sys/fs/cgroup");
	struct mntent entry;
	char *ret = NULL;
	char buffer[4096];
	FILE *mounts;

	mounts = setmntent("/proc/self/mounts", "re");
	while (mounts && ret == NULL && getmntent_r(mounts, &entry, buffer, sizeof(buffer))) {
		if (!str_starts(entry.mnt_dir, below))
			continue;
		if (*first ? str_eq(entry.mnt_type, "cgroup") && hasmntopt(&entry, first)
			   : str_eq(entry.mnt_type, "cgroup2"))
			ret = mem_strdup(entry.mnt_dir);
	}
	if (mounts)
		endmntent(mounts);
	return ret;
}

int hierarchies_load(const struct node *node, struct hierarchies *ret, struct err *err)
{
	_cleanup_str_ struct str text = STR_INIT;
	size_t i, main_index;
	char *line, *rest;
	int r;

	r = kernel_file_read("/proc/self/cgroup", &text, err);
	if (r < 0)
		return r;
	rest = text.s;
	while (rest && ret->n < HIERARCHIES_MAX && (line = strsep(&rest, "\n")) != NULL) {
		char *controllers = strchr(line, ':'), *own, *mount;

		own = controllers ? strchr(controllers + 1, ':') : NULL;
		if (own == NULL)
			continue;
		*own++ = '\0';
		mount = find_mount(node, ++controllers);
		if (mount)
			ret->items[ret->n++] = (struct hierarchy){
				.mount = mount, .controllers = mem_strdup(controllers), .own = mem_strdup(own)};
	}
	for (main_index = ret->n, i = 0; i < ret->n; i++)
		if (str_eq(ret->items[i].controllers, "name=systemd") ||
			(main_index == ret->n && ret->items[i].controllers[0] == '\0'))
			main_index = i;
	if (main_index == ret->n)
		return err_set(err, ENOENT,
			"no cgroup hierarchy that systemd can use is mounted: 'mount -t cgroup2 cgroup2 "
			"/sys/fs/cgroup'");
	if (main_index != 0) {
		struct hierarchy first = ret->items[0];

		ret->items[0] = ret->items[main_index];
		ret->items[main_index] = first;
	}
	return 0;
}

char *hierarchy_group(const struct hierarchy *hierarchy, const char *group)
{
	return mem_printf("%s/%s", hierarchy->mount, group);
}
