/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 (RFC 4648 section 4, with padding): octets that have to stand in JSON. */
#pragma once

#include <stddef.h>

/* The text on one line; the caller frees it. */
char *base64_encode(const void *data, size_t len);

/* Back again: `*ret` is NUL-terminated (not counted) and the caller's. Returns 0 or -EINVAL when `text` is not base64.
 */
int base64_decode(const char *text, char **ret, size_t *ret_len);
