/* SPDX-License-Identifier: Apache-2.0 */
#include "lab/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	BLOCK = 512,
	ENTRIES_MAX = 100000,
	MANIFEST_MAX = 1 << 20,
	IMAGE_NAME_MAX = 512,
};

/* Header of an entry (POSIX.1-2017, pax, "ustar Interchange Format"); the fields that matter here. */
struct header {
	char name[100];
	char mode_and_owner[24];
	char size[12]; /* octal digits */
	char rest[376];
};

_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

/* -1: not a size that a small file can have, as the binary form for more than 8 GiB. */
static int64_t size_of(const struct header *header)
{
	int64_t size = 0;
	size_t i = 0;

	while (i < sizeof(header->size) && header->size[i] == ' ')
		i++;
	for (; i < sizeof(header->size) && header->size[i] >= '0' && header->size[i] <= '7'; i++)
		size = size * 8 + (header->size[i] - '0');
	return i == 0 || (i < sizeof(header->size) && header->size[i] != '\0' && header->size[i] != ' ') ? -1 : size;
}

static bool is_manifest(const struct header *header)
{
	_cleanup_free_ char *name = mem_strndup(header->name, sizeof(header->name));

	return str_eq(name, "manifest.json") || str_eq(name, "./manifest.json");
}

/* Where the manifest begins, and its size; 0 when there is none. */
static int64_t find_manifest(int fd, off_t *ret)
{
	struct header header;
	off_t offset = 0;
	int i;

	for (i = 0; i < ENTRIES_MAX && pread(fd, &header, sizeof(header), offset) == BLOCK; i++) {
		int64_t size = size_of(&header);

		if (header.name[0] == '\0' || size < 0)
			return 0;
		*ret = offset + BLOCK;
		if (is_manifest(&header))
			return size <= MANIFEST_MAX ? size : 0;
		offset += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
	}
	return 0;
}

/* What a name may consist of; it goes into a configuration file. */
static bool is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@";

	return *name && name[strspn(name, plain)] == '\0' && strlen(name) <= IMAGE_NAME_MAX;
}

static json_t *names_in(const json_t *manifest)
{
	json_t *names = json_array(), *tag;
	const json_t *image;
	size_t i, k;

	json_array_foreach (manifest, i, image) {
		json_array_foreach (json_object_get(image, "RepoTags"), k, tag) {
			if (json_is_string(tag) && is_plain(json_string_value(tag)))
				json_array_append(names, tag);
		}
	}
	return names;
}

int archive_image_names(const char *path, json_t **ret, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_json_ json_t *manifest = NULL;
	_cleanup_free_ char *text = NULL;
	off_t offset = 0;
	int64_t size;

	if (fd < 0)
		return err_errno(err, errno, "cannot open the image archive '%s'", path);
	size = find_manifest(fd, &offset);
	text = mem_new((size_t)size + 1, 1);
	if (pread(fd, text, (size_t)size, offset) < 0)
		return err_errno(err, errno, "cannot read the image archive '%s'", path);
	manifest = json_loads(text, 0, NULL);
	*ret = names_in(manifest);
	return 0;
}
