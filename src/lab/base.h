/* SPDX-License-Identifier: Apache-2.0 */
/* The nodes' root file system: made once by mmdebstrap, kept in LAB_CACHE under the digest of its recipe. */
#pragma once

#include "base/err.h"

/* Where it is, or will be; the caller frees it. */
char *lab_base_path(void);

/*
 * Make it at lab_base_path(), where nothing is yet; takes about half a minute. A killed run leaves a temporary
 * directory that the next one removes. Those of older recipes go, unless a lab is up. -ENOENT: mmdebstrap is missing.
 */
int lab_base_make(const char *path, struct err *err);
