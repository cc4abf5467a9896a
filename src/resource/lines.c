/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void lines_split(const char *text, size_t len, struct lines *ret)
{
	const char *p = text, *end = text + len;

	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *next = newline ? newline + 1 : end;

		ret->items = mem_grow(ret->items, ret->n, &ret->cap, sizeof(*ret->items));
		ret->items[ret->n++] = (struct line){p, (size_t)(next - p)};
		p = next;
	}
}

void lines_done(struct lines *lines)
{
	free(lines->items);
	*lines = (struct lines)LINES_INIT;
}

size_t line_length(const struct line *line)
{
	return line->len > 0 && line->s[line->len - 1] == '\n' ? line->len - 1 : line->len;
}

bool line_equal(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}
