/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/matrix.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { NAMED_MAX = 3 }; /* failures named in one cell */

struct marks {
	const char *good, *bad, *none, *to;
};

static const struct marks words = {"ok", "FAIL", "-", "->"};
static const struct marks symbols = {"\xe2\x9c\x93", "\xe2\x9c\x97", "\xc2\xb7", "\xe2\x86\x92"};

struct names {
	const char **items; /* borrowed from the verdicts, but for the array */
	size_t *lengths;    /* how much of each item counts */
	size_t n, cap, cap_lengths;
};

static bool is_pod(const char *end)
{
	return str_ends(end, "/pod");
}

/* An end without the "/pod". */
static size_t node_length(const char *end)
{
	return strlen(end) - (is_pod(end) ? strlen("/pod") : 0);
}

static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

static void names_add(struct names *names, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (same(names->items[i], names->lengths[i], name, len))
			return;
	names->items = mem_grow(names->items, names->n, &names->cap, sizeof(*names->items));
	names->lengths = mem_grow(names->lengths, names->n, &names->cap_lengths, sizeof(*names->lengths));
	names->items[names->n] = name;
	names->lengths[names->n++] = len;
}

static void names_done(struct names *names)
{
	free(names->items);
	free(names->lengths);
}
#define _cleanup_names_ __attribute__((cleanup(names_done)))

/* Checks of the way to another node; all others have a column of their own with their name. */
static bool is_inside(const struct verdict *verdict)
{
	return str_eq(verdict->check, "mgmt") || str_eq(verdict->check, "mtu") || str_eq(verdict->check, "pod");
}

/* What one cell shows: the verdicts of `from` for one node (all nodes when `to` is NULL) or for one other check. */
static void cell(const struct verdicts *verdicts, const char *from, const char *to, size_t to_len, bool inside,
	const struct marks *marks, bool count, struct str *ret)
{
	_cleanup_names_ struct names failed = {NULL};
	size_t i, n = 0, bad = 0;

	for (i = 0; i < verdicts->n; i++) {
		const struct verdict *v = &verdicts->items[i];

		if (!str_eq(v->from, from) || is_inside(v) != inside)
			continue;
		if (inside && to && !same(v->to, node_length(v->to), to, to_len))
			continue;
		if (!inside && !same(v->check, strlen(v->check), to, to_len))
			continue;
		n++;
		bad += !v->ok;
		if (!v->ok && inside)
			names_add(&failed, v->check, strlen(v->check));
		else if (!v->ok)
			names_add(&failed, v->to, strlen(v->to));
	}
	if (n == 0)
		str_add(ret, marks->none);
	else if (bad == 0)
		str_add(ret, marks->good);
	else
		str_add(ret, marks->bad);
	if (n && count)
		str_addf(ret, " %zu/%zu", n - bad, n);
	/* Which check of a node, or which of several ends of a check; of one end there is nothing to tell. */
	for (i = 0; (inside || n > 1) && i < failed.n && i < NAMED_MAX; i++)
		str_addf(ret, " %s", failed.items[i]);
	if (!inside && failed.n > NAMED_MAX)
		str_addf(ret, " +%zu", failed.n - NAMED_MAX);
}

/* Columns that a terminal needs for UTF-8 text of ours: every character is one wide. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void pad(struct str *ret, const char *text, size_t to)
{
	size_t n = width(text);

	str_add(ret, text);
	for (; n < to; n++)
		str_add(ret, " ");
}

static void gather(const struct verdicts *verdicts, struct names *rows, struct names *nodes, struct names *checks)
{
	size_t i, pods;

	for (pods = 0; pods < 2; pods++)
		for (i = 0; i < verdicts->n; i++)
			if (is_pod(verdicts->items[i].from) == (pods == 1))
				names_add(rows, verdicts->items[i].from, strlen(verdicts->items[i].from));
	for (i = 0; i < verdicts->n; i++) {
		const struct verdict *v = &verdicts->items[i];

		if (!is_inside(v))
			names_add(checks, v->check, strlen(v->check));
		else if (nodes->n <= MATRIX_NODES_MAX)
			names_add(nodes, v->to, node_length(v->to));
	}
}

void matrix_render(const struct verdicts *verdicts, bool utf8, struct str *ret)
{
	const struct marks *marks = utf8 ? &symbols : &words;
	_cleanup_names_ struct names rows = {NULL}, nodes = {NULL}, checks = {NULL};
	size_t n_rows, n_columns, n_nodes, row, column;
	bool count;
	char **cells;

	gather(verdicts, &rows, &nodes, &checks);
	count = nodes.n > MATRIX_NODES_MAX;
	n_nodes = count ? 1 : nodes.n;
	n_rows = rows.n + 1;
	n_columns = 1 + n_nodes + checks.n;
	cells = mem_new(n_rows * n_columns, sizeof(*cells));

	cells[0] = mem_printf("from %s to", marks->to);
	for (column = 1; column < n_columns; column++) {
		size_t at = column - 1 - n_nodes;

		if (column > n_nodes)
			cells[column] = mem_strndup(checks.items[at], checks.lengths[at]);
		else
			cells[column] = count ? mem_strdup("nodes")
					      : mem_strndup(nodes.items[column - 1], nodes.lengths[column - 1]);
	}
	for (row = 1; row < n_rows; row++) {
		cells[row * n_columns] = mem_strdup(rows.items[row - 1]);
		for (column = 1; column < n_columns; column++) {
			bool inside = column <= n_nodes;
			struct str text = STR_INIT;

			cell(verdicts, rows.items[row - 1], inside && count ? NULL : cells[column],
				strlen(cells[column]), inside, marks, inside && count, &text);
			cells[row * n_columns + column] = str_take(&text);
		}
	}

	for (row = 0; row < n_rows; row++) {
		for (column = 0; column < n_columns; column++) {
			size_t widest = 0, r;

			for (r = 0; r < n_rows; r++)
				if (width(cells[r * n_columns + column]) > widest)
					widest = width(cells[r * n_columns + column]);
			/* Nothing behind the last column: no blanks at the ends of lines. */
			pad(ret, cells[row * n_columns + column], column + 1 < n_columns ? widest + 2 : 0);
		}
		str_add(ret, "\n");
	}
	for (row = 0; row < n_rows * n_columns; row++)
		free(cells[row]);
	free(cells);
}

void matrix_summary(const struct verdicts *verdicts, bool utf8, struct str *ret)
{
	const struct marks *marks = utf8 ? &symbols : &words;
	size_t i, failed = verdicts_failed(verdicts);

	for (i = 0; i < verdicts->n; i++) {
		const struct verdict *v = &verdicts->items[i];

		if (!v->ok)
			str_addf(ret, "%s %s: %s %s %s: %s\n", marks->bad, v->check, v->from, marks->to, v->to,
				v->detail);
	}
	for (i = 0; i < verdicts->n_remarks; i++)
		str_addf(ret, "remark: %s\n", verdicts->remarks[i]);
	str_addf(ret, "%zu checks passed, %zu failed\n", verdicts->n - failed, failed);
}
