/* SPDX-License-Identifier: Apache-2.0 */
#include "config/splice.h"

#include <stdlib.h>

#include "base/mem.h"

void splices_add(struct splices *splices, size_t start, size_t end, const char *text)
{
	struct splice *splice;

	splices->items = mem_grow(splices->items, splices->n, &splices->cap, sizeof(*splices->items));
	splice = &splices->items[splices->n];
	*splice = (struct splice){start, end, STR_INIT, splices->n};
	str_add(&splice->text, text);
	splices->n++;
}

static int compare(const void *a, const void *b)
{
	const struct splice *one = a, *other = b;

	if (one->start != other->start)
		return one->start < other->start ? -1 : 1;
	/* What comes in goes in front of what goes out. */
	if ((one->end == one->start) != (other->end == other->start))
		return one->end == one->start ? -1 : 1;
	return one->order < other->order ? -1 : 1;
}

bool splices_apply(struct splices *splices, const char *text, size_t len, struct str *ret)
{
	size_t i, at = 0;

	if (splices->n > 0)
		qsort(splices->items, splices->n, sizeof(*splices->items), compare);
	for (i = 0; i < splices->n; i++) {
		const struct splice *splice = &splices->items[i];

		if (splice->start < at || splice->end < splice->start || splice->end > len)
			return false;
		str_add_n(ret, text + at, splice->start - at);
		str_add_n(ret, splice->text.s, splice->text.len);
		at = splice->end;
	}
	str_add_n(ret, text + at, len - at);
	return true;
}

void splices_done(struct splices *splices)
{
	size_t i;

	for (i = 0; i < splices->n; i++)
		str_wipe(&splices->items[i].text);
	free(splices->items);
	*splices = (struct splices)SPLICES_INIT;
}
