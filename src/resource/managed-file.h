/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of a managed file ("path", "mode", "content" in `want`), for the kinds that are one with something
 * more. */
#pragma once

#include "step/step.h"

json_t *managed_file_want(const char *path, const char *content, mode_t mode);
void managed_file_describe(const json_t *want, struct str *ret);
int managed_file_inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo,
	struct str *ret_detail, struct err *err);
int managed_file_apply(const struct step *step, struct node *node, struct err *err);
int managed_file_revert(const struct step *step, struct node *node, const json_t *undo, struct err *err);
void managed_file_diff(const struct step *step, struct node *node, struct str *ret);
