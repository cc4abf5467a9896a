/* SPDX-License-Identifier: Apache-2.0 */
/* How packages go again (package.c), and what both sides of that know. */
#pragma once

#include "resource/node.h"
#include "step/step.h"

#define PACKAGE_MASK "/dev/null" /* where the link of a masked unit leads to */

/* Where a unit (a JSON string) is masked: a path on this machine, the caller's. */
char *package_mask_path(const struct node *node, const json_t *unit);

/* step_ops.revert_many of the kind "package". */
int package_remove_many(const struct step *const *steps, const json_t *const *undos, size_t n, struct node *node,
	size_t *ret_done, struct err *err);
