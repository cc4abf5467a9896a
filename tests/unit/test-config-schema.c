/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "config/sample.h"
#include "config/schema.h"
#include "config/schema_text.h"
#include "fixture.h"
#include "model/cluster.h"

static void check_old_row(const struct schema_section *section, const struct schema_key *key)
{
	const struct schema_key *modern = schema_key(section, key->modern);

	assert_non_null(modern);
	assert_true(schema_is_modern(modern));
	assert_false(section->hosts);
	assert_int_equal(key->type == VALUE_OLD_NETWORK, key->part == PART_NETWORK);
	assert_int_equal(key->part == PART_NONE, key->offset == modern->offset);
}

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
			if (!schema_is_modern(key)) {
				check_old_row(section, key);
				continue;
			}
			assert_true(key->help && key->help[0] && !str_ends(key->help, "."));
			assert_true(key->detail == NULL || !str_ends(key->detail, "."));
			assert_int_equal(key->type == VALUE_CHOICE, key->choices != NULL);
			assert_int_equal(key->type == VALUE_NUMBER, key->max > 0);
			assert_true(key->min <= key->max);
			assert_int_equal(key->needed & ~key->allowed, 0);
			assert_true(key->allowed && key->allowed <= IN_ALL);
			assert_true(!section->hosts || key->needed == IN_ALL || key->needed == IN_NONE);
		}
		assert_in_range(keys, 1, SCHEMA_KEYS_MAX);
	}
	assert_in_range(sections, 1, SCHEMA_SECTIONS_MAX);
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

			if (key->default_text == NULL || key->default_derived)
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

static void top_level(void **state)
{
	const struct schema_section *section = NULL;

	assert_string_equal(schema_top_level("token", &section)->name, "token");
	assert_string_equal(section->name, "general");
	assert_null(schema_top_level("mode", &section));
	assert_null(schema_top_level("cidr", &section));
	assert_null(schema_top_level("nonsense", &section));
}

/* What stands between "<!-- lazyjack ... -->" and "<!-- end -->" has to be what the program prints. */
static void compare_part(struct str *manual, const char *words, const char *printed)
{
	_cleanup_free_ char *mark = mem_printf("<!-- lazyjack %s -->\n", words), *found = NULL;
	const char *start = strstr(manual->s, mark), *end = start ? strstr(start, "<!-- end -->") : NULL;
	_cleanup_str_ struct str updated = STR_INIT;

	if (end == NULL)
		fail_msg("doc/CONFIGURATION.md has no '%s'", mark);
	start += strlen(mark);
	found = mem_strndup(start, (size_t)(end - start));
	if (!getenv("LAZYJACK_UPDATE_GOLDEN")) {
		assert_string_equal(found, printed);
		return;
	}
	str_add_n(&updated, manual->s, (size_t)(start - manual->s));
	str_add(&updated, printed);
	str_add(&updated, end);
	str_done(manual);
	*manual = updated;
	updated = (struct str)STR_INIT;
}

static void manual_has_what_is_printed(void **state)
{
	_cleanup_free_ char *path = mem_printf("%s/doc/CONFIGURATION.md", getenv("LAZYJACK_SOURCE")),
			    *text = fixture_read(path);
	_cleanup_str_ struct str manual = STR_INIT, keys = STR_INIT, sample = STR_INIT;

	str_add(&manual, text);
	str_add(&sample, "```yaml\n");
	config_sample(0, false, &sample);
	str_add(&sample, "```\n");
	compare_part(&manual, "config sample", sample.s);
	schema_markdown(&keys);
	compare_part(&manual, "config keys --markdown", keys.s);
	if (getenv("LAZYJACK_UPDATE_GOLDEN"))
		fixture_write(path, manual.s);
}

/* "# key: value" lines of a sample, as its reader would turn them on. */
static char *uncommented(const char *sample)
{
	struct str ret = STR_INIT;

	for (; *sample; sample += strcspn(sample, "\n"), sample += *sample == '\n') {
		size_t len = strcspn(sample, "\n"), blanks = strspn(sample, " "), word;

		word = blanks + 2 + strcspn(sample + blanks + 2, " :\n");
		str_add_n(&ret, sample, blanks);
		/* A manifest belongs to other plugins than the one that is the default. */
		if (sample[blanks] == '#' && sample[word] == ':' && !str_starts(sample + blanks, "# plugin-manifest"))
			blanks += 2;
		str_add_n(&ret, sample + blanks, len - blanks);
		str_add(&ret, "\n");
	}
	return str_take(&ret);
}

/* The cluster of a text that gives no finding at all. */
static struct cluster *cluster_of(const char *text)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_parse(text, strlen(text), "sample.yaml", &diagnostics);
	struct cluster *cluster = cluster_new(config, &diagnostics);

	if (diagnostics.n > 0)
		fail_msg("%u: %s", diagnostics.items[0].mark.line, diagnostics.items[0].message);
	config_free(config);
	diagnostics_done(&diagnostics);
	return cluster;
}

static void sample_is_valid(unsigned int mode, bool several)
{
	_cleanup_str_ struct str sample = STR_INIT;
	_cleanup_free_ char *all = NULL;
	struct cluster *cluster;

	config_sample(mode, several, &sample);
	cluster = cluster_of(sample.s);
	assert_int_equal(cluster->mode, mode);
	assert_int_equal(cluster->n_nodes, several ? 5 : 3);
	assert_int_equal(cluster_count(cluster, ROLE_MASTER), several ? 3 : 1);
	assert_int_equal(cluster->endpoint != NULL, several);
	cluster_free(cluster);
	all = uncommented(sample.s);
	assert_string_not_equal(all, sample.s);
	cluster = cluster_of(all);
	assert_true(cluster->nodes[0].address_exists);
	assert_string_equal(cluster->cri_socket, "/run/containerd/containerd.sock");
	cluster_free(cluster);
}

static void samples_are_valid(void **state)
{
	unsigned int mode;

	for (mode = 0; mode < SCHEMA_MODES; mode++) {
		sample_is_valid(mode, false);
		sample_is_valid(mode, true);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(defaults_are_valid),
		cmocka_unit_test(homes),
		cmocka_unit_test(top_level),
		cmocka_unit_test(manual_has_what_is_printed),
		cmocka_unit_test(samples_are_valid),
	};

	return RUN_TESTS(tests);
}
