/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a configuration: all of it at once, each with its place, the cure, and never a secret. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* A place in the file: from 1; line 0 means the file as a whole. Columns count octets. */
struct mark {
	unsigned int line;
	unsigned int column;
};

enum severity {
	SEVERITY_ERROR,
	SEVERITY_WARNING,
};

struct diagnostic {
	enum severity severity;
	struct mark mark;
	char *message; /* names the offending value and what is allowed */
	char *hint;    /* the cure; may be NULL */
};

struct diagnostics {
	struct diagnostic *items;
	size_t n;
	size_t cap;
	char *file;	     /* as the user named it */
	unsigned int errors; /* those of SEVERITY_ERROR */
};

#define DIAGNOSTICS_MAX 200 /* beyond it only counted */

/* `hint` may be NULL; it is copied. */
void diagnostics_add(struct diagnostics *list, enum severity severity, struct mark mark, const char *hint,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Sort by place, as a reader goes through the file. */
void diagnostics_sort(struct diagnostics *list);
void diagnostics_done(struct diagnostics *list);

/*
 * All of them as text: "FILE:LINE:COLUMN: error: message", "  hint: ..." and, when `source` (the file's text,
 * terminated) is given, the source line with a caret; a line that may hold a secret is never shown. With `json` one
 * object a line: file, line, column, severity, message, hint (null if none); `source` is then not used.
 */
void diagnostics_format(const struct diagnostics *list, const char *source, bool json, struct str *ret);
