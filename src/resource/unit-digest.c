/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/unit-digest.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "resource/path.h"

#define PARENT "/var/lib/lazyjack"
#define DIRECTORY PARENT "/units"

enum { DIGEST_MAX = 256 };

static char *note_path(const struct node *node, const char *unit)
{
	_cleanup_free_ char *directory = node_path(node, DIRECTORY);

	return mem_printf("%s/%s", directory, unit);
}

bool unit_digest_is(const struct node *node, const char *unit, const char *digest)
{
	_cleanup_free_ char *path = note_path(node, unit), *text = NULL;
	size_t len;

	if (digest == NULL)
		return true;
	return file_read_nofollow(path, DIGEST_MAX, &text, &len, NULL, NULL) == 0 && str_eq(text, digest);
}

int unit_digest_set(const struct node *node, const char *unit, const char *digest, struct err *err)
{
	static const struct file_attr attr = {.mode = 0600, .uid = 0, .gid = 0};
	_cleanup_free_ char *directory = node_path(node, DIRECTORY), *path = note_path(node, unit);
	int r;

	if (digest == NULL)
		return 0;
	r = file_make_directories(directory, 0700, err);
	return r < 0 ? r : file_replace(path, digest, strlen(digest), &attr, err);
}

void unit_digest_forget(const struct node *node, const char *unit)
{
	_cleanup_free_ char *path = note_path(node, unit);
	_cleanup_free_ char *directory = node_path(node, DIRECTORY), *parent = node_path(node, PARENT);

	path_remove_temporary(path);
	unlink(path);
	/* Each goes only when nothing else is in it. */
	if (rmdir(directory) == 0)
		rmdir(parent);
}
