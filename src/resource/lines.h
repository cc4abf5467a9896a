/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a text, without copying it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct line {
	const char *s; /* into the text, not terminated */
	size_t len;    /* with the newline, if there is one */
};

struct lines {
	struct line *items;
	size_t n, cap;
};

#define LINES_INIT                                                                                                     \
	{                                                                                                              \
		NULL, 0, 0                                                                                             \
	}
#define _cleanup_lines_ __attribute__((cleanup(lines_done)))

/* Split; the text has to outlive `ret`. */
void lines_split(const char *text, size_t len, struct lines *ret);
void lines_done(struct lines *lines);

/* Octets without the newline. */
size_t line_length(const struct line *line);

bool line_equal(const struct line *a, const struct line *b);
