/* SPDX-License-Identifier: Apache-2.0 */
#include "config/migrate_move.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/document.h"
#include "config/schema.h"

#define INDENTATION "    "

struct mover {
	struct migration *m;
	const struct yaml_node *section_key, *section; /* where they go; NULL: to be made */
	const char *section_name;
	bool flow;	   /* into "{...}" */
	size_t to;	   /* offset */
	struct str indent; /* of the moved lines; in "{...}" none */
	struct str moved;
};

/* The lines of a key, from the comments above that belong to it. */
struct extent {
	size_t start, end; /* octets, with the last line break */
};

static size_t next_line(const struct source *source, size_t line)
{
	return line < source->n_lines ? source->lines[line] : source->len;
}

static bool is_comment(const struct source *source, size_t line)
{
	size_t at = source_skip_blanks(source, source_line_start(source, line));

	return at < source_line_end(source, line) && source->text[at] == '#';
}

/* Comments on top of the file are about all of it and stay there. */
static int find_extent(const struct mover *mover, const struct yaml_node *key, const struct yaml_node *value,
	struct extent *ret, struct err *err)
{
	const struct migration *m = mover->m;
	const struct source *source = m->source;
	size_t line = source_mark(source, key->start).line, last = source_mark(source, value->end).line;
	size_t colon = source_skip_blanks(source, key->end) + 1; /* an empty value has no place of its own */

	if (value->style == YAML_BLOCK)
		return migrate_refuse(m, value, "the value is a block of text ('|' or '>')", err);
	if (!source_indented(source, key->start, &ret->start) ||
		!migrate_ends_line(m, value->end > colon ? value->end : colon))
		return migrate_refuse(m, key, "something else stands on the line", err);
	ret->end = next_line(source, last);
	if (key == yaml_child(m->yaml, yaml_root(m->yaml)))
		return 0;
	while (line > 1 && is_comment(source, line - 1))
		ret->start = source_line_start(source, --line);
	return 0;
}

/* Add the lines of an extent, each as far in as its section wants; empty ones stay empty. */
static void add_lines(struct mover *mover, const struct extent *extent, size_t had)
{
	const struct source *source = mover->m->source;
	size_t line = source_mark(source, extent->start).line, start, end;

	for (; line <= source->n_lines && source_line_start(source, line) < extent->end; line++) {
		start = source_line_start(source, line);
		end = next_line(source, line);
		if (source_skip_blanks(source, start) < source_line_end(source, line)) {
			size_t blanks = source_skip_blanks(source, start) - start;

			str_add(&mover->moved, str_text(&mover->indent));
			start += blanks < had ? blanks : had;
		}
		str_add_n(&mover->moved, source->text + start, end - start);
		if (end == source->len && end > start && source->text[end - 1] != '\n')
			str_add(&mover->moved, source_line_break(source, end));
	}
}

static void add_flow_pair(struct mover *mover, const struct yaml_node *key, const struct yaml_node *value)
{
	str_add_n(&mover->moved, mover->m->source->text + key->start, value->end - key->start);
	if (yaml_child(mover->m->yaml, mover->section))
		str_add(&mover->moved, ", ");
}

static int move_pair(struct mover *mover, const struct yaml_node *key, const struct yaml_node *value, struct err *err)
{
	struct migration *m = mover->m;
	struct extent extent = {0, 0};
	size_t start;
	int r;

	r = find_extent(mover, key, value, &extent, err);
	if (r < 0)
		return r;
	source_indented(m->source, key->start, &start);
	if (mover->flow) {
		size_t behind = source_skip_blanks(m->source, value->end);

		if (source_mark(m->source, key->start).line != source_mark(m->source, value->end).line)
			return migrate_refuse(m, key, "the value is on another line than its key", err);
		add_flow_pair(mover, key, value);
		/* Comments stay where they are: within braces there is no place for them. */
		if (behind < m->source->len && m->source->text[behind] == '#')
			splices_add(&m->splices, key->start, behind, "");
		else
			splices_add(&m->splices, start, extent.end, "");
		return 0;
	}
	add_lines(mover, &extent, key->start - start);
	splices_add(&m->splices, extent.start, extent.end, "");
	return 0;
}

/* Where the lines go, and how far in: into the section, or to the first of the old keys under a new heading. */
static int find_place(struct mover *mover, const struct yaml_node *first, struct err *err)
{
	struct migration *m = mover->m;
	const struct source *source = m->source;
	const struct yaml_node *child = mover->section ? yaml_child(m->yaml, mover->section) : NULL;
	const struct yaml_node *heading = mover->section_key ? mover->section_key : first;
	struct extent extent = {0, 0};
	size_t start;
	int r;

	if (!source_indented(source, heading->start, &start))
		return migrate_refuse(m, heading, "something else stands on the line", err);
	str_add_n(&mover->indent, source->text + start, heading->start - start);
	if (mover->section == NULL) {
		r = find_extent(mover, first, yaml_next(m->yaml, first), &extent, err);
		if (r < 0)
			return r;
		mover->to = extent.start;
		str_addf(&mover->moved, "%s%s:%s", str_text(&mover->indent), mover->section_name,
			source_line_break(source, first->start));
		str_add(&mover->indent, INDENTATION);
		return 0;
	}
	if (mover->section->style == YAML_FLOW) {
		mover->flow = true;
		mover->to = mover->section->start + 1;
		return 0;
	}
	mover->to = next_line(source, source_mark(source, heading->start).line);
	if (child == NULL) {
		if (mover->section->start != mover->section->end)
			return migrate_refuse(m, heading, "the section has a value in place of keys", err);
		str_add(&mover->indent, INDENTATION);
		return 0;
	}
	if (!source_indented(source, child->start, &start))
		return migrate_refuse(m, child, "something else stands on the line", err);
	str_clear(&mover->indent);
	str_add_n(&mover->indent, source->text + start, child->start - start);
	return 0;
}

/* False at the end of a text whose last line has no line break. */
static bool is_line_start(const struct source *source, size_t offset)
{
	return source_line_start(source, source_mark(source, offset).line) == offset;
}

static int move_all(struct mover *mover, struct err *err)
{
	const struct migration *m = mover->m;
	const struct yaml_node *key, *value;
	const struct schema_section *section;
	bool placed = false;
	int r;

	for (key = yaml_child(m->yaml, yaml_root(m->yaml)); key && (value = yaml_next(m->yaml, key));
		key = yaml_next(m->yaml, value)) {
		if (!schema_top_level(yaml_text(m->yaml, key), &section))
			continue;
		if (!placed) {
			mover->section_name = section->name;
			mover->section =
				document_value(m->yaml, yaml_root(m->yaml), section->name, &mover->section_key);
			r = find_place(mover, key, err);
			if (r < 0)
				return r;
			placed = true;
		}
		r = move_pair(mover, key, value, err);
		if (r < 0)
			return r;
	}
	if (placed && !mover->flow && mover->to > 0 && !is_line_start(m->source, mover->to))
		splices_add(&mover->m->splices, mover->to, mover->to, source_line_break(m->source, mover->to));
	if (placed)
		splices_add(&mover->m->splices, mover->to, mover->to, str_text(&mover->moved));
	return 0;
}

int migrate_move(struct migration *m, struct err *err)
{
	struct mover mover = {.m = m, .indent = STR_INIT, .moved = STR_INIT};
	const struct yaml_node *root = yaml_root(m->yaml), *key, *value;
	const struct schema_section *section;
	int r;

	if (root->style != YAML_FLOW) {
		r = move_all(&mover, err);
		str_wipe(&mover.moved);
		str_done(&mover.indent);
		return r;
	}
	for (key = yaml_child(m->yaml, root); key && (value = yaml_next(m->yaml, key)); key = yaml_next(m->yaml, value))
		if (schema_top_level(yaml_text(m->yaml, key), &section))
			return migrate_refuse(m, key, "a key outside of a section, in braces", err);
	return 0;
}
