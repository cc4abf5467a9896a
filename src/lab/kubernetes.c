/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/kubernetes.h"

#include <dirent.h>
#include <errno.h>
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
#include "lab/archive.h"
#include "lab/lab.h"

#define CONTENT                                                                                                        \
	"it has to hold 'bin' with kubeadm, kubelet, kubectl and crictl, and 'images' with image archives (*.tar)"

enum {
	PROGRAM_MAX = 256 << 20,
	RECORD_MAX = 1 << 16,
	ARCHIVES_MAX = 1000,
};

static int add_program(const char *path, const char *name, struct lab_kubernetes *kubernetes, struct err *err)
{
	struct lab_program *program = &kubernetes->programs[kubernetes->n];
	_cleanup_free_ char *content = NULL;
	size_t len;
	int r;

	r = file_read(path, PROGRAM_MAX, &content, &len, NULL, err);
	if (r < 0)
		return r;
	program->name = name;
	file_sha256(content, len, program->sha256);
	kubernetes->n++;
	return 0;
}

static int find_programs(const char *directory, struct lab_kubernetes *kubernetes, struct err *err)
{
	size_t i;
	int r = 0;

	for (i = 0; r >= 0 && i < LAB_PROGRAMS_MAX; i++) {
		_cleanup_free_ char *path = mem_printf("%s/bin/%s", directory, lab_programs[i]);

		if (access(path, F_OK) == 0)
			r = add_program(path, lab_programs[i], kubernetes, err);
		else if (i < LAB_PROGRAMS_NEEDED)
			r = err_set(err, ENOENT, "there is no '%s': " CONTENT, path);
	}
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct lab_image *)a)->name, ((const struct lab_image *)b)->name);
}

static int add_archive(const char *directory, const char *name, struct lab_image *ret, struct err *err)
{
	_cleanup_free_ char *path = mem_printf("%s/images/%s", directory, name);
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return err_errno(err, errno, "cannot look at the image archive '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "'%s' is %s where an image archive has to be: rename or remove it", path,
			file_type_name(st.st_mode));
	r = archive_image_names(path, &ret->images, err);
	if (r < 0)
		return r;
	snprintf(ret->identity, sizeof(ret->identity), "%lld octets, %lld.%09ld", (long long)st.st_size,
		(long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	ret->name = path + strlen(path) - strlen(name);
	ret->path = TAKE_PTR(path);
	return 0;
}

int lab_images_find(const char *directory, struct lab_images *ret, struct err *err)
{
	_cleanup_free_ char *path = mem_printf("%s/images", directory);
	struct lab_images images = {.n = 0};
	DIR *stream = opendir(path);
	struct dirent *entry;
	size_t cap = 0;
	int r = 1;

	*ret = images;
	if (stream == NULL && errno == ENOENT)
		return 0;
	if (stream == NULL)
		return err_errno(err, errno, "cannot read the directory '%s'", path);
	while (r >= 0 && images.n < ARCHIVES_MAX && (entry = readdir(stream)) != NULL) {
		if (entry->d_name[0] == '.' || !str_ends(entry->d_name, ".tar"))
			continue;
		images.items = mem_grow(images.items, images.n, &cap, sizeof(*images.items));
		r = add_archive(directory, entry->d_name, &images.items[images.n], err);
		if (r >= 0)
			images.n++;
	}
	closedir(stream);
	if (r < 0) {
		lab_images_done(&images);
		return r;
	}
	if (images.n)
		qsort(images.items, images.n, sizeof(*images.items), by_name);
	*ret = images;
	return 1;
}

void lab_images_done(struct lab_images *images)
{
	size_t i;

	for (i = 0; i < images->n; i++) {
		free(images->items[i].path);
		json_decref(images->items[i].images);
	}
	free(images->items);
	*images = (struct lab_images){.n = 0};
}

/* The image that holds a pod's namespaces, which the container runtime has to be told of; NULL when there is none. */
static char *find_pause(const struct lab_images *images)
{
	const json_t *name;
	size_t i, k;

	for (i = 0; i < images->n; i++) {
		json_array_foreach (images->items[i].images, k, name) {
			if (strstr(json_string_value(name), "/pause:"))
				return mem_strdup(json_string_value(name));
		}
	}
	return NULL;
}

static int look_at_directory(const char *directory, char **ret, struct err *err)
{
	char *path = realpath(directory, NULL);
	struct stat st;

	if (path == NULL)
		return errno == ENOENT ? err_set(err, ENOENT, "there is no directory '%s': " CONTENT, directory)
				       : err_errno(err, errno, "cannot look at '%s'", directory);
	*ret = path;
	if (stat(path, &st) < 0)
		return err_errno(err, errno, "cannot look at '%s'", path);
	return S_ISDIR(st.st_mode) ? 0 : err_set(err, ENOTDIR, "'%s' is no directory: " CONTENT, directory);
}

int lab_kubernetes_find(const char *directory, struct lab_kubernetes *ret, struct err *err)
{
	struct lab_kubernetes kubernetes = {.n = 0};
	struct lab_images images = {.n = 0};
	int r;

	r = look_at_directory(directory, &kubernetes.directory, err);
	if (r >= 0)
		r = find_programs(kubernetes.directory, &kubernetes, err);
	if (r >= 0)
		r = lab_images_find(kubernetes.directory, &images, err);
	if (r >= 0)
		kubernetes.pause = find_pause(&images);
	lab_images_done(&images);
	if (r < 0) {
		lab_kubernetes_done(&kubernetes);
		return r;
	}
	*ret = kubernetes;
	return 0;
}

int lab_kubernetes_load(struct lab_kubernetes *ret, struct err *err)
{
	static const char path[] = LAB_DIRECTORY "/" LAB_KUBERNETES_RECORD;
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	r = file_read(path, RECORD_MAX, &text, &len, NULL, err);
	if (r < 0)
		return r;
	if (lab_kubernetes_parse(text, ret) < 0)
		return err_set(err, EINVAL, "'%s' is damaged: 'lazyjack lab down' first", path);
	return 1;
}
