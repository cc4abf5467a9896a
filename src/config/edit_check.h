/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an edit did what it should and nothing else, judged by the trees before and after. */
#pragma once

#include <stdbool.h>

#include "config/edit.h"
#include "config/yaml.h"

/*
 * True when `after` has the edit's value at its path and otherwise the keys and values of `before`, in the same order.
 */
bool edit_check(const struct yaml *before, const struct yaml *after, const struct config_edit *edit);

/* Whether the key stands outside of its section, as earlier releases had it; it is edited there. */
bool edit_at_top_level(const struct yaml *yaml, const struct config_edit *edit);
