/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "resource/cgroup-hierarchy.h"

enum {
	END_MS = 10000, /* for killed processes to be gone, which includes tearing down their namespaces */
	DEPTH_MAX = 32,
};

/*
 * Version 1 only: a group that isn't systemd's means that somebody confines this process with that controller (memory,
 * say).
 */
static bool confined(const struct hierarchy *hierarchy)
{
	const char *own = hierarchy->own;

	return hierarchy->controllers[0] != '\0' && !str_eq(hierarchy->controllers, "name=systemd") &&
	       !str_eq(own, "/") && strstr(own, ".slice") == NULL && strstr(own, ".scope") == NULL &&
	       strstr(own, ".service") == NULL;
}

/* Below the group that confines us: a group of the nodes' own elsewhere would be a way out. */
static char *group_path(const struct hierarchy *hierarchy, const char *group)
{
	if (!confined(hierarchy))
		return hierarchy_group(hierarchy, group);
	return mem_printf("%s%s/%s", hierarchy->mount, hierarchy->own, group);
}

/* A new v1 cpuset has neither CPUs nor memory, and nothing can run in it (admin-guide/cgroup-v1/cpusets.rst, 1.8). */
static void inherit_cpuset(const char *parent, const char *directory)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = mem_printf("%s/%s", parent, files[i]);
		_cleanup_str_ struct str value = STR_INIT;

		if (kernel_file_read(path, &value, NULL) == 0 && value.len)
			(void)kernel_file_write(directory, files[i], value.s);
	}
}

/*
 * Version 2: what a group's children may use has to be switched on in the group (admin-guide/cgroup-v2.rst, "Enabling
 * and Disabling"). One by one, since one refused controller refuses the whole line. What cannot be had is done without.
 */
static void delegate_controllers(const char *directory)
{
	_cleanup_free_ char *path = mem_printf("%s/cgroup.controllers", directory);
	_cleanup_str_ struct str list = STR_INIT;
	char *word, *rest;

	if (kernel_file_read(path, &list, NULL) < 0)
		return;
	rest = list.s;
	while (rest && (word = strsep(&rest, " \n")) != NULL) {
		_cleanup_free_ char *enable = mem_printf("+%s", word);

		if (*word)
			(void)kernel_file_write(directory, "cgroup.subtree_control", enable);
	}
}

static int make_one(const struct hierarchy *hierarchy, const char *group, struct err *err)
{
	_cleanup_free_ char *path = group_path(hierarchy, group);
	char *p;

	for (p = path + strlen(hierarchy->mount); p; p = strchr(p + 1, '/')) {
		_cleanup_free_ char *parent = mem_strndup(path, (size_t)(p - path));
		char *next = strchr(p + 1, '/');
		_cleanup_free_ char *directory = next ? mem_strndup(path, (size_t)(next - path)) : mem_strdup(path);

		if (hierarchy->controllers[0] == '\0' && !str_eq(parent, hierarchy->mount))
			delegate_controllers(parent);
		if (mkdir(directory, 0755) < 0 && errno != EEXIST)
			return err_errno(err, errno, "cannot make the control group '%s'", directory);
		if (strstr(hierarchy->controllers, "cpuset"))
			inherit_cpuset(parent, directory);
	}
	return 0;
}

int cgroup_make(const struct node *node, const char *group, struct err *err)
{
	_cleanup_hierarchies_ struct hierarchies list = {.n = 0};
	size_t i;
	int r;

	r = hierarchies_load(node, &list, err);
	/* The main one last, as cgroup_exists() looks for it: it then means that all are there. */
	for (i = list.n; r >= 0 && i-- > 0;)
		r = make_one(&list.items[i], group, err);
	return r;
}

int cgroup_exists(const struct node *node, const char *group, struct err *err)
{
	_cleanup_hierarchies_ struct hierarchies list = {.n = 0};
	_cleanup_free_ char *path = NULL;
	int r;

	r = hierarchies_load(node, &list, err);
	if (r < 0)
		return r;
	path = hierarchy_group(&list.items[0], group);
	return access(path, F_OK) == 0;
}

int cgroup_enter(const struct node *node, const char *group, struct err *err)
{
	_cleanup_hierarchies_ struct hierarchies list = {.n = 0};
	size_t i;
	int r;

	r = hierarchies_load(node, &list, err);
	for (i = 0; r >= 0 && i < list.n; i++) {
		_cleanup_free_ char *path = group_path(&list.items[i], group);

		r = kernel_file_write(path, "cgroup.procs", "0");
		if (r == -ENOENT && i > 0)
			r = 0;
		if (r < 0)
			return err_errno(err, -r, "cannot enter the control group '%s'", path);
	}
	return r;
}

int cgroup_enter_beside(const struct node *node, const char *group, pid_t other, struct err *err)
{
	_cleanup_hierarchies_ struct hierarchies list = {.n = 0};
	_cleanup_free_ char *proc = mem_printf("/proc/%d/cgroup", (int)other);
	_cleanup_str_ struct str text = STR_INIT;
	char *line, *rest;
	size_t i;
	int r;

	r = hierarchies_load(node, &list, err);
	if (r >= 0)
		r = kernel_file_read(proc, &text, err);
	if (r < 0)
		return r;
	rest = text.s;
	while (rest && (line = strsep(&rest, "\n")) != NULL) {
		char *controllers = strchr(line, ':'), *path;

		path = controllers ? strchr(controllers + 1, ':') : NULL;
		if (path == NULL || strstr(path, group) == NULL)
			continue;
		*path++ = '\0';
		controllers++;
		for (i = 0; i < list.n; i++) {
			_cleanup_free_ char *directory = mem_printf("%s%s", list.items[i].mount, path);

			if (!str_eq(list.items[i].controllers, controllers))
				continue;
			r = kernel_file_write(directory, "cgroup.procs", "0");
			if (r < 0)
				return err_errno(err, -r, "cannot enter the control group '%s'", directory);
		}
	}
	return 0;
}

/* Call `fn` for each process in the group and below; stop when it returns other than 0. */
static int each_member(const char *directory, int depth, int (*fn)(void *user, pid_t pid), void *user)
{
	_cleanup_free_ char *procs = mem_printf("%s/cgroup.procs", directory);
	_cleanup_str_ struct str list = STR_INIT;
	struct dirent *entry;
	char *line, *rest;
	DIR *children;
	int r = 0;

	if (kernel_file_read(procs, &list, NULL) == 0) {
		rest = list.s;
		while (r == 0 && rest && (line = strsep(&rest, "\n")) != NULL) {
			unsigned long pid;

			/* 0 stands for a process outside of the reader's PID namespace. */
			if (str_to_uint(line, 1UL << 30, &pid) == 0 && pid > 0)
				r = fn(user, (pid_t)pid);
		}
	}
	children = depth < DEPTH_MAX ? opendir(directory) : NULL;
	while (r == 0 && children && (entry = readdir(children)) != NULL) {
		_cleanup_free_ char *child = mem_printf("%s/%s", directory, entry->d_name);

		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			r = each_member(child, depth + 1, fn, user);
	}
	if (children)
		closedir(children);
	return r;
}

static int count_one(void *user, pid_t pid)
{
	(*(int *)user)++;
	return 0;
}

int cgroup_count(const struct node *node, const char *group, struct err *err)
{
	_cleanup_hierarchies_ struct hierarchies list = {.n = 0};
	_cleanup_free_ char *path = NULL;
	int n = 0, r;

	r = hierarchies_load(node, &list, err);
	if (r < 0)
		return r;
	path = hierarchy_group(&list.items[0], group);
	each_member(path, 0, count_one, &n);
	return n;
}

static int is_leader(void *user, pid_t pid)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/status", (int)pid);
	_cleanup_str_ struct str status = STR_INIT;
	const char *line;
	char *end;
	int levels;

	if (kernel_file_read(path, &status, NULL) < 0 || status.len == 0)
		return 0;
	line = strstr(status.s, "\nNSpid:");
	if (line == NULL)
		return 0;
	/* Its number in each PID namespace from ours inwards: the node's init is 1 in the second and in no third. */
	line += strlen("\nNSpid:");
	for (levels = 0; *line == '\t'; levels++, line = end) {
		long number = strtol(line + 1, &end, 10);

		if (levels == 1 && number == 1 && *end == '\n') {
			*(pid_t *)user = pid;
			return 1;
		}
	}
	return 0;
}

int cgroup_leader(const struct node *node, const char *group, pid_t *ret, struct err *err)
{
	_cleanup_hierarchies_ struct hierarchies list = {.n = 0};
	_cleanup_free_ char *path = NULL;
	int r;

	r = hierarchies_load(node, &list, err);
	if (r < 0)
		return r;
	path = hierarchy_group(&list.items[0], group);
	return each_member(path, 0, is_leader, ret) == 1 ? 0 : err_set(err, ESRCH, "no init runs in '%s'", path);
}

/*
 * Between reading the number and the signal the process may have ended and its number been given to another: the pidfd
 * holds on to the one whose group is looked at. Where there is none (Linux before 5.3, valgrind) that window remains.
 */
static int kill_one(void *user, pid_t pid)
{
	_cleanup_free_ char *path = mem_printf("/proc/%d/cgroup", (int)pid);
	_cleanup_close_ int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	bool by_number = fd < 0 && errno == ENOSYS;
	_cleanup_str_ struct str text = STR_INIT;

	if ((fd < 0 && !by_number) || kernel_file_read(path, &text, NULL) < 0 ||
		strstr(str_text(&text), (const char *)user) == NULL)
		return 0;
	if (by_number)
		(void)kill(pid, SIGKILL);
	else
		(void)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
	return 0;
}

int cgroup_kill(const struct node *node, const char *group, struct err *err)
{
	_cleanup_hierarchies_ struct hierarchies list = {.n = 0};
	_cleanup_free_ char *path = NULL, *inside = mem_printf("/%s", group);
	int64_t deadline = clock_ms() + END_MS;
	int r;

	r = hierarchies_load(node, &list, err);
	if (r < 0)
		return r;
	path = hierarchy_group(&list.items[0], group);
	for (;;) {
		int n = 0;

		each_member(path, 0, kill_one, inside);
		each_member(path, 0, count_one, &n);
		if (n == 0)
			return 0;
		if (clock_left(deadline) == 0)
			return err_set(err, ETIMEDOUT, "%d processes in '%s' do not end: see 'cat %s/cgroup.procs'", n,
				path, path);
		clock_pause(10);
	}
}

/* Groups are removed bottom up; their files go with them. */
static int remove_tree(const char *directory, int depth)
{
	struct dirent *entry;
	DIR *children;

	children = depth < DEPTH_MAX ? opendir(directory) : NULL;
	while (children && (entry = readdir(children)) != NULL) {
		_cleanup_free_ char *child = mem_printf("%s/%s", directory, entry->d_name);

		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			(void)remove_tree(child, depth + 1);
	}
	if (children)
		closedir(children);
	return rmdir(directory) < 0 && errno != ENOENT ? -errno : 0;
}

static int remove_one(const char *mount, const char *path, int64_t deadline, struct err *err)
{
	_cleanup_free_ char *above = mem_strndup(path, (size_t)(strrchr(path, '/') - path));
	int r;

	/* Busy until the last zombie is reaped. */
	while ((r = remove_tree(path, 0)) == -EBUSY && clock_left(deadline))
		clock_pause(10);
	if (r < 0)
		return err_errno(err, -r, "cannot remove the control group '%s'", path);
	if (!str_eq(above, mount))
		(void)rmdir(above);
	return 0;
}

json_t *cgroup_places(const struct node *node, const char *group)
{
	_cleanup_hierarchies_ struct hierarchies list = {.n = 0};
	json_t *places = json_array();
	size_t i;

	(void)hierarchies_load(node, &list, NULL);
	for (i = 0; i < list.n; i++) {
		_cleanup_free_ char *path = group_path(&list.items[i], group);

		json_array_append_new(places, json_string(path));
	}
	return places;
}

static int remove_places(
	const struct hierarchy *hierarchy, const char *group, const json_t *places, int64_t deadline, struct err *err)
{
	_cleanup_free_ char *below = mem_printf("%s/", hierarchy->mount), *end = mem_printf("/%s", group);
	const json_t *place;
	size_t i;
	int r = 0;

	json_array_foreach (places, i, place) {
		const char *path = json_string_value(place);

		if (r == 0 && path && str_starts(path, below) && str_ends(path, end) && strstr(path, "/../") == NULL)
			r = remove_one(hierarchy->mount, path, deadline, err);
	}
	return r;
}

int cgroup_remove(const struct node *node, const char *group, const json_t *places, struct err *err)
{
	_cleanup_hierarchies_ struct hierarchies list = {.n = 0};
	int64_t deadline = clock_ms() + END_MS;
	size_t i;
	int r;

	r = hierarchies_load(node, &list, err);
	/* The main one last again, as long as it is there the rest may be. */
	for (i = list.n; r >= 0 && i-- > 0;) {
		_cleanup_free_ char *path = hierarchy_group(&list.items[i], group);

		r = remove_places(&list.items[i], group, places, deadline, err);
		if (r == 0)
			r = remove_one(list.items[i].mount, path, deadline, err);
	}
	return r;
}
