/* SPDX-License-Identifier: Apache-2.0 */
#include "config/sample.h"

#include "base/mem.h"
#include "config/schema.h"
#include "config/schema_text.h"

#define INDENTATION "    "

enum { FIRST_ID = 2 };

/* What the sample is about. */
struct sample {
	unsigned int mode;
	const char *const *hosts; /* names, NULL-terminated */
	size_t masters;		  /* how many of them, the first ones */
};

static const char *const one_master[] = {"master", "minion-1", "minion-2", NULL};
static const char *const three_masters[] = {"master-1", "master-2", "master-3", "minion-1", "minion-2", NULL};

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
			       key->type == VALUE_NETWORKS || key->type == VALUE_ENDPOINT
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

/* What only the reader can know, if anybody: which of them have the services. */
static const char *roles_of(const struct sample *sample, size_t number)
{
	if (number >= sample->masters)
		return "minion";
	return number == 0 && (1U << sample->mode) == IN_IPV6 ? "master dns64 nat64" : "master";
}

static void add_host(const struct schema_section *section, const struct sample *sample, size_t number, struct str *ret)
{
	static const char indent[] = INDENTATION INDENTATION;
	const struct schema_key *key;

	str_addf(ret, INDENTATION "%s:\n", sample->hosts[number]);
	for (key = section->keys; key->name; key++) {
		_cleanup_free_ char *value = NULL;

		if (str_eq(key->name, "id"))
			value = mem_printf("%zu", number + FIRST_ID);
		else if (str_eq(key->name, "opmodes"))
			value = mem_strdup(roles_of(sample, number));
		else
			value = mem_strdup(sample_value(key, sample->mode));
		if (number == 0)
			add_comment(key, indent, ret);
		if (number == 0 || key->needed)
			add_key(key, indent, value, key->needed != 0, ret);
	}
}

static bool is_live(const struct schema_key *key, const struct sample *sample)
{
	return key->needed & 1U << sample->mode || str_eq(key->name, "mode") ||
	       (sample->masters > 1 && str_eq(key->name, "control-plane-endpoint"));
}

static void add_section(const struct schema_section *section, const struct sample *sample, struct str *ret)
{
	unsigned int bit = 1U << sample->mode;
	const struct schema_key *key;
	bool empty = true;
	size_t i;

	for (key = section->keys; key->name; key++)
		empty = empty && !(key->allowed & bit);
	if (empty)
		return;
	str_addf(ret, "\n# %s\n%s:\n", section->help, section->name);
	for (i = 0; section->hosts && sample->hosts[i]; i++)
		add_host(section, sample, i, ret);
	for (key = section->keys; !section->hosts && key->name; key++) {
		if (!schema_is_modern(key) || !(key->allowed & bit))
			continue;
		add_comment(key, INDENTATION, ret);
		add_key(key, INDENTATION, sample_value(key, sample->mode), is_live(key, sample), ret);
	}
}

void config_sample(unsigned int mode, bool several_masters, struct str *ret)
{
	const struct sample sample = {
		.mode = mode,
		.hosts = several_masters ? three_masters : one_master,
		.masters = several_masters ? 3 : 1,
	};
	const struct schema_section *section;
	size_t n = 0;

	while (sample.hosts[n])
		n++;
	str_addf(ret,
		"# A cluster of %zu nodes, mode %s. The same file goes to every node; 'lazyjack validate' checks it. "
		"What\n"
		"# stands in comments as 'key: value' may be left out.\n",
		n, schema_modes[mode]);
	for (section = schema_sections; section->name; section++)
		add_section(section, &sample, ret);
}
