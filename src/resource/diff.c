/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "resource/lines.h"

enum {
	CONTEXT = 3,
	CELLS_MAX = 1 << 20, /* of the table of common lengths: 4 MiB */
};

/* One line of the edit script. */
struct edit {
	char sign; /* ' ', '-', '+' */
	const struct line *line;
};

struct script {
	struct edit *items;
	size_t n, cap;
};

static void script_add(struct script *script, char sign, const struct line *line)
{
	script->items = mem_grow(script->items, script->n, &script->cap, sizeof(*script->items));
	script->items[script->n++] = (struct edit){sign, line};
}

/* The part between the common head and tail: longest common subsequence, or everything out and everything in. */
static void script_middle(struct script *script, const struct line *a, size_t n, const struct line *b, size_t m)
{
	size_t i = 0, j = 0, width = m + 1;
	uint32_t *common = NULL; /* [i * width + j]: length of the longest common subsequence of a[i..] and b[j..] */

	if (n > 0 && m > 0 && (n + 1) <= CELLS_MAX / width) {
		common = mem_new((n + 1) * width, sizeof(*common));
		for (i = n; i-- > 0;) {
			for (j = m; j-- > 0;) {
				uint32_t down = common[(i + 1) * width + j], right = common[i * width + j + 1];

				if (line_equal(&a[i], &b[j]))
					common[i * width + j] = common[(i + 1) * width + j + 1] + 1;
				else
					common[i * width + j] = down >= right ? down : right;
			}
		}
		i = j = 0;
	}
	while (common && i < n && j < m) {
		if (line_equal(&a[i], &b[j])) {
			script_add(script, ' ', &a[i++]);
			j++;
		} else if (common[(i + 1) * width + j] >= common[i * width + j + 1]) {
			script_add(script, '-', &a[i++]);
		} else {
			script_add(script, '+', &b[j++]);
		}
	}
	while (i < n)
		script_add(script, '-', &a[i++]);
	while (j < m)
		script_add(script, '+', &b[j++]);
	free(common);
}

static void script_make(struct script *script, const struct lines *a, const struct lines *b)
{
	size_t head = 0, tail = 0, i;

	while (head < a->n && head < b->n && line_equal(&a->items[head], &b->items[head]))
		script_add(script, ' ', &a->items[head++]);
	while (tail < a->n - head && tail < b->n - head &&
		line_equal(&a->items[a->n - 1 - tail], &b->items[b->n - 1 - tail]))
		tail++;
	script_middle(script, a->items + head, a->n - head - tail, b->items + head, b->n - head - tail);
	for (i = 0; i < tail; i++)
		script_add(script, ' ', &a->items[a->n - tail + i]);
}

/* "3,4", "3" for one line, and the line before for none, as POSIX wants it. */
static void print_range(size_t start, size_t count, struct str *ret)
{
	if (count == 1)
		str_addf(ret, "%zu", start + 1);
	else
		str_addf(ret, "%zu,%zu", count == 0 ? start : start + 1, count);
}

static void print_hunk(const struct script *script, size_t from, size_t to, size_t old, size_t new, struct str *ret)
{
	size_t i, removed = 0, added = 0;

	for (i = from; i < to; i++) {
		removed += script->items[i].sign != '+';
		added += script->items[i].sign != '-';
	}
	str_add(ret, "@@ -");
	print_range(old, removed, ret);
	str_add(ret, " +");
	print_range(new, added, ret);
	str_add(ret, " @@\n");
	for (i = from; i < to; i++) {
		const struct line *line = script->items[i].line;

		str_add_n(ret, &script->items[i].sign, 1);
		str_add_n(ret, line->s, line_length(line));
		str_add(ret, line_length(line) == line->len ? "\n\\ No newline at end of file\n" : "\n");
	}
}

static void print_script(const struct script *script, struct str *ret)
{
	size_t i = 0, old = 0, new = 0; /* lines of either text before item i */

	while (i < script->n) {
		size_t from, to, next, context;

		if (script->items[i].sign == ' ') {
			i++, old++, new ++;
			continue;
		}
		context = i < CONTEXT ? i : CONTEXT;
		while (context > 0 && script->items[i - context].sign != ' ')
			context--;
		from = i - context;
		old -= context;
		new -= context;
		/* The hunk goes on as long as the next change is near enough for the contexts to touch. */
		for (to = next = i; next < script->n && next <= to + 2 * CONTEXT; next++)
			if (script->items[next].sign != ' ')
				to = next;
		to = to + 1 + CONTEXT < script->n ? to + 1 + CONTEXT : script->n;
		print_hunk(script, from, to, old, new, ret);
		for (i = from; i < to; i++) {
			old += script->items[i].sign != '+';
			new += script->items[i].sign != '-';
		}
	}
}

void diff_unified(
	const char *path, const char *before, size_t before_len, const char *after, size_t after_len, struct str *ret)
{
	_cleanup_lines_ struct lines a = LINES_INIT, b = LINES_INIT;
	struct script script = {NULL, 0, 0};

	if (before && before_len == after_len && memcmp(before, after, after_len) == 0)
		return;
	if ((before && memchr(before, '\0', before_len)) || memchr(after, '\0', after_len)) {
		str_addf(ret, "Binary file %s differs\n", path);
		return;
	}
	str_addf(ret, "--- %s\n+++ %s\n", before ? path : "/dev/null", path);
	if (before)
		lines_split(before, before_len, &a);
	lines_split(after, after_len, &b);
	script_make(&script, &a, &b);
	print_script(&script, ret);
	free(script.items);
}
