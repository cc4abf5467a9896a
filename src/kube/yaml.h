/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Write YAML line by line. Every text is double-quoted (YAML 1.2, 7.3.1), so none can be read as something else. And
 * read a value of such a text again, also when a person changed it.
 */
#pragma once

#include "base/str.h"

/* "KEY: \"value\"" behind `indent` blanks. */
void yaml_add(struct str *ret, unsigned int indent, const char *key, const char *value);

/* A quoted scalar alone. */
void yaml_add_scalar(struct str *ret, const char *value);

/*
 * The value, without quotes, of the first line "KEY: VALUE" whose value begins with `start`, however deep in the
 * document; NULL: none. The caller frees it.
 */
char *yaml_find(const char *text, const char *key, const char *start);
