/* SPDX-License-Identifier: Apache-2.0 */
/* A unified diff (POSIX diff -u, three lines of context) of two texts, for people to read. No I/O. */
#pragma once

#include <stddef.h>

#include "base/str.h"

/*
 * Append the difference to `ret`; nothing when they are equal. NULL for `before` means that there is no file yet. Not
 * always the smallest difference: two large texts that share little are shown as one block.
 */
void diff_unified(
	const char *path, const char *before, size_t before_len, const char *after, size_t after_len, struct str *ret);
