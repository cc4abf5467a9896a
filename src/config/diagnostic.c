/* SPDX-License-Identifier: Apache-2.0 */
#include "config/diagnostic.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void diagnostics_add(
	struct diagnostics *list, enum severity severity, struct mark mark, const char *hint, const char *format, ...)
{
	struct diagnostic *item;
	va_list ap;

	if (severity == SEVERITY_ERROR)
		list->errors++;
	if (list->n == DIAGNOSTICS_MAX)
		return;
	list->items = mem_grow(list->items, list->n, &list->cap, sizeof(*list->items));
	item = &list->items[list->n++];
	*item = (struct diagnostic){.severity = severity, .mark = mark, .hint = mem_strdup(hint)};
	va_start(ap, format);
	if (vasprintf(&item->message, format, ap) < 0)
		mem_die();
	va_end(ap);
}

static bool before(struct mark a, struct mark b)
{
	return a.line != b.line ? a.line < b.line : a.column < b.column;
}

void diagnostics_sort(struct diagnostics *list)
{
	size_t i, j;

	/* By insertion: what was found first at one place stays first, and there are few. */
	for (i = 1; i < list->n; i++) {
		struct diagnostic item = list->items[i];

		for (j = i; j > 0 && before(item.mark, list->items[j - 1].mark); j--)
			list->items[j] = list->items[j - 1];
		list->items[j] = item;
	}
}

void diagnostics_done(struct diagnostics *list)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		free(list->items[i].message);
		free(list->items[i].hint);
	}
	free(list->items);
	free(list->file);
	*list = (struct diagnostics){0};
}
