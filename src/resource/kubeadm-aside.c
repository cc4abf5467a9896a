/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/kubeadm-aside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "resource/path.h"

#define SUFFIX ".lazyjack-aside"

enum {
	DEPTH_MAX = 32,
	COPY_MAX = 64 << 20, /* octets of a file */
};

/* A directory whose entries are found, and the one beside which they are put aside, since reset does not empty what is
 * above. */
static const struct place {
	const char *top, *directory;
} places[] = {
	{"/var/lib/kubelet", "/var/lib/kubelet"},
	{"/var/lib/cni", "/var/lib/cni/networks"},
	{"/var/lib/cni", "/var/lib/cni/results"},
	{"/var/lib/cni", "/var/lib/cni/cache/results"},
	{"/etc/cni/net.d", "/etc/cni/net.d"},
};

/* The kubelet's own in /var/lib/kubelet; pods' mounts are in there. */
static const char *const kubelet_directories[] = {
	"checkpoints", "device-plugins", "pki", "plugins", "plugins_registry", "pod-resources", "pods", "lost+found"};

static bool is_kubelets(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kubelet_directories); i++)
		if (str_eq(name, kubelet_directories[i]))
			return true;
	return false;
}

static bool is_dots(const char *name)
{
	return str_eq(name, ".") || str_eq(name, "..");
}

static void find_in(const struct node *node, const struct place *place, json_t *ret)
{
	_cleanup_free_ char *real = node_path(node, place->directory);
	DIR *directory = opendir(real);
	struct dirent *entry;

	/* Podman's, for one, may be empty. */
	if (directory && !str_eq(place->directory, place->top))
		json_array_append_new(ret, json_string(place->directory));
	while (directory && (entry = readdir(directory))) {
		_cleanup_free_ char *path = mem_printf("%s/%s", place->directory, entry->d_name);

		/* A name that is no UTF-8 has no place in JSON, and is not worth an error. */
		if (!is_dots(entry->d_name) && !is_kubelets(entry->d_name))
			json_array_append_new(ret, json_string(path));
	}
	if (directory)
		closedir(directory);
}

json_t *kubeadm_aside_find(const struct node *node)
{
	json_t *paths = json_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		find_in(node, &places[i], paths);
	return paths;
}

/* Of the journal's paths only those that this program would have put there. */
static const struct place *place_of(const char *path)
{
	size_t i;

	for (i = 0; path && i < ARRAY_SIZE(places); i++) {
		size_t n = strlen(places[i].directory);

		if (str_eq(path, places[i].directory) && !str_eq(path, places[i].top))
			return &places[i];
		if (strncmp(path, places[i].directory, n) == 0 && path[n] == '/' && strchr(path + n + 1, '/') == NULL &&
			!is_dots(path + n + 1))
			return &places[i];
	}
	return NULL;
}

/* A directory with mode and owner of another one; no error when it is there. */
static int make_like(const char *model, const char *path, struct err *err)
{
	struct stat st;

	if (stat(model, &st) < 0)
		return err_errno(err, errno, "cannot look at '%s'", model);
	if (mkdir(path, 0700) < 0)
		return errno == EEXIST ? 0 : err_errno(err, errno, "cannot make directory '%s'", path);
	if (chown(path, st.st_uid, st.st_gid) < 0 || chmod(path, st.st_mode & 07777) < 0)
		return err_errno(err, errno, "cannot set owner and mode of directory '%s'", path);
	return 0;
}

/* Where a directory has a file system of its own. */
static int copy(const char *from, const char *to, struct err *err)
{
	char *text = NULL, target[PATH_MAX];
	struct file_attr attr;
	size_t len = 0;
	ssize_t n;
	int r;

	n = readlink(from, target, sizeof(target) - 1);
	if (n >= 0) {
		target[n] = '\0';
		return path_symlink(to, target, err);
	}
	r = file_read_nofollow(from, COPY_MAX, &text, &len, &attr, err);
	if (r == 0)
		r = file_replace(to, text, len, &attr, err);
	if (text)
		explicit_bzero(text, len);
	free(text);
	return r;
}

typedef int entry_fn(const char *from, const char *to, unsigned int depth, struct err *err);

static int each_entry(const char *from, const char *to, unsigned int depth, entry_fn *fn, struct err *err)
{
	DIR *directory = depth < DEPTH_MAX ? opendir(from) : NULL;
	struct dirent *entry;
	int r = 0;

	if (directory == NULL)
		return err_errno(err, depth < DEPTH_MAX ? errno : ELOOP, "cannot read directory '%s'", from);
	while (r == 0 && (entry = readdir(directory))) {
		_cleanup_free_ char *below = mem_printf("%s/%s", from, entry->d_name);
		_cleanup_free_ char *there = mem_printf("%s/%s", to, entry->d_name);

		if (!is_dots(entry->d_name))
			r = fn(below, there, depth + 1, err);
	}
	closedir(directory);
	return r;
}

static int link_tree(const char *from, const char *to, unsigned int depth, struct err *err)
{
	struct stat st;
	int r;

	if (lstat(from, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : err_errno(err, errno, "cannot look at '%s'", from);
	if (S_ISDIR(st.st_mode)) {
		r = make_like(from, to, err);
		return r < 0 ? r : each_entry(from, to, depth, link_tree, err);
	}
	if (link(from, to) == 0 || errno == EEXIST || errno == ENOENT)
		return 0;
	r = errno == EXDEV ? copy(from, to, err) : err_errno(err, errno, "cannot link it to '%s'", to);
	return r < 0 ? err_wrap(err,
			       "'%s' cannot be kept while 'kubeadm reset' empties its directory; move it away "
			       "first",
			       from)
		     : 0;
}

static int back_tree(const char *from, const char *to, unsigned int depth, struct err *err)
{
	struct stat st;
	int r;

	if (lstat(from, &st) < 0)
		return errno == ENOENT ? 0 : err_errno(err, errno, "cannot look at '%s'", from);
	if (S_ISDIR(st.st_mode)) {
		r = make_like(from, to, err);
		if (r == 0)
			r = each_entry(from, to, depth, back_tree, err);
		return r == 0 && rmdir(from) < 0 ? err_errno(err, errno, "cannot remove directory '%s'", from) : r;
	}
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno == EXDEV && lstat(to, &st) < 0) {
		r = copy(from, to, err);
		if (r < 0)
			return r;
	} else if (errno != EXDEV && errno != EEXIST) {
		return err_errno(err, errno, "cannot rename '%s' to '%s'", from, to);
	}
	/* Mostly it was there all along; or it is a newer one. */
	return unlink(from) < 0 ? err_errno(err, errno, "cannot remove '%s'", from) : 0;
}

/* The directories on the way from the place's top to an entry are made as they are there. */
static int put_one(const struct node *node, const struct place *place, const char *path, struct err *err)
{
	_cleanup_free_ char *real = node_path(node, path), *top = node_path(node, place->top);
	size_t n = strlen(top);
	_cleanup_free_ char *aside = mem_printf("%s" SUFFIX "%s", top, real + n);
	const char *slash;
	struct stat st;
	int r = 0;

	if (lstat(real, &st) < 0)
		return 0;
	for (slash = strchr(real + n, '/'); slash && r == 0; slash = strchr(slash + 1, '/')) {
		_cleanup_free_ char *from = mem_printf("%.*s", (int)(slash - real), real);
		_cleanup_free_ char *to = mem_printf("%s" SUFFIX "%s", top, from + n);

		r = make_like(from, to, err);
	}
	if (r == 0 && str_eq(path, place->directory)) /* What is in it has entries of its own. */
		return make_like(real, aside, err);
	return r < 0 ? r : link_tree(real, aside, 0, err);
}

/* On disk before anything is removed, and again before the way back is taken for gone. */
static int sync_above(const struct node *node, struct err *err)
{
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(places) && r == 0; i++) {
		_cleanup_free_ char *top = node_path(node, places[i].top);
		_cleanup_free_ char *above = file_parent(top);

		if (access(above, F_OK) == 0)
			r = file_sync_parent(top, err);
	}
	return r;
}

int kubeadm_aside_put(const struct node *node, const json_t *paths, struct err *err)
{
	size_t i;
	int r = 0;

	for (i = 0; i < json_array_size(paths) && r == 0; i++) {
		const char *path = json_string_value(json_array_get(paths, i));
		const struct place *place = place_of(path);

		if (place)
			r = put_one(node, place, path, err);
	}
	return r < 0 ? r : sync_above(node, err);
}

int kubeadm_aside_back(const struct node *node, struct err *err)
{
	size_t i;
	int r = 0;

	for (i = 0; i < ARRAY_SIZE(places) && r == 0; i++) {
		_cleanup_free_ char *top = node_path(node, places[i].top), *aside = mem_printf("%s" SUFFIX, top);

		r = back_tree(aside, top, 0, err);
	}
	return r < 0 ? r : sync_above(node, err);
}
