/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of a user's text made fit for a message: bounded, harmless to a terminal, without secrets. */
#pragma once

#include <stddef.h>

#include "base/str.h"

#define QUOTE_MAX 64 /* octets of a quoted value */

/* Add at most `max` octets of `text`; control characters become '?', and what has the form of a token or key "***". */
void quote_add(struct str *ret, const char *text, size_t len, size_t max);

/* The text with single quotes around it, at most QUOTE_MAX octets of it; the caller frees it. */
char *quote(const char *text, size_t len);
