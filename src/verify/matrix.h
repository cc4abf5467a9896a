/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts as a table for people. Pure: text in, text out. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "verify/result.h"

/*
 * A row for each end that looked, nodes first, then pods; a column for each node that was looked at over the network,
 * then one for each check of something else. A cell is good when all its checks passed; else a node's cell names the
 * checks that did not, and one of a check with several ends (the first of) those that failed. Beyond MATRIX_NODES_MAX
 * nodes, their columns become one that counts. `utf8`: check marks instead of words.
 */
#define MATRIX_NODES_MAX 12
void matrix_render(const struct verdicts *verdicts, bool utf8, struct str *ret);

/* Every failure with its detail, one line each, then "N checks passed, M failed". */
void matrix_summary(const struct verdicts *verdicts, bool utf8, struct str *ret);
