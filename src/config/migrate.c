/* SPDX-License-Identifier: Apache-2.0 */
#include "config/migrate.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "config/document.h"
#include "config/migrate_move.h"
#include "config/old_forms.h"
#include "config/schema.h"

int migrate_refuse(const struct migration *m, const struct yaml_node *node, const char *what, struct err *err)
{
	return err_set(err, EINVAL, "cannot rewrite line %u: %s; write each key on a line of its own as 'key: value'",
		source_mark(m->source, node->start).line, what);
}

bool migrate_ends_line(const struct migration *m, size_t offset)
{
	size_t end = source_line_end(m->source, source_mark(m->source, offset).line);
	size_t behind = source_skip_blanks(m->source, offset);

	return behind == end || (behind > offset && m->source->text[behind] == '#');
}

static void rename_key(struct migration *m, const struct yaml_node *key, const char *name)
{
	splices_add(&m->splices, key->start, key->end, name);
}

static int replace_value(struct migration *m, const struct yaml_node *value, const char *text, struct err *err)
{
	const char *mark = value->style == YAML_SINGLE_QUOTED ? "'" : "\"";
	_cleanup_free_ char *quoted = mem_printf("%s%s%s", mark, text, mark);

	if (value->style == YAML_BLOCK || value->start == value->end)
		return migrate_refuse(m, value, "the value is a block of text ('|' or '>')", err);
	splices_add(&m->splices, value->start, value->end, quoted);
	return 0;
}

/* In "{a: 1, size: 64, b: 2}", with the comma that it no longer needs. */
static int remove_from_flow(struct migration *m, const struct yaml_node *mapping, const struct yaml_node *key,
	const struct yaml_node *value, struct err *err)
{
	const struct yaml_node *next = yaml_next(m->yaml, value), *before = NULL, *at;
	size_t start = key->start, end = next ? next->start : value->end;

	for (at = yaml_child(m->yaml, mapping); at != key; at = yaml_next(m->yaml, at))
		before = at;
	if (next == NULL && before)
		start = before->end;
	if (memchr(m->source->text + start, '#', end - start))
		return migrate_refuse(m, key, "a comment stands between two keys", err);
	splices_add(&m->splices, start, end, "");
	return 0;
}

/* A comment behind it stays, on a line of its own. */
static int remove_pair(struct migration *m, const struct yaml_node *mapping, const struct yaml_node *key,
	const struct yaml_node *value, struct err *err)
{
	unsigned int line = source_mark(m->source, key->start).line;
	size_t start, end, behind;

	if (mapping->style == YAML_FLOW)
		return remove_from_flow(m, mapping, key, value, err);
	if (source_mark(m->source, value->end).line != line || value->style == YAML_BLOCK)
		return migrate_refuse(m, key, "the value is on another line than its key", err);
	if (!source_indented(m->source, key->start, &start) || !migrate_ends_line(m, value->end))
		return migrate_refuse(m, key, "something else stands on the line", err);
	end = source_line_end(m->source, line);
	behind = source_skip_blanks(m->source, value->end);
	if (behind < end)
		splices_add(&m->splices, key->start, behind, "");
	else
		splices_add(
			&m->splices, start, line < m->source->n_lines ? m->source->lines[line] : m->source->len, "");
	return 0;
}

/* A network in two parts: the modern value is that of `config`, which the whole text was loaded into. */
static int join_parts(struct migration *m, const struct schema_section *section, const struct yaml_node *mapping,
	const struct config *config, struct err *err)
{
	const struct schema_key *network = old_forms_part(section, PART_NETWORK);
	const struct schema_key *length = old_forms_part(section, PART_LENGTH);
	const struct yaml_node *network_key, *length_key, *network_value, *length_value;
	_cleanup_str_ struct str text = STR_INIT;
	int r;

	if (network == NULL)
		return 0;
	network_value = document_value(m->yaml, mapping, network->name, &network_key);
	length_value = document_value(m->yaml, mapping, length->name, &length_key);
	/* One that is empty is not there for the parser, and is left for its owner to take out. */
	if (network_value == NULL || length_value == NULL || yaml_empty(m->yaml, network_value))
		return 0;
	config_value_text(config, schema_key(section, network->modern), &text);
	rename_key(m, network_key, network->modern);
	r = replace_value(m, network_value, str_text(&text), err);
	if (r < 0)
		return r;
	if (str_eq(length->modern, network->modern))
		return remove_pair(m, mapping, length_key, length_value, err);
	rename_key(m, length_key, length->modern);
	return 0;
}

static int rewrite_section(struct migration *m, const struct schema_section *section, const struct yaml_node *mapping,
	const struct config *config, struct err *err)
{
	const struct schema_key *row;

	for (row = section->keys; row->name; row++) {
		const struct yaml_node *key;

		if (!schema_is_modern(row) && row->part == PART_NONE &&
			document_value(m->yaml, mapping, row->name, &key))
			rename_key(m, key, row->modern);
	}
	return join_parts(m, section, mapping, config, err);
}

static int rewrite(struct migration *m, const struct config *config, struct err *err)
{
	const struct schema_section *section;
	int r = 0;

	for (section = schema_sections; section->name && r == 0; section++) {
		const struct yaml_node *key, *value;

		value = section->hosts ? NULL : document_value(m->yaml, yaml_root(m->yaml), section->name, &key);
		if (value && value->kind == YAML_MAPPING)
			r = rewrite_section(m, section, value, config, err);
	}
	return r == 0 ? migrate_move(m, err) : r;
}

static size_t count(const char *text, size_t len, char c)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++)
		n += text[i] == c;
	return n;
}

/* The same meaning, nothing old, no comment lost. */
static bool check(const char *text, size_t len, const struct str *new, const struct config *before)
{
	struct diagnostics diagnostics = {0};
	struct config *after = config_parse(str_text(new), new->len, "", &diagnostics);
	bool good = diagnostics.n == 0 && after->complete && config_same(before, after) &&
		    count(text, len, '#') == count(str_text(new), new->len, '#');

	config_free(after);
	diagnostics_done(&diagnostics);
	return good;
}

static int migrate_parsed(const char *text, size_t len, const struct config *config, struct str *ret, struct err *err)
{
	_cleanup_source_ struct source source = SOURCE_INIT;
	_cleanup_yaml_ struct yaml yaml = YAML_INIT;
	struct migration m = {&source, &yaml, SPLICES_INIT};
	int r;

	source_open(&source, text, len);
	r = document_read(&source, &yaml, err);
	if (r == 0)
		r = rewrite(&m, config, err);
	if (r == 0 && (!splices_apply(&m.splices, text, len, ret) || !check(text, len, ret, config)))
		r = err_set(err, EINVAL,
			"cannot rewrite this file without changing what it says: write the old keys, which 'lazyjack "
			"validate' names, on lines of their own");
	splices_done(&m.splices);
	return r;
}

int config_migrate(const char *text, size_t len, char **ret, size_t *ret_len, struct err *err)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_parse(text, len, "", &diagnostics);
	struct str new = STR_INIT;
	int r = 0;

	if (diagnostics.errors > 0)
		r = err_set(err, EINVAL, "the configuration has errors: put them right first");
	else if (diagnostics.n == 0)
		str_add_n(&new, text, len);
	else
		r = migrate_parsed(text, len, config, &new, err);
	config_free(config);
	diagnostics_done(&diagnostics);
	if (r < 0) {
		str_wipe(&new);
		return r;
	}
	*ret_len = new.len;
	*ret = str_take(&new);
	return 0;
}
