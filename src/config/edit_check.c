/* SPDX-License-Identifier: Apache-2.0 */
#include "config/edit_check.h"

#include <string.h>

#include "base/str.h"
#include "config/document.h"
#include "config/schema.h"

struct cursor {
	const struct yaml *yaml;
	const struct yaml_node *node;
};

static bool same(struct cursor a, struct cursor b)
{
	struct cursor x, y;

	if (a.node == NULL || b.node == NULL)
		return a.node == b.node;
	if (a.node->kind != b.node->kind || a.node->len != b.node->len ||
		memcmp(yaml_text(a.yaml, a.node), yaml_text(b.yaml, b.node), a.node->len) != 0)
		return false;
	/* Two aliases with the same octets name the same anchor; those octets were not edited, or the sizes would
	 * differ. */
	if (a.node->kind == YAML_ALIAS && a.node->end - a.node->start != b.node->end - b.node->start)
		return false;
	x = (struct cursor){a.yaml, yaml_child(a.yaml, a.node)};
	y = (struct cursor){b.yaml, yaml_child(b.yaml, b.node)};
	while (x.node && y.node) {
		if (!same(x, y))
			return false;
		x.node = yaml_next(x.yaml, x.node);
		y.node = yaml_next(y.yaml, y.node);
	}
	return x.node == y.node;
}

/* Step over the pair with this key, if the cursor stands on it; remembers its value. */
static void skip_pair(struct cursor *key, const char *name, struct cursor *ret_value)
{
	const struct yaml_node *value;

	if (key->node == NULL || key->node->kind != YAML_SCALAR || !str_eq(yaml_text(key->yaml, key->node), name))
		return;
	value = yaml_next(key->yaml, key->node);
	*ret_value = (struct cursor){key->yaml, value};
	key->node = value ? yaml_next(key->yaml, value) : NULL;
}

/* Two mappings whose pairs are the same but for the one with this key; its values come back. */
static bool same_but_for(struct cursor a, struct cursor b, const char *name, struct cursor *ret_a, struct cursor *ret_b)
{
	struct cursor x = {a.yaml, a.node ? yaml_child(a.yaml, a.node) : NULL};
	struct cursor y = {b.yaml, yaml_child(b.yaml, b.node)};

	*ret_a = (struct cursor){a.yaml, NULL};
	*ret_b = (struct cursor){b.yaml, NULL};
	for (;;) {
		skip_pair(&x, name, ret_a);
		skip_pair(&y, name, ret_b);
		if (x.node == NULL || y.node == NULL)
			break;
		if (!same(x, y))
			return false;
		x.node = yaml_next(x.yaml, x.node);
		y.node = yaml_next(y.yaml, y.node);
	}
	return x.node == y.node && ret_b->node;
}

bool edit_at_top_level(const struct yaml *yaml, const struct config_edit *edit)
{
	const struct yaml_node *value, *key;
	const struct schema_section *section = NULL;

	if (!schema_top_level(edit->key, &section) || !str_eq(section->name, edit->section))
		return false;
	value = document_value(yaml, yaml_root(yaml), edit->key, &key);
	return value && value->kind == YAML_SCALAR;
}

static bool check_value(const struct yaml *after, const struct yaml_node *value, const struct config_edit *edit)
{
	return value->kind == YAML_SCALAR && str_eq(yaml_text(after, value), edit->value);
}

bool edit_check(const struct yaml *before, const struct yaml *after, const struct config_edit *edit)
{
	struct cursor old = {before, yaml_root(before)}, new = {after, yaml_root(after)}, old_value, new_value;

	if (after->error || after->several || new.node == NULL || new.node->kind != YAML_MAPPING)
		return false;
	if (edit_at_top_level(before, edit))
		return same_but_for(old, new, edit->key, &old_value, &new_value) &&
		       check_value(after, new_value.node, edit);
	if (!same_but_for(old, new, edit->section, &old_value, &new_value) || new_value.node->kind != YAML_MAPPING)
		return false;
	old = old_value;
	new = new_value;
	/* A section that was missing or empty counts as one without keys. */
	if (old.node && old.node->kind != YAML_MAPPING && !yaml_empty(before, old.node))
		return false;
	if (!same_but_for(old, new, edit->key, &old_value, &new_value))
		return false;
	return check_value(after, new_value.node, edit);
}
