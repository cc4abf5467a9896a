/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema_text.h"

#include <sys/socket.h>

static const char *family_text(int family)
{
	return family == AF_INET6 ? "IPv6 " : family == AF_INET ? "IPv4 " : "";
}

void schema_value_text(const struct schema_key *key, struct str *ret)
{
	const char *const *choice;

	if (key->values) {
		str_add(ret, key->values);
		return;
	}
	switch (key->type) {
	case VALUE_CHOICE:
		for (choice = key->choices; *choice; choice++)
			str_addf(ret, "%s`%s`", choice == key->choices ? "" : ", ", *choice);
		break;
	case VALUE_WORDS:
		str_add(ret, "words with blanks between them");
		break;
	case VALUE_PATH:
		str_add(ret, "absolute path; not `/`, no `..`; printable ASCII, at most 1024 octets");
		break;
	case VALUE_SOCKET:
		str_add(ret, "absolute path of letters, digits, `/`, `.`, `_`, `-`, at most 107 octets; no `..`; "
			     "`unix://` in front of it is dropped");
		break;
	case VALUE_NETWORKS:
		str_addf(ret, "%snetworks with blanks between them, at most 32, or `none`", family_text(key->family));
		break;
	case VALUE_IMAGE:
		str_add(ret, "name of an image: letters, digits, `.`, `_`, `:`, `/`, `@`, `-`, at most 255 octets");
		break;
	case VALUE_INTERFACE:
		str_add(ret, "name of a link: at most 15 octets");
		break;
	case VALUE_VERSION:
		str_add(ret, "`latest`, or `v1.MINOR.PATCH` with an optional `-...` or `+...`");
		break;
	case VALUE_TOKEN:
		str_add(ret, "6 and 16 lower-case letters or digits, a dot between them");
		break;
	case VALUE_ENDPOINT:
		str_add(ret, "address (IPv6: in brackets) or host name, with `:` and a port or without");
		break;
	case VALUE_SECRET:
	case VALUE_HASH:
		str_add(ret, "64 lower-case hexadecimal digits");
		break;
	case VALUE_NUMBER:
		str_addf(ret, "%lu to %lu", key->min, key->max);
		if (key->unit)
			str_addf(ret, " %s", key->unit);
		break;
	case VALUE_FLAG:
		str_add(ret, "true, false");
		break;
	case VALUE_ADDRESS:
		str_addf(ret, "%saddress", family_text(key->family));
		break;
	case VALUE_PREFIX:
		str_addf(ret, "%snetwork", family_text(key->family));
		break;
	case VALUE_OLD_NETWORK:
		str_add(ret, "address of a network");
		break;
	}
}

static void add_modes(unsigned int modes, struct str *ret)
{
	unsigned int i, n = 0;

	for (i = 0; i < SCHEMA_MODES; i++)
		if (modes & 1U << i)
			str_addf(ret, "%s`%s`", n++ ? ", " : "", schema_modes[i]);
}

void schema_needed_text(const struct schema_key *key, struct str *ret)
{
	if (key->needed == IN_ALL) {
		str_add(ret, "always");
	} else if (key->needed) {
		str_add(ret, "in ");
		add_modes(key->needed, ret);
		str_add(ret, key->allowed == key->needed ? "; refused in others" : "");
	} else {
		str_add(ret, "no");
		if (key->allowed != IN_ALL) {
			str_add(ret, "; in ");
			add_modes(key->allowed, ret);
			str_add(ret, " only");
		}
	}
}

/* The help as a sentence with what else is to know. */
static void add_purpose(const struct schema_key *key, struct str *ret)
{
	str_add(ret, key->help);
	if (key->detail)
		str_addf(ret, ". %s", key->detail);
}

static void add_default(const struct schema_key *key, struct str *ret)
{
	const char *mark = key->default_derived ? "" : "`";

	if (key->default_text)
		str_addf(ret, "%s%s%s", mark, key->default_text, mark);
}

static void add_table(const struct schema_section *section, struct str *ret)
{
	const struct schema_key *key;

	str_add(ret, "| key | value | needed | default | what it is |\n|---|---|---|---|---|\n");
	for (key = section->keys; key->name; key++) {
		if (!schema_is_modern(key))
			continue;
		str_addf(ret, "| `%s` | ", key->name);
		schema_value_text(key, ret);
		str_add(ret, " | ");
		schema_needed_text(key, ret);
		str_add(ret, " | ");
		add_default(key, ret);
		str_add(ret, key->default_text ? " | " : "| ");
		add_purpose(key, ret);
		str_add(ret, " |\n");
	}
}

static void add_old_forms(const struct schema_section *section, struct str *ret)
{
	const struct schema_key *key, *length;

	for (key = section->keys; key->name; key++) {
		if (key->top_level)
			str_addf(ret, "| `%s` at top level | `%s.%s` |\n", key->name, section->name, key->name);
		if (schema_is_modern(key) || key->part == PART_LENGTH)
			continue;
		str_addf(ret, "| `%s.%s`", section->name, key->name);
		for (length = section->keys; key->part == PART_NETWORK && length->name; length++)
			if (length->part == PART_LENGTH)
				str_addf(ret, " and `%s`", length->name);
		str_addf(ret, " | `%s.%s`", section->name, key->modern);
		for (length = section->keys; key->part == PART_NETWORK && length->name; length++)
			if (length->part == PART_LENGTH && !str_eq(length->modern, key->modern))
				str_addf(ret, " and `%s`", length->modern);
		str_add(ret, " |\n");
	}
}

void schema_markdown(struct str *ret)
{
	const struct schema_section *section;

	for (section = schema_sections; section->name; section++) {
		str_addf(ret, "### `%s`\n\n%s%s%s\n\n", section->name, section->help, section->detail ? " " : "",
			section->detail ? section->detail : "");
		add_table(section, ret);
		str_add(ret, "\n");
	}
	str_add(ret, "### Forms of earlier releases\n\n| old | now |\n|---|---|\n");
	for (section = schema_sections; section->name; section++)
		add_old_forms(section, ret);
}

/* Without the marks that only Markdown wants. */
static void add_unmarked(const char *text, struct str *ret)
{
	for (; *text; text++)
		if (*text != '`')
			str_add_n(ret, text, 1);
}

static void add_paragraph(const struct schema_section *section, const struct schema_key *key, struct str *ret)
{
	_cleanup_str_ struct str text = STR_INIT;

	str_addf(&text, "%s%s.%s: ", section->name, section->hosts ? ".HOST" : "", key->name);
	schema_value_text(key, &text);
	if (key->default_text)
		str_addf(&text, "; default %s", key->default_text);
	str_add(&text, "\n    ");
	add_purpose(key, &text);
	str_add(&text, ".\n    needed: ");
	schema_needed_text(key, &text);
	str_add(&text, "\n");
	add_unmarked(text.s, ret);
}

void schema_plain(struct str *ret)
{
	const struct schema_section *section;
	const struct schema_key *key;

	for (section = schema_sections; section->name; section++)
		for (key = section->keys; key->name; key++)
			if (schema_is_modern(key))
				add_paragraph(section, key, ret);
}
