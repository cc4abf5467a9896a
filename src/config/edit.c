/* SPDX-License-Identifier: Apache-2.0 */
#include "config/edit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/document.h"
#include "config/edit_check.h"
#include "config/schema.h"
#include "config/source.h"
#include "config/yaml.h"

#define INDENTATION "    " /* for a section that is new, as in the sample */

struct editor {
	const struct source *source;
	const struct yaml *yaml;
	const struct config_edit *edit;
};

/* What to put in place of the octets [start, end). */
struct splice {
	size_t start, end;
	struct str text;
};

static unsigned int line_of(const struct editor *e, size_t offset)
{
	return source_mark(e->source, offset).line;
}

static int refuse(
	const struct editor *e, const struct yaml_node *node, struct err *err, const char *what, const char *cure)
{
	return err_set(err, EINVAL, "cannot edit '%s.%s' on line %u: %s; %s", e->edit->section, e->edit->key,
		line_of(e, node->start), what, cure);
}

/* The value of a key of the mapping: 0 none, 1 found (with its key), negative when it is there twice. */
static int find(const struct editor *e, const struct yaml_node *mapping, const char *name,
	const struct yaml_node **ret_key, const struct yaml_node **ret_value, struct err *err)
{
	const struct yaml_node *key, *value;
	int found = 0;

	for (key = yaml_child(e->yaml, mapping); key && (value = yaml_next(e->yaml, key));
		key = yaml_next(e->yaml, value)) {
		if (key->kind != YAML_SCALAR || !str_eq(yaml_text(e->yaml, key), name))
			continue;
		if (found)
			return refuse(e, key, err, "the key is there twice", "keep one of them");
		*ret_key = key;
		*ret_value = value;
		found = 1;
	}
	return found;
}

/* The blanks before a key on its line; false when something else stands there. */
static bool indentation(const struct editor *e, const struct yaml_node *key, size_t *ret_start, struct str *ret)
{
	bool alone = source_indented(e->source, key->start, ret_start);

	str_add_n(ret, e->source->text + *ret_start, key->start - *ret_start);
	return alone;
}

/* Put the value where nothing stands: right behind the key's ':', which may be missing in "{key}". */
static void fill_empty(const struct editor *e, const struct yaml_node *key, struct splice *ret)
{
	size_t colon = source_skip_blanks(e->source, key->end);
	bool has_colon = colon < e->source->len && e->source->text[colon] == ':';

	ret->start = ret->end = has_colon ? colon + 1 : key->end;
	str_addf(&ret->text, "%s \"%s\"", has_colon ? "" : ":", e->edit->value);
}

static int replace_value(const struct editor *e, const struct yaml_node *key, const struct yaml_node *value,
	struct splice *ret, struct err *err)
{
	bool single = value->style == YAML_SINGLE_QUOTED && strchr(e->edit->value, '\'') == NULL;
	const char *mark = single ? "'" : "\"";

	if (value->kind == YAML_ALIAS)
		return refuse(e, value, err, "the value is an alias", "write the value itself");
	if (value->kind != YAML_SCALAR)
		return refuse(e, value, err, "the value is a mapping or a list", "write a single value");
	if (value->style == YAML_BLOCK)
		return refuse(e, value, err, "the value is a block of text ('|' or '>')", "write it on the key's line");
	if (value->start == value->end) {
		fill_empty(e, key, ret);
		return 0;
	}
	ret->start = value->start;
	ret->end = value->end;
	str_addf(&ret->text, "%s%s%s", mark, e->edit->value, mark);
	return 0;
}

/* As first line of a section that has keys. */
static int insert_key(const struct editor *e, const struct yaml_node *section, struct splice *ret, struct err *err)
{
	const struct yaml_node *first = yaml_child(e->yaml, section);
	_cleanup_str_ struct str indent = STR_INIT;

	if (section->style == YAML_FLOW) {
		ret->start = ret->end = section->start + 1;
		str_addf(&ret->text, "%s: \"%s\"%s", e->edit->key, e->edit->value, first ? ", " : "");
		return 0;
	}
	if (!indentation(e, first, &ret->start, &indent))
		return refuse(e, first, err, "something stands before the section's first key",
			"put the key on a line of its own");
	ret->end = ret->start;
	str_addf(&ret->text, "%s%s: \"%s\"%s", str_text(&indent), e->edit->key, e->edit->value,
		source_line_break(e->source, first->start));
	return 0;
}

/* As the only line of a section that is there without keys ("general:"). */
static int fill_section(const struct editor *e, const struct yaml_node *key, const struct yaml_node *value,
	struct splice *ret, struct err *err)
{
	_cleanup_str_ struct str indent = STR_INIT;
	size_t line = line_of(e, key->start), start;
	const char *newline = source_line_break(e->source, key->start);

	if (value->start != value->end)
		return refuse(e, key, err, "the section has a value in place of keys", "take the value out");
	if (!indentation(e, key, &start, &indent))
		return refuse(e, key, err, "something stands before the section's name", "put it on a line of its own");
	ret->start = ret->end = source_line_end(e->source, line);
	str_addf(&ret->text, "%s%s" INDENTATION "%s: \"%s\"", newline, str_text(&indent), e->edit->key, e->edit->value);
	return 0;
}

/* A section in front of the first key of the document. */
static int insert_section(const struct editor *e, const struct yaml_node *root, struct splice *ret, struct err *err)
{
	const struct yaml_node *first = yaml_child(e->yaml, root);
	_cleanup_str_ struct str indent = STR_INIT;
	const char *newline;

	if (root->style == YAML_FLOW) {
		ret->start = ret->end = root->start + 1;
		str_addf(&ret->text, "%s: {%s: \"%s\"}%s", e->edit->section, e->edit->key, e->edit->value,
			first ? ", " : "");
		return 0;
	}
	if (!indentation(e, first, &ret->start, &indent))
		return refuse(
			e, first, err, "something stands before the first key", "put the key on a line of its own");
	ret->end = ret->start;
	newline = source_line_break(e->source, first->start);
	str_addf(&ret->text, "%s%s:%s%s" INDENTATION "%s: \"%s\"%s", str_text(&indent), e->edit->section, newline,
		str_text(&indent), e->edit->key, e->edit->value, newline);
	return 0;
}

static int plan_splice(const struct editor *e, struct splice *ret, struct err *err)
{
	const struct yaml_node *root = yaml_root(e->yaml), *key = NULL, *section = NULL, *value = NULL;
	int r;

	if (root == NULL || root->kind != YAML_MAPPING)
		return err_set(err, EINVAL, "cannot edit the text: it has no keys");
	if (edit_at_top_level(e->yaml, e->edit)) {
		r = find(e, root, e->edit->key, &key, &value, err);
		return r <= 0 ? r : replace_value(e, key, value, ret, err);
	}
	r = find(e, root, e->edit->section, &key, &section, err);
	if (r < 0)
		return r;
	if (r == 0)
		return insert_section(e, root, ret, err);
	if (section->kind == YAML_SCALAR)
		return fill_section(e, key, section, ret, err);
	if (section->kind != YAML_MAPPING)
		return refuse(
			e, section, err, "the section is a list or an alias", "write its keys below it, indented");
	r = find(e, section, e->edit->key, &key, &value, err);
	if (r < 0)
		return r;
	return r ? replace_value(e, key, value, ret, err) : insert_key(e, section, ret, err);
}

static int check_value(const struct config_edit *edit, struct err *err)
{
	const char *c;

	for (c = edit->value; *c; c++)
		if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
			return err_set(err, EINVAL,
				"cannot write '%s.%s': the value has a character that YAML would escape", edit->section,
				edit->key);
	return 0;
}

static int edit_one(struct str *text, const struct config_edit *edit, struct err *err)
{
	_cleanup_source_ struct source before = SOURCE_INIT, after = SOURCE_INIT;
	_cleanup_yaml_ struct yaml old = YAML_INIT, new = YAML_INIT;
	_cleanup_str_ struct str spliced = STR_INIT;
	struct splice splice = {0, 0, STR_INIT};
	struct editor editor = {&before, &old, edit};
	int r;

	source_open(&before, str_text(text), text->len);
	r = document_read(&before, &old, err);
	if (r == 0)
		r = plan_splice(&editor, &splice, err);
	if (r == 0) {
		str_add_n(&spliced, text->s, splice.start);
		str_add(&spliced, splice.text.s);
		str_add_n(&spliced, text->s + splice.end, text->len - splice.end);
		source_open(&after, spliced.s, spliced.len);
		yaml_parse(&after, &new);
		if (!edit_check(&old, &new, edit))
			r = err_set(err, EINVAL,
				"cannot edit '%s.%s' without changing more than that; write it as 'key: value' on a "
				"line of its own",
				edit->section, edit->key);
	}
	str_wipe(&splice.text);
	if (r < 0)
		return r;
	str_wipe(text);
	*text = spliced;
	spliced = (struct str)STR_INIT;
	return 0;
}

int config_edit(const char *text, size_t len, const struct config_edit *edits, size_t n, char **ret, size_t *ret_len,
	struct err *err)
{
	struct str result = STR_INIT;
	size_t i;
	int r = 0;

	str_add_n(&result, text, len);
	/* New keys go to the front of their section: from the last one they end up in the order given. */
	for (i = n; i-- > 0 && r == 0;) {
		r = check_value(&edits[i], err);
		if (r == 0)
			r = edit_one(&result, &edits[i], err);
	}
	if (r < 0) {
		str_wipe(&result);
		return r;
	}
	*ret_len = result.len;
	*ret = str_take(&result);
	return 0;
}
