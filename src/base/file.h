/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files: read with a bound, replaced as a whole or not at all.
 *
 * A replacement is written to a temporary file beside the target (".NAME.lazyjack-new"), synced, renamed over it, and
 * the directory is synced; a crash at any point leaves the old file or the new one (and at most that one temporary
 * file, which the next replacement removes).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* What a file looks like beside its content. */
struct file_attr {
	mode_t mode; /* permission bits, 07777 */
	uid_t uid;
	gid_t gid;
};

/*
 * Read a regular file of at most `max` octets. `*ret` is NUL-terminated (the NUL is not counted) and the caller's.
 * Errors: -ENOENT, -EISDIR (a directory), -EINVAL (a FIFO, socket or device: never waits on one), -EFBIG, others as
 * open(2) and read(2). `ret_attr` may be NULL.
 */
int file_read(const char *path, size_t max, char **ret, size_t *ret_len, struct file_attr *ret_attr, struct err *err);

/* As file_read(), and refuses a symbolic link in the last component with -ELOOP. */
int file_read_nofollow(
	const char *path, size_t max, char **ret, size_t *ret_len, struct file_attr *ret_attr, struct err *err);

/*
 * Replace or create `path` atomically with mode and owner from `attr`. The content is 0600 until the owner is set, so a
 * secret is never readable by others. A symbolic link at `path` is refused with -ELOOP. `attr->uid` of -1 keeps root's.
 */
int file_replace(const char *path, const void *data, size_t len, const struct file_attr *attr, struct err *err);

/* The temporary name that file_replace() uses for `path`; the caller frees it. */
char *file_temporary_name(const char *path);

/* Sync the directory that holds `path`. */
int file_sync_parent(const char *path, struct err *err);

/* mkdir -p: every missing directory gets `mode`. Returns 1 when something was made, 0 when all was there. */
int file_make_directories(const char *path, mode_t mode, struct err *err);

/* rm -r without crossing file systems or following links; no error when nothing is there. */
int file_remove_tree(const char *path, struct err *err);

/* Everything of one file (0 octets as well) as SHA-256 in lower-case hexadecimal, 64 digits and a NUL. */
void file_sha256(const void *data, size_t len, char ret[65]);

/* dirname: the text up to the last '/', "/" for a name in the root, "." for none; the caller frees it. */
char *file_parent(const char *path);

/* "a directory", "a symbolic link", "a FIFO", …: the type in a st_mode, for messages. */
const char *file_type_name(mode_t mode);
