/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds that manage a path ("path" in `want`) have in common. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/str.h"
#include "resource/node.h"

/* step_ops.what: the path. */
void path_what(const json_t *want, struct str *ret);

/* Where want's path is on this machine; the caller frees it. */
char *path_on(const struct node *node, const json_t *want);

/* lstat(2): 1 when something is there, 0 when not (also when a directory above is missing), or an error. */
int path_look(const char *path, struct stat *ret, struct err *err);

/* An error that names the directory above `path` when it isn't there. */
int path_need_parent(const char *path, struct err *err);

/* Remove what a killed file_replace() may have left beside `path`. */
void path_remove_temporary(const char *path);

/* unlink(2) and sync; no error when nothing is there. */
int path_remove(const char *path, struct err *err);

/* Make a symbolic link, atomically in place of a file or link that is there, and sync. */
int path_symlink(const char *path, const char *target, struct err *err);

/*
 * The file that `path` (on the node) leads to when symbolic links in its last component are followed below the node's
 * root: a path on this machine, the caller's. -ENOENT when a link leads nowhere; a `path` where nothing is leads to
 * itself.
 */
int path_follow(const struct node *node, const char *path, char **ret, struct err *err);

/* rename(2) without replacing anything, and sync. -EEXIST when something is at `to`. */
int path_rename(const char *from, const char *to, struct err *err);

/* "0644", the form of a mode in `want` and in an undo, and back. */
#define MODE_TEXT_MAX 8
const char *mode_text(mode_t mode, char ret[MODE_TEXT_MAX]);
mode_t mode_of(const json_t *object, const char *key);
