/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/kubeconfig-entries.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

static const struct {
	const char *name;
	const char *list;
} kinds[ENTRY_KINDS] = {
	[ENTRY_CONTEXT] = {"context", "contexts"},
	[ENTRY_CLUSTER] = {"cluster", "clusters"},
	[ENTRY_USER] = {"user", "users"},
};

const char *entry_kind_name(enum entry_kind kind)
{
	return kinds[kind].name;
}

const char *entry_list(enum entry_kind kind)
{
	return kinds[kind].list;
}

static const json_t *find(const json_t *config, enum entry_kind kind, const char *name)
{
	const json_t *list = json_object_get(config, kinds[kind].list);
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (str_eq(json_text(json_array_get(list, i), "name"), name))
			return json_object_get(json_array_get(list, i), kinds[kind].name);
	return NULL;
}

static void digest(enum entry_kind kind, const json_t *entry, char ret[65])
{
	_cleanup_json_ json_t *bare = json_copy((json_t *)entry);
	char *text;

	if (kind == ENTRY_CONTEXT)
		json_object_del(bare, "namespace");
	text = json_dumps(bare, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	if (text == NULL)
		mem_die();
	file_sha256(text, strlen(text), ret);
	explicit_bzero(text, strlen(text));
	free(text);
}

int entries_note(const json_t *config, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *note = json_object();
	int kind;

	for (kind = 0; kind < ENTRY_KINDS; kind++) {
		const json_t *list = json_object_get(config, kinds[kind].list);
		const char *name = json_text(json_array_get(list, 0), "name");
		const json_t *entry = name ? find(config, (enum entry_kind)kind, name) : NULL;
		char sha256[65];

		if (json_array_size(list) != 1 || entry == NULL)
			return err_set(err, EINVAL, "it has no %s for its current context", kinds[kind].name);
		digest((enum entry_kind)kind, entry, sha256);
		json_object_set_new(note, kinds[kind].list, json_make("{s:s,s:s}", "name", name, "sha256", sha256));
	}
	*ret = json_incref(note);
	return 0;
}

const char *entry_name(const json_t *note, enum entry_kind kind)
{
	return json_text(json_object_get(note, kinds[kind].list), "name");
}

bool entries_equal(const json_t *a, const json_t *b)
{
	int kind;

	for (kind = 0; kind < ENTRY_KINDS; kind++)
		if (!json_equal(json_object_get(a, kinds[kind].list), json_object_get(b, kinds[kind].list)))
			return false;
	return true;
}

bool entry_there(const json_t *config, const json_t *note, enum entry_kind kind, bool *ret_same)
{
	const char *name = entry_name(note, kind);
	const json_t *entry = name ? find(config, kind, name) : NULL;
	char sha256[65];

	if (entry == NULL)
		return false;
	digest(kind, entry, sha256);
	*ret_same = str_eq(sha256, json_text(json_object_get(note, kinds[kind].list), "sha256"));
	return true;
}

bool entries_there(const json_t *config, const json_t *note, struct str *ret_detail)
{
	int kind;

	for (kind = 0; kind < ENTRY_KINDS; kind++) {
		bool same = false, there = entry_there(config, note, (enum entry_kind)kind, &same);

		if (there && same)
			continue;
		if (ret_detail)
			str_addf(ret_detail, "%s '%s' %s", kinds[kind].name, entry_name(note, (enum entry_kind)kind),
				there ? "differs" : "is gone");
		return false;
	}
	return true;
}

bool entries_none(const json_t *config)
{
	int kind;

	for (kind = 0; kind < ENTRY_KINDS; kind++)
		if (json_array_size(json_object_get(config, kinds[kind].list)) > 0)
			return false;
	return true;
}

bool entries_has_context(const json_t *config, const char *name)
{
	return find(config, ENTRY_CONTEXT, name) != NULL;
}
