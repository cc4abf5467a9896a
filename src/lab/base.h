/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes' root file systems: made once by mmdebstrap, kept in LAB_CACHE under the digest of their recipe. There is a
 * plain one and one with a container runtime.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"

/* Where it is, or will be; the caller frees it. */
char *lab_base_path(bool kubernetes);

/*
 * Make it at lab_base_path(), where nothing is yet; takes about half a minute. A killed run leaves a temporary
 * directory that the next one removes. Those of older recipes go, unless a lab is up. -ENOENT: mmdebstrap is missing.
 */
int lab_base_make(bool kubernetes, struct err *err);
