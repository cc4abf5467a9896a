/* SPDX-License-Identifier: Apache-2.0 */
/* Steps whose content stays out of `want`, which has its SHA-256 instead. */
#pragma once

#include <sys/stat.h>

#include "step/step.h"

/* Give the step a copy of the content. */
void secret_take(struct step *step, const char *content, size_t len);

enum { SECRET_MAX = 16 << 20 }; /* octets of a file that is compared */

/* -ENOKEY for a step that came out of a journal and so has no content to write any more. */
int secret_need(const struct step *step, struct err *err);

/* 1 when the file at `path` has the content that want's "sha256" tells, 0 when another; links are not followed. */
int secret_matches(const json_t *want, const char *path, struct err *err);

/* SHA-256 of the regular file at `path`. */
int secret_digest(const char *path, char ret[65], struct err *err);

/* step_ops.describe: install(1) with the secret as standard input. */
void secret_describe(const json_t *want, struct str *ret);

/*
 * An error when what is at `path` must not be written through or over: a symbolic link (-ELOOP), no regular file
 * (-EEXIST), somebody else's (-EPERM), one with several names (-EMLINK).
 */
int secret_refuse(const char *path, const struct stat *st, struct err *err);

/* STEP_IN_PLACE when the file at `path` is root's, 0600, with the content of `want`, else STEP_DRIFTED and what
 * differs. */
int secret_compare(
	const json_t *want, const char *path, const struct stat *st, struct str *ret_detail, struct err *err);
