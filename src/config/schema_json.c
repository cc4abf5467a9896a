/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema_json.h"

#include <sys/socket.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/schema.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"
#define V4 "[0-9]{1,3}(\\.[0-9]{1,3}){3}"
#define V6 "[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"

static const char *address_pattern(int family)
{
	return family == AF_INET ? V4 : family == AF_INET6 ? V6 : V4 "|" V6;
}

static const char *prefix_pattern(int family)
{
	return family == AF_INET    ? V4 "/[0-9]{1,2}"
	       : family == AF_INET6 ? V6 "/[0-9]{1,3}"
				    : "(" V4 "|" V6 ")/[0-9]{1,3}";
}

/* Of a value written as text; NULL: it has choices. Wider than the parser where a pattern cannot be as exact. */
static const char *pattern(const struct schema_key *key)
{
	switch (key->type) {
	case VALUE_CHOICE:
		return NULL;
	case VALUE_NUMBER:
		return "0|[1-9][0-9]*";
	case VALUE_FLAG:
		/* YAML 1.2 takes the words of 1.1 for texts. */
		return "[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[Yy][Ee][Ss]|[Nn][Oo]|[Oo][Nn]|[Oo][Ff][Ff]";
	case VALUE_WORDS:
		return "[ \\t]*[A-Za-z0-9-]+([ \\t]+[A-Za-z0-9-]+)*[ \\t]*";
	case VALUE_PATH:
		return "/[ -~]{1,1023}";
	case VALUE_SOCKET:
		return "(unix://)?/[A-Za-z0-9/._-]{0,106}";
	case VALUE_NETWORKS:
		return key->family == AF_INET ? "none|[0-9./ \\t]+" : "none|[0-9A-Fa-f:./ \\t]+";
	case VALUE_IMAGE:
		return "[a-z0-9][A-Za-z0-9._:/@-]{0,254}";
	case VALUE_INTERFACE:
		return "[^-/: \\t\\n][^/: \\t\\n]{0,14}";
	case VALUE_VERSION:
		return "latest|v1\\.[0-9]{1,9}\\.[0-9]{1,9}([-+][0-9A-Za-z.+-]+)?";
	case VALUE_TOKEN:
		return "<.*|[a-z0-9]{6}\\.[a-z0-9]{16}";
	case VALUE_SECRET:
	case VALUE_HASH:
		return "<.*|[0-9a-f]{64}";
	case VALUE_ENDPOINT:
		return "(\\[[0-9A-Fa-f:.]+\\]|[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?)(:[1-9][0-9]{0,4})?";
	case VALUE_ADDRESS:
		return address_pattern(key->family);
	case VALUE_PREFIX:
		return prefix_pattern(key->family);
	case VALUE_OLD_NETWORK:
		return V6;
	}
	return NULL;
}

/* What a value may be without quotes, if that is no text. */
static const char *plain_type(const struct schema_key *key)
{
	if (key->type == VALUE_FLAG)
		return "boolean";
	/* There are links called "1". */
	return key->type == VALUE_NUMBER || key->type == VALUE_INTERFACE ? "integer" : NULL;
}

/* A key that need not always be there may be there without a value: null, or the empty text. */
static json_t *value_types(const struct schema_key *key)
{
	return json_make("[s*, s, s*]", plain_type(key), "string", key->needed == IN_ALL ? NULL : "null");
}

static json_t *choices_json(const struct schema_key *key)
{
	json_t *list = json_array();
	const char *const *choice;

	for (choice = key->choices; *choice; choice++)
		json_array_append_new(list, json_string(*choice));
	if (!key->needed) {
		json_array_append_new(list, json_string(""));
		json_array_append_new(list, json_null());
	}
	return list;
}

static json_t *default_json(const struct schema_key *key)
{
	if (key->type == VALUE_FLAG)
		return json_boolean(str_eq(key->default_text, "true"));
	if (key->type == VALUE_NUMBER) {
		unsigned long value = 0;

		str_to_uint(key->default_text, key->max, &value);
		return json_integer((json_int_t)value);
	}
	return json_string(key->default_text);
}

static json_t *samples_json(const struct schema_key *key)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(key->samples); i++)
		if (key->samples[i] && (i == 0 || !str_eq(key->samples[i], key->samples[0])))
			json_array_append_new(list, json_string(key->samples[i]));
	return list;
}

static json_t *description(const char *help, const char *detail)
{
	_cleanup_free_ char *text = detail ? mem_printf("%s. %s", help, detail) : mem_strdup(help);

	return json_string(text);
}

static json_t *key_json(const struct schema_key *key)
{
	json_t *json = json_make("{s:o}", "description", description(key->help, key->detail));
	const char *exact = pattern(key);

	if (exact) {
		_cleanup_free_ char *whole = mem_printf(key->needed == IN_ALL ? "^(%s)$" : "^(|%s)$", exact);

		json_object_set_new(json, "type", value_types(key));
		json_object_set_new(json, "pattern", json_string(whole));
	} else {
		json_object_set_new(json, "enum", choices_json(key));
	}
	if (key->type == VALUE_NUMBER) {
		json_object_set_new(json, "minimum", json_integer((json_int_t)key->min));
		json_object_set_new(json, "maximum", json_integer((json_int_t)key->max));
	}
	if (key->default_text && !key->default_derived)
		json_object_set_new(json, "default", default_json(key));
	if (key->samples[0])
		json_object_set_new(json, "examples", samples_json(key));
	return json;
}

/* The names of the section's keys that the mode (a bit, or several) needs. */
static json_t *names_json(const struct schema_section *section, unsigned int mode)
{
	json_t *list = json_array();
	const struct schema_key *key;

	for (key = section->keys; key->name; key++)
		if (schema_is_modern(key) && (key->needed & mode))
			json_array_append_new(list, json_string(key->name));
	return list;
}

static json_t *keys_json(const struct schema_section *section)
{
	json_t *properties = json_object();
	const struct schema_key *key;

	for (key = section->keys; key->name; key++)
		if (schema_is_modern(key))
			json_object_set_new(properties, key->name, key_json(key));
	return properties;
}

static json_t *section_json(const struct schema_section *section)
{
	json_t *keys = json_make(
		"{s:s, s:b, s:o}", "type", "object", "additionalProperties", false, "properties", keys_json(section));

	if (section->hosts) {
		json_object_set_new(keys, "required", names_json(section, IN_ALL));
		return json_make("{s:o, s:s, s:i, s:{s:s, s:i}, s:o}", "description",
			description(section->help, section->detail), "type", "object", "minProperties", 1,
			"propertyNames", "pattern", "^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", "maxLength", 63,
			"additionalProperties", keys);
	}
	json_object_set_new(keys, "type", json_make("[s, s]", "object", "null"));
	json_object_set_new(keys, "description", description(section->help, section->detail));
	return keys;
}

/* What one mode wants of a section: its keys, and none of those of other modes with a value. */
static json_t *section_of_mode(const struct schema_section *section, unsigned int mode)
{
	json_t *keys = json_object(), *wanted = names_json(section, mode);
	const struct schema_key *key;
	json_t *json;

	for (key = section->keys; key->name; key++) {
		if (schema_is_modern(key) && !(key->allowed & mode))
			json_object_set_new(keys, key->name, json_make("{s:[n, s]}", "enum", ""));
		else if ((key->needed & mode) && key->needed != IN_ALL)
			json_object_set_new(keys, key->name, json_make("{s:{s:[n, s]}}", "not", "enum", ""));
	}
	json = json_make("{s:o}", "properties", keys);
	if (json_array_size(wanted) > 0) {
		json_object_set_new(json, "type", json_string("object"));
		json_object_set(json, "required", wanted);
	}
	json_decref(wanted);
	return json;
}

/* "if general.mode is this one, then": the first mode is that of a file without the key, too. */
static json_t *mode_condition(unsigned int mode)
{
	json_t *is = json_make("{s:[s]}", "enum", schema_modes[mode]);

	if (mode == 0) {
		json_array_append_new(json_object_get(is, "enum"), json_string(""));
		json_array_append_new(json_object_get(is, "enum"), json_null());
		return json_make("{s:{s:{s:{s:o}}}}", "properties", "general", "properties", "mode", is);
	}
	return json_make("{s:{s:{s:s, s:{s:o}, s:[s]}}, s:[s]}", "properties", "general", "type", "object",
		"properties", "mode", is, "required", "mode", "required", "general");
}

static json_t *mode_json(unsigned int mode)
{
	json_t *properties = json_object(), *required = json_array();
	const struct schema_section *section;

	for (section = schema_sections; section->name; section++) {
		json_t *needed = names_json(section, 1U << mode);

		if (!section->hosts)
			json_object_set_new(properties, section->name, section_of_mode(section, 1U << mode));
		if (json_array_size(needed) > 0)
			json_array_append_new(required, json_string(section->name));
		json_decref(needed);
	}
	return json_make("{s:o, s:{s:o, s:o}}", "if", mode_condition(mode), "then", "properties", properties,
		"required", required);
}

json_t *schema_json(void)
{
	json_t *properties = json_object(), *modes = json_array();
	const struct schema_section *section;
	unsigned int mode;

	for (section = schema_sections; section->name; section++)
		json_object_set_new(properties, section->name, section_json(section));
	for (mode = 0; mode < SCHEMA_MODES; mode++)
		json_array_append_new(modes, mode_json(mode));
	return json_make("{s:s, s:s, s:s, s:b, s:o, s:o}", "$schema", DIALECT, "title", "lazyjack configuration",
		"type", "object", "additionalProperties", false, "properties", properties, "allOf", modes);
}
