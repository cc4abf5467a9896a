/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts as a table for people. Pure: text in, text out. */
#pragma once

#include <stdbool.h>

#include "base/str.h"
#include "verify/result.h"

/*
 * A row for each end that looked, nodes first, then pods; a column for each node that was looked at, then one for each
 * check that goes outside. A cell is good when all its checks passed, else it names those that did not. Beyond
 * MATRIX_NODES_MAX nodes, their columns become one that counts. `utf8`: check marks instead of words.
 */
#define MATRIX_NODES_MAX 12
void matrix_render(const struct verdicts *verdicts, bool utf8, struct str *ret);

/* Every failure with its detail, one line each, then "N checks passed, M failed". */
void matrix_summary(const struct verdicts *verdicts, bool utf8, struct str *ret);
