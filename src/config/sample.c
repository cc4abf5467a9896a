/* SPDX-License-Identifier: Apache-2.0 */
#include "config/sample.h"

#include "base/mem.h"
#include "config/schema.h"
#include "config/schema_text.h"

#define INDENTATION "    "

enum { FIRST_ID = 2 };

static const char *const hosts[] = {"master", "minion-1", "minion-2"};

static void add_unmarked(const char *text, struct str *ret)
{
	for (; *text; text++)
		if (*text != '`')
			str_add_n(ret, text, 1);
}

static void add_comment(const struct schema_key *key, const char *indent, struct str *ret)
{
	bool values = key->type == VALUE_CHOICE || key->type == VALUE_NUMBER || key->type == VALUE_FLAG;
	_cleanup_str_ struct str text = STR_INIT;

	str_addf(&text, "%s# %s", indent, key->help);
	if (values) {
		str_add(&text, " (");
		schema_value_text(key, &text);
		str_add(&text, ")");
	}
	add_unmarked(text.s, ret);
	str_add(ret, "\n");
}

/* Addresses and words as texts, since not every YAML parser reads them plain. */
static const char *quotes(const struct schema_key *key)
{
	return key->type == VALUE_PREFIX || key->type == VALUE_ADDRESS || key->type == VALUE_WORDS ||
			       key->type == VALUE_NETWORKS
		       ? "\""
		       : "";
}

/* Of the family that the mode has first, and for a key that only dual-stack has of the other. */
static const char *sample_value(const struct schema_key *key, unsigned int mode)
{
	bool v4 = (1U << mode) == IN_IPV4 || key->allowed == IN_DUAL;
	const char *sample = key->samples[v4] ? key->samples[v4] : key->samples[0];

	if (key->type == VALUE_CHOICE && str_eq(key->name, "mode"))
		return schema_modes[mode];
	return sample ? sample : key->default_derived ? NULL : key->default_text;
}

static void add_key(const struct schema_key *key, const char *indent, const char *value, bool live, struct str *ret)
{
	const char *mark = value ? quotes(key) : "";

	str_addf(ret, "%s%s%s:%s%s%s%s\n", indent, live ? "" : "# ", key->name, value ? " " : "", mark,
		value ? value : "", mark);
}

static void add_host(const struct schema_section *section, size_t number, unsigned int mode, struct str *ret)
{
	static const char indent[] = INDENTATION INDENTATION;
	const struct schema_key *key;

	str_addf(ret, INDENTATION "%s:\n", hosts[number]);
	for (key = section->keys; key->name; key++) {
		_cleanup_free_ char *value = NULL;

		if (str_eq(key->name, "id"))
			value = mem_printf("%zu", number + FIRST_ID);
		else if (str_eq(key->name, "opmodes"))
			value = mem_strdup(number		     ? "minion"
					   : (1U << mode) == IN_IPV6 ? "master dns64 nat64"
								     : "master");
		else
			value = mem_strdup(sample_value(key, mode));
		if (number == 0)
			add_comment(key, indent, ret);
		if (number == 0 || key->needed)
			add_key(key, indent, value, key->needed != 0, ret);
	}
}

static void add_section(const struct schema_section *section, unsigned int mode, struct str *ret)
{
	const struct schema_key *key;
	bool empty = true;
	size_t i;

	for (key = section->keys; key->name; key++)
		empty = empty && !(key->allowed & 1U << mode);
	if (empty)
		return;
	str_addf(ret, "\n# %s\n%s:\n", section->help, section->name);
	for (i = 0; section->hosts && i < ARRAY_SIZE(hosts); i++)
		add_host(section, i, mode, ret);
	for (key = section->keys; !section->hosts && key->name; key++) {
		bool live = (key->needed & 1U << mode) || str_eq(key->name, "mode");

		if (!schema_is_modern(key) || !(key->allowed & 1U << mode))
			continue;
		add_comment(key, INDENTATION, ret);
		add_key(key, INDENTATION, sample_value(key, mode), live, ret);
	}
}

void config_sample(unsigned int mode, struct str *ret)
{
	const struct schema_section *section;

	str_addf(ret,
		"# A cluster of %zu nodes, mode %s. The same file goes to every node; 'lazyjack validate' checks it. "
		"What\n"
		"# stands in comments as 'key: value' may be left out.\n",
		ARRAY_SIZE(hosts), schema_modes[mode]);
	for (section = schema_sections; section->name; section++)
		add_section(section, mode, ret);
}
