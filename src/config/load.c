/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/name.h"
#include "config/old_forms.h"
#include "config/quote.h"
#include "config/schema.h"
#include "config/value.h"

struct loader {
	const struct source *source;
	const struct yaml *yaml;
	struct config *config;
	struct diagnostics *diagnostics;
};

static struct mark mark_of(const struct loader *l, const struct yaml_node *node)
{
	return source_mark(l->source, node->start);
}

#define refuse(l, node, hint, ...)                                                                                     \
	diagnostics_add((l)->diagnostics, SEVERITY_ERROR, mark_of(l, node), hint, __VA_ARGS__)

static const char *kind_text(const struct yaml_node *node)
{
	switch (node->kind) {
	case YAML_SCALAR:
		return "a single value";
	case YAML_MAPPING:
		return "a mapping";
	case YAML_LIST:
		return "a list";
	case YAML_ALIAS:
		return "an alias";
	}
	return "";
}

/* An alias would make the meaning of one line depend on another that looks unrelated, and is not worth its traps. */
static const char *kind_hint(const struct yaml_node *node, const char *other)
{
	return node->kind == YAML_ALIAS ? "aliases are not supported: write the value itself" : other;
}

/* The key's text when it is one, else NULL and a report. */
static const char *key_text(const struct loader *l, const struct yaml_node *key)
{
	const char *text = yaml_text(l->yaml, key);

	if (key->kind == YAML_SCALAR && key->len > 0 && strlen(text) == key->len)
		return text;
	refuse(l, key, kind_hint(key, "write 'key: value'"), "a key must be a plain name");
	return NULL;
}

static void list_keys(const struct schema_key *keys, const char **names, size_t *n, struct str *ret)
{
	for (*n = 0; keys->name; keys++) {
		if (keys->modern)
			continue;
		str_addf(ret, "%s%s", *n ? ", " : "", keys->name);
		names[(*n)++] = keys->name;
	}
}

static void add_unknown_hint(const char *name, const char *const *names, size_t n, const char *allowed, struct str *ret)
{
	const char *nearest = str_nearest(name, names, n);

	if (nearest)
		str_addf(ret, "did you mean '%s'? ", nearest);
	str_addf(ret, "allowed: %s", allowed);
}

static void unknown_key(
	const struct loader *l, const struct schema_section *section, const char *path, const struct yaml_node *key)
{
	const char *name = yaml_text(l->yaml, key);
	const struct schema_section *home = schema_home(name);
	_cleanup_str_ struct str hint = STR_INIT, allowed = STR_INIT;
	_cleanup_free_ char *shown = quote(name, key->len);
	const char *names[SCHEMA_KEYS_MAX];
	size_t n;

	list_keys(section->keys, names, &n, &allowed);
	if (home)
		str_addf(&hint, "put it under '%s:'", home->name);
	else
		add_unknown_hint(name, names, n, allowed.s, &hint);
	refuse(l, key, hint.s, "unknown key %s in '%s'", shown, path);
}

static void unknown_section(const struct loader *l, const struct yaml_node *key)
{
	const char *name = yaml_text(l->yaml, key);
	const struct schema_section *home = schema_home(name), *section;
	_cleanup_str_ struct str hint = STR_INIT, allowed = STR_INIT;
	_cleanup_free_ char *shown = quote(name, key->len);
	const char *names[SCHEMA_KEYS_MAX];
	size_t n = 0;

	for (section = schema_sections; section->name; section++) {
		str_addf(&allowed, "%s%s", n ? ", " : "", section->name);
		names[n++] = section->name;
	}
	if (home)
		str_addf(&hint, "put it under '%s:'", home->name);
	else
		add_unknown_hint(name, names, n, allowed.s, &hint);
	refuse(l, key, hint.s, "unknown key %s at top level", shown);
}

static void duplicate(const struct loader *l, const struct yaml_node *key, const char *path, struct mark first)
{
	_cleanup_free_ char *shown = quote(yaml_text(l->yaml, key), key->len);

	refuse(l, key, "keep one of them", "duplicate key %s%s%s%s, first on line %u", shown, path ? " in '" : "",
		path ? path : "", path ? "'" : "", first.line);
}

static void load_value(const struct loader *l, const char *path, const char *host, const struct schema_key *row,
	const struct yaml_node *value, void *base)
{
	struct value_place place = {path, host, row, mark_of(l, value), l->diagnostics};

	if (value->kind != YAML_SCALAR)
		value_refuse(&place, base,
			kind_hint(value, row->type == VALUE_WORDS
						 ? "write the words in one text: \"master dns64 nat64\""
						 : "write 'key: value' on one line"),
			"a single value belongs here, not %s", kind_text(value));
	else if (!yaml_empty(l->yaml, value))
		value_set(&place, yaml_text(l->yaml, value), value->len, base);
}

static void deprecated(const struct loader *l, const struct schema_key *row, const struct yaml_node *key)
{
	_cleanup_free_ char *hint = mem_printf("write '%s'; " OLD_FORMS_CURE, row->modern);

	diagnostics_add(l->diagnostics, SEVERITY_WARNING, mark_of(l, key), hint, "'%s' is the old name of '%s'",
		row->name, row->modern);
}

/* Remember that the key is there; false when it was there before, maybe under its old name. */
static bool first_time(const struct loader *l, const struct schema_section *section, const char *path,
	const struct schema_key *row, const struct yaml_node *key, struct mark *seen)
{
	const struct schema_key *slot = row->modern && row->part == PART_NONE ? schema_key(section, row->modern) : row;
	struct mark *first = &seen[slot - section->keys];

	if (first->line) {
		duplicate(l, key, path, *first);
		return false;
	}
	*first = mark_of(l, key);
	return true;
}

/* The keys of a section, or of one host; `seen` has the place of each that was there already. */
static void load_keys(const struct loader *l, const struct schema_section *section, const char *host,
	const struct yaml_node *mapping, void *base, struct mark *seen)
{
	const char *path = host ? host : section->name;
	const struct yaml_node *key, *value;

	if (yaml_empty(l->yaml, mapping))
		return;
	if (mapping->kind != YAML_MAPPING) {
		refuse(l, mapping, kind_hint(mapping, "write its keys on lines of their own, indented"),
			"'%s' must be a mapping of keys, not %s", path, kind_text(mapping));
		return;
	}
	for (key = yaml_child(l->yaml, mapping); key && (value = yaml_next(l->yaml, key));
		key = yaml_next(l->yaml, value)) {
		const struct schema_key *row;

		if (key_text(l, key) == NULL)
			continue;
		row = schema_key(section, yaml_text(l->yaml, key));
		if (row == NULL) {
			unknown_key(l, section, path, key);
			continue;
		}
		if (!first_time(l, section, path, row, key, seen))
			continue;
		if (row->modern && row->part == PART_NONE)
			deprecated(l, row, key);
		load_value(l, section->name, host, row, value, base);
	}
}

static void load_host(const struct loader *l, const struct schema_section *section, const struct yaml_node *key,
	const struct yaml_node *value)
{
	struct config *config = l->config;
	_cleanup_free_ char *name = mem_strdup(yaml_text(l->yaml, key));
	struct mark seen[SCHEMA_KEYS_MAX] = {0};
	struct config_host *host;
	const char *problem;
	char *c;

	for (c = name; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	problem = host_name_problem(name);
	if (problem) {
		_cleanup_free_ char *shown = quote(name, strlen(name));

		refuse(l, key, "write the name that `hostname` prints on the node", "host name %s %s", shown, problem);
		return;
	}
	config->hosts = mem_grow(config->hosts, config->n_hosts, &config->cap_hosts, sizeof(*config->hosts));
	host = &config->hosts[config->n_hosts++];
	host->mark = mark_of(l, key);
	host->name = TAKE_PTR(name);
	load_keys(l, section, host->name, value, host, seen);
}

static int compare_hosts(const void *a, const void *b)
{
	const struct config_host *const *one = a, *const *other = b;
	int r = strcmp((*one)->name, (*other)->name);

	return r ? r : *one < *other ? -1 : 1;
}

static void find_duplicate_hosts(const struct loader *l)
{
	const struct config *config = l->config;
	const struct config_host **sorted = mem_new(config->n_hosts, sizeof(struct config_host *));
	size_t i;

	for (i = 0; i < config->n_hosts; i++)
		sorted[i] = &config->hosts[i];
	qsort(sorted, config->n_hosts, sizeof(struct config_host *), compare_hosts);
	for (i = 1; i < config->n_hosts; i++)
		if (str_eq(sorted[i]->name, sorted[i - 1]->name))
			diagnostics_add(l->diagnostics, SEVERITY_ERROR, sorted[i]->mark, "keep one of them",
				"duplicate host '%s', first on line %u", sorted[i]->name, sorted[i - 1]->mark.line);
	free(sorted);
}

static void load_hosts(const struct loader *l, const struct schema_section *section, const struct yaml_node *mapping)
{
	const struct yaml_node *key, *value;

	if (yaml_empty(l->yaml, mapping))
		return;
	if (mapping->kind != YAML_MAPPING) {
		refuse(l, mapping, kind_hint(mapping, "write 'NAME:' and below it, indented, the keys of that host"),
			"'%s' must be a mapping of host names, not %s", section->name, kind_text(mapping));
		return;
	}
	for (key = yaml_child(l->yaml, mapping); key && (value = yaml_next(l->yaml, key));
		key = yaml_next(l->yaml, value)) {
		if (key_text(l, key) == NULL)
			continue;
		if (l->config->n_hosts == CONFIG_HOSTS_MAX) {
			refuse(l, key, NULL, "more than %d hosts", CONFIG_HOSTS_MAX);
			break;
		}
		load_host(l, section, key, value);
	}
	find_duplicate_hosts(l);
}

/* What stands outside of the sections: a key that earlier releases had there, or a mistake. */
static void load_outside(const struct loader *l, const struct yaml_node *key, const struct yaml_node *value,
	struct mark seen[SCHEMA_SECTIONS_MAX][SCHEMA_KEYS_MAX])
{
	const struct schema_section *home;
	const struct schema_key *row = schema_top_level(yaml_text(l->yaml, key), &home);
	_cleanup_free_ char *hint = NULL;

	if (row == NULL || value->kind != YAML_SCALAR) {
		unknown_section(l, key);
		return;
	}
	if (!first_time(l, home, home->name, row, key, seen[home - schema_sections]))
		return;
	hint = mem_printf("write it under '%s:'; " OLD_FORMS_CURE, home->name);
	diagnostics_add(l->diagnostics, SEVERITY_WARNING, mark_of(l, key), hint, "'%s' at top level is the old form",
		row->name);
	load_value(l, home->name, NULL, row, value, l->config);
}

static void load_sections(const struct loader *l, const struct yaml_node *root)
{
	struct mark seen[SCHEMA_SECTIONS_MAX] = {0}, keys_seen[SCHEMA_SECTIONS_MAX][SCHEMA_KEYS_MAX] = {0};
	const struct yaml_node *key, *value;

	for (key = yaml_child(l->yaml, root); key && (value = yaml_next(l->yaml, key));
		key = yaml_next(l->yaml, value)) {
		const struct schema_section *section;
		struct mark *first;

		if (key_text(l, key) == NULL)
			continue;
		section = schema_section(yaml_text(l->yaml, key));
		if (section == NULL) {
			load_outside(l, key, value, keys_seen);
			continue;
		}
		first = &seen[section - schema_sections];
		if (first->line) {
			duplicate(l, key, NULL, *first);
			continue;
		}
		*first = mark_of(l, key);
		if (section->hosts) {
			l->config->topology_mark = *first;
			load_hosts(l, section, value);
		} else {
			load_keys(l, section, NULL, value, l->config, keys_seen[section - schema_sections]);
		}
	}
	old_forms_combine(l->config, l->diagnostics);
}

void load_document(
	const struct source *source, const struct yaml *yaml, struct config *config, struct diagnostics *diagnostics)
{
	const struct loader loader = {source, yaml, config, diagnostics}, *l = &loader;
	const struct yaml_node *root = yaml_root(yaml);

	if (root && root->kind == YAML_MAPPING) {
		load_sections(l, root);
	} else {
		/* When all that there was had to be left out, that has been told. */
		if (config->complete && (root == NULL || yaml_empty(l->yaml, root)))
			diagnostics_add(l->diagnostics, SEVERITY_ERROR, (struct mark){0, 0},
				"`topology:` and the networks belong here; README shows a sample", "the file is empty");
		else if (root)
			refuse(l, root, kind_hint(root, "write sections like 'general:' in the first column"),
				"the file must be a mapping of sections, not %s", kind_text(root));
		config->complete = false;
	}
	if (l->yaml->several) {
		diagnostics_add(l->diagnostics, SEVERITY_ERROR, source_mark(l->source, l->yaml->second),
			"take out the '---' line, or all from there", "a second document in the file");
		config->complete = false;
	}
}
