/* SPDX-License-Identifier: Apache-2.0 */
/* A file that lazyjack shares with others, who edit it too: links are followed, owner, mode and attributes are kept. */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "resource/node.h"

enum { SHARED_FILE_MAX = 8 << 20 };

struct shared_file {
	char *path; /* on this machine, links followed */
	char *text; /* "" when there is no file */
	size_t len;
	bool exists;
};

#define SHARED_FILE_INIT                                                                                               \
	{                                                                                                              \
		NULL, NULL, 0, false                                                                                   \
	}
#define _cleanup_shared_file_ __attribute__((cleanup(shared_file_done)))

/* Read the file at `path` of the node. -ENOENT only for a link that leads nowhere. */
int shared_file_read(const struct node *node, const char *path, struct shared_file *ret, struct err *err);
void shared_file_done(struct shared_file *file);

/* null when there was no file, else {"sha256", "newline": it ends with one or is empty}. A new reference. */
json_t *shared_file_undo(const struct shared_file *file);

/* Replace the content unless it is so already; a new file becomes root's with mode 0644. */
int shared_file_write(const struct shared_file *file, const char *text, size_t len, struct err *err);

/*
 * The same with `text` being the file without lazyjack's lines: if nobody else edited it, the newline that lazyjack
 * added at its end goes too, and so does a file that lazyjack made.
 */
int shared_file_restore(
	const struct shared_file *file, const json_t *undo, const char *text, size_t len, struct err *err);
