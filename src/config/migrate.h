/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration in the forms of earlier releases rewritten in the present one: only the old keys are touched, every
 * comment and all else stays. A key that moves takes its comments along.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/*
 * `text` must be a configuration that loads without errors (config_parse()). `*ret` (NUL-terminated) is the caller's;
 * it says the same as `text`, which is checked, and is the same text when nothing in it is old. -EINVAL: an old key is
 * written in a way that cannot be rewritten safely; the message names line and cure.
 */
int config_migrate(const char *text, size_t len, char **ret, size_t *ret_len, struct err *err);
