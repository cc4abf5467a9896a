/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Set values in a user's YAML text, every other octet untouched: parse to find the byte range, splice, parse again,
 * compare the trees, refuse when anything else changed. The library's emitter is never used, since it loses comments.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

struct config_edit {
	const char *section; /* "general" */
	const char *key;     /* "token" */
	const char *value;   /* written as a double-quoted scalar; printable ASCII without '"' and '\' */
};

/*
 * Apply `n` edits to `text`. A key that is there, in its section or where earlier releases had it, gets a new value in
 * place (its quoting style kept where it can be); a
 * missing key is put in as first line of its section, indented like its siblings; a missing section is put in front of
 * the first key of the document. `*ret` (NUL-terminated) is the caller's. -EINVAL: the text does not parse, or the
 * value is of a form that cannot be replaced safely (alias, block scalar, mapping): the message names line and cure.
 */
int config_edit(const char *text, size_t len, const struct config_edit *edits, size_t n, char **ret, size_t *ret_len,
	struct err *err);
