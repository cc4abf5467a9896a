/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "config/schema.h"
#include "model/rules.h"

_Static_assert(1 << MODE_IPV6 == IN_IPV6 && 1 << MODE_IPV4 == IN_IPV4 && 1 << MODE_DUAL_STACK == IN_DUAL,
	"the schema names modes by the same numbers");

/*
 * The place of a key; line 0: it is not in the file. It is set for a value that was refused already, too, so that it is
 * not called missing.
 */
static struct mark mark_of(const struct config *config, const struct schema_key *key)
{
	return config_head(config, key)->mark;
}

/* A missing key has no place; the first key of its section is where a reader would add it. */
static struct mark section_mark(const struct config *config, const struct schema_section *section)
{
	const struct schema_key *key;
	struct mark first = {0, 0};

	for (key = section->keys; key->name; key++) {
		struct mark mark = mark_of(config, key);

		if (mark.line && (first.line == 0 || mark.line < first.line))
			first = mark;
	}
	return first;
}

static void check(struct rules *rules, const struct schema_section *section, const struct schema_key *key)
{
	const struct config *config = rules->config;
	unsigned int bit = 1U << rules->cluster->mode;
	const char *mode = mode_name(rules->cluster->mode);
	struct mark mark = mark_of(config, key);

	if (config_head(config, key)->given && !(key->allowed & bit))
		diagnostics_add(rules->out, SEVERITY_ERROR, mark, "take it out, or change general.mode",
			"%s.%s (%s) has no meaning in mode '%s'", section->name, key->name, key->help, mode);
	if (mark.line == 0 && (key->needed & bit))
		diagnostics_add(rules->out, SEVERITY_ERROR, section_mark(config, section), key->help,
			"%s.%s is missing; mode '%s' needs it", section->name, key->name, mode);
}

void rules_keys(struct rules *rules)
{
	const struct schema_section *section;
	const struct schema_key *key;

	for (section = schema_sections; section->name; section++)
		for (key = section->keys; !section->hosts && key->name; key++)
			if (schema_is_modern(key))
				check(rules, section, key);
}
