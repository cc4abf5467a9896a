/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "config/schema.h"
#include "fixture.h"

/* What the manual and the JSON Schema are made from must be there in every row. */
static void rows_are_whole(void **state)
{
	const struct schema_section *section;
	const struct schema_key *key;
	size_t sections = 0, keys;

	for (section = schema_sections; section->name; section++, sections++) {
		assert_ptr_equal(schema_section(section->name), section);
		assert_true(section->help && str_ends(section->help, "."));
		for (keys = 0, key = section->keys; key->name; key++, keys++) {
			assert_ptr_equal(schema_key(section, key->name), key);
			assert_true(key->help && str_ends(key->help, "."));
			assert_int_equal(key->type == VALUE_CHOICE, key->choices != NULL);
			assert_int_equal(key->type == VALUE_NUMBER, key->max > 0);
			assert_true(key->min <= key->max);
			if (key->modern)
				assert_non_null(schema_key(section, key->modern));
		}
		assert_in_range(keys, 1, SCHEMA_KEYS_MAX);
	}
	assert_in_range(sections, 1, SCHEMA_KEYS_MAX);
}

/* A default that the parser would refuse is a mistake in the row. */
static void defaults_are_valid(void **state)
{
	const struct schema_section *section;
	const struct schema_key *key;

	for (section = schema_sections; section->name; section++) {
		for (key = section->keys; key->name; key++) {
			struct diagnostics diagnostics = {0};
			_cleanup_free_ char *text = NULL;

			if (key->default_text == NULL || strchr(key->default_text, ' '))
				continue;
			text = mem_printf("%s:\n  %s: %s\n", section->name, key->name, key->default_text);
			config_free(config_parse(text, strlen(text), "c.yaml", &diagnostics));
			assert_int_equal(diagnostics.n, 0);
			diagnostics_done(&diagnostics);
		}
	}
}

static void homes(void **state)
{
	assert_string_equal(schema_home("plugin")->name, "general");
	assert_string_equal(schema_home("mtu")->name, "pod_net");
	assert_null(schema_home("cidr"));
	assert_null(schema_home("interface"));
	assert_null(schema_home("allow_ipv6_use"));
	assert_null(schema_home("nonsense"));
}

/* Every row has to be a row of the manual's table of its section, so that no key goes undocumented. */
static void manual_names_every_key(void **state)
{
	const char *source = getenv("LAZYJACK_SOURCE");
	const struct schema_section *section;
	const struct schema_key *key;
	_cleanup_free_ char *path = NULL, *manual = NULL;

	assert_non_null(source);
	path = mem_printf("%s/doc/CONFIGURATION.md", source);
	manual = fixture_read(path);
	for (section = schema_sections; section->name; section++) {
		_cleanup_free_ char *heading = mem_printf("\n### `%s`\n", section->name), *text = NULL;
		const char *start = strstr(manual, heading), *end;

		if (start == NULL)
			fail_msg("doc/CONFIGURATION.md has no heading for the section '%s'", section->name);
		start += strlen(heading);
		end = strstr(start, "\n##");
		text = mem_strndup(start, end ? (size_t)(end - start) : strlen(start));
		for (key = section->keys; key->name; key++) {
			_cleanup_free_ char *row = mem_printf("\n| `%s` |", key->name);

			if (strstr(text, row) == NULL)
				fail_msg("doc/CONFIGURATION.md has no row for '%s' in '%s'", key->name, section->name);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(defaults_are_valid),
		cmocka_unit_test(homes),
		cmocka_unit_test(manual_names_every_key),
	};

	return RUN_TESTS(tests);
}
