/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stood at a path, as JSON for a journal: null for nothing, {"symlink": "target"}, or a regular file's {"mode",
 * "uid", "gid", "content" (UTF-8) or "base64", "xattrs"}.
 */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "base/err.h"

enum { BACKUP_MAX = 1 << 20 }; /* octets of a file that a journal holds */

/* Look at `path`. -EFBIG for a larger file, -EINVAL for a directory or a device. `*ret`: a new reference. */
int backup_take(const char *path, json_t **ret, struct err *err);

/* Put it back, content, owner, mode and attributes; null removes what is there. */
int backup_restore(const char *path, const json_t *backup, struct err *err);
