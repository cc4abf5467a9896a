/* SPDX-License-Identifier: Apache-2.0 */
/* Extended attributes (xattr(7)) of a file as JSON, {"user.name": "base64", …}: replacing a file by rename loses them.
 */
#pragma once

#include <jansson.h>

/* All attributes that can be read, of the file itself (links are not followed). NULL: none. A new reference. */
json_t *xattr_read(const char *path);

/* Set them (NULL: none). What the file system or the security module refuses is left out: they did not come from here.
 */
void xattr_write(const char *path, const json_t *attributes);
