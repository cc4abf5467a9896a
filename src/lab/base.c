/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/base.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "lab/lab.h"
#include "lab/recipe.h"

static const char temporary[] = LAB_CACHE "/base.new";

enum {
	BUILD_MS = 20 * 60 * 1000, /* a slow mirror is no error */
	DIGEST_DIGITS = 16,
};

static char *packages_of(bool kubernetes)
{
	return kubernetes ? mem_printf("%s,%s", lab_packages, lab_kubernetes_packages) : mem_strdup(lab_packages);
}

/* Everything that decides what comes out, in a fixed form. */
static void recipe_digest(bool kubernetes, char ret[65])
{
	_cleanup_free_ char *packages = packages_of(kubernetes);
	_cleanup_str_ struct str all = STR_INIT;
	const struct lab_recipe_file *file;
	const char *const *p;

	str_addf(&all, "%s\n%s\n", LAB_SUITE, packages);
	for (p = lab_masked_units; *p; p++)
		str_addf(&all, "mask %s\n", *p);
	for (p = lab_removed_files; *p; p++)
		str_addf(&all, "remove %s\n", *p);
	for (file = lab_files; file->path; file++)
		str_addf(&all, "file %s\n%s\n", file->path, file->content);
	file_sha256(all.s, all.len, ret);
}

static int run_mmdebstrap(bool kubernetes, struct err *err)
{
	_cleanup_free_ char *packages = packages_of(kubernetes), *include = mem_printf("--include=%s", packages);
	/* Without a mirror's name it takes the machine's own apt configuration. */
	const char *const argv[] = {"mmdebstrap", "--quiet", "--variant=minbase", include, LAB_SUITE, temporary, NULL};
	int r;

	r = run_checked(&(struct run_options){.argv = argv, .timeout_ms = BUILD_MS}, NULL, err);
	if (r == -ENOENT)
		return err_set(err, ENOENT, "the program 'mmdebstrap' is missing: install the package 'mmdebstrap'");
	return r;
}

static int configure(const char *root, struct err *err)
{
	struct file_attr attr = {.mode = 0644};
	const struct lab_recipe_file *file;
	const char *const *p;
	int r;

	for (p = lab_removed_files; *p; p++) {
		_cleanup_free_ char *path = mem_printf("%s%s", root, *p);

		if (unlink(path) < 0 && errno != ENOENT)
			return err_errno(err, errno, "cannot remove '%s'", path);
	}
	for (p = lab_masked_units; *p; p++) {
		_cleanup_free_ char *path = mem_printf("%s/etc/systemd/system/%s", root, *p);

		if (symlink("/dev/null", path) < 0 && errno != EEXIST)
			return err_errno(err, errno, "cannot make the link '%s'", path);
	}
	for (file = lab_files; file->path; file++) {
		_cleanup_free_ char *path = mem_printf("%s%s", root, file->path);
		_cleanup_free_ char *parent = file_parent(path);

		r = file_make_directories(parent, 0755, err);
		if (r >= 0)
			r = file_replace(path, file->content, strlen(file->content), &attr, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Those of older recipes; called only when no lab is up that could stand on one. */
static void remove_others(void)
{
	_cleanup_free_ char *plain = lab_base_path(false), *kubernetes = lab_base_path(true);
	struct dirent *entry;
	DIR *cache;

	cache = opendir(LAB_CACHE);
	while (cache && (entry = readdir(cache)) != NULL) {
		_cleanup_free_ char *path = mem_printf("%s/%s", LAB_CACHE, entry->d_name);

		if (str_starts(entry->d_name, "base-") && !str_eq(path, plain) && !str_eq(path, kubernetes))
			(void)file_remove_tree(path, NULL);
	}
	if (cache)
		closedir(cache);
}

static int build(bool kubernetes, const char *path, struct err *err)
{
	int fd, r;

	r = file_make_directories(LAB_CACHE, 0755, err);
	if (r >= 0)
		r = file_remove_tree(temporary, err);
	if (r >= 0)
		r = run_mmdebstrap(kubernetes, err);
	if (r >= 0)
		r = configure(temporary, err);
	if (r < 0) {
		(void)file_remove_tree(temporary, NULL);
		return r;
	}
	/* All of it on disk before the name says that it is complete. */
	fd = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)syncfs(fd);
		close(fd);
	}
	if (rename(temporary, path) < 0)
		return err_errno(err, errno, "cannot rename '%s' to '%s'", temporary, path);
	return file_sync_parent(path, err);
}

char *lab_base_path(bool kubernetes)
{
	char digest[65];

	recipe_digest(kubernetes, digest);
	return mem_printf("%s/base-%.*s", LAB_CACHE, DIGEST_DIGITS, digest);
}

int lab_base_make(bool kubernetes, struct err *err)
{
	_cleanup_free_ char *path = lab_base_path(kubernetes);
	int r;

	r = build(kubernetes, path, err);
	if (r < 0)
		return err_wrap(err, "cannot make the nodes' root file system");
	if (access(LAB_DIRECTORY, F_OK) < 0)
		remove_others();
	return 0;
}
