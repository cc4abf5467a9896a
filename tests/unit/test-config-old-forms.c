/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "config/config.h"
#include "config/schema.h"
#include "fixture.h"

/* What an old form means: one value after loading it, and the one finding that it gives. */
struct row {
	const char *text;
	const char *section, *key, *value; /* NULL: not set */
	unsigned int line, column;
	const char *message, *hint; /* a part of each */
};

static const struct row warned[] = {
	{"plugin: ptp\n", "general", "plugin", "ptp", 1, 1, "'plugin' at top level is the old form",
		"write it under 'general:'; 'lazyjack config migrate' does it"},
	{"token: abcdef.0123456789abcdef\n", "general", "token", "abcdef.0123456789abcdef", 1, 1, "'token' at top",
		NULL},
	{"general:\n  mode: ipv6\ntoken: <provide-token>\n", "general", "token", "", 3, 1, "'token' at top", NULL},
	{"token-cert-hash: <h>\n", "general", "token-cert-hash", "", 1, 1, "'token-cert-hash' at top", NULL},
	{"mgmt_net:\n  subnet: \"fd00:20::\"\n  size: 64\n", "mgmt_net", "cidr", "fd00:20::/64", 2, 11,
		"mgmt_net: 'subnet' and 'size' are the old form of 'cidr'", "write 'cidr: \"fd00:20::/64\"'"},
	{"mgmt_net:\n  size: 16\n  subnet: 10.1.0.0\n", "mgmt_net", "cidr", "10.1.0.0/16", 3, 11, "'subnet' and 'size'",
		NULL},
	{"support_net: {subnet: 'fd00:10::', size: 64}\n", "support_net", "cidr", "fd00:10::/64", 1, 23,
		"support_net: ", NULL},
	{"pod_net:\n  prefix: fd00:40:0:0\n  size: 80\n", "pod_net", "cidr", "fd00:40::/64", 2, 11,
		"pod_net: 'prefix' and 'size' are the old form of 'cidr' and 'node_size'",
		"write 'cidr: \"fd00:40::/64\"' and 'node_size: 80'"},
	{"pod_net:\n  prefix: fd00:40:0:0\n  size: 80\n", "pod_net", "node_size", "80", 2, 11, "", NULL},
	{"pod_net:\n  prefix: \"fd00:40::\"\n  size: 80\n", "pod_net", "cidr", "fd00:40::/64", 2, 11, "", NULL},
	{"pod_net:\n  prefix: fd00:40:0:1:2\n  size: 96\n", "pod_net", "cidr", "fd00:40:0:1:2::/80", 2, 11, "", NULL},
	{"pod_net:\n  prefix: 1:2:3:4:5:6:7\n  size: 128\n", "pod_net", "cidr", "1:2:3:4:5:6:7:0/112", 2, 11, "", NULL},
	{"dns64:\n  prefix: \"64:ff9b::\"\n  prefix_size: 96\n", "dns64", "cidr", "64:ff9b::/96", 2, 11,
		"dns64: 'prefix' and 'prefix_size' are the old form of 'cidr'", NULL},
	{"dns64:\n  allow_ipv6_use: yes\n", "dns64", "allow_aaaa_use", "true", 2, 3,
		"'allow_ipv6_use' is the old name of 'allow_aaaa_use'", "write 'allow_aaaa_use'"},
};

static const struct row refused[] = {
	{"token: abc\n", "general", "token", "", 1, 8, "general.token: not a bootstrap token", NULL},
	{"plugin: flannel\n", "general", "plugin", "", 1, 9, "general.plugin: 'flannel' is none of", NULL},
	{"mode: ipv4\n", "general", "mode", "", 1, 1, "unknown key 'mode' at top level", "put it under 'general:'"},
	{"size: 64\n", "mgmt_net", "cidr", "", 1, 1, "unknown key 'size' at top level", NULL},
	{"mgmt_net:\n  subnet: fd00:20::0\n", "mgmt_net", "cidr", "", 2, 11,
		"mgmt_net.subnet: 'size', which belongs to it, is missing", "write 'cidr' in place of both"},
	{"mgmt_net:\n  size: 64\n", "mgmt_net", "cidr", "", 2, 9, "mgmt_net.size: 'subnet', which belongs to it", NULL},
	{"mgmt_net:\n  cidr: fd00:20::/64\n  size: 64\n", "mgmt_net", "cidr", "fd00:20::/64", 3, 9,
		"mgmt_net.size: the old form beside 'cidr'", "keep 'cidr'"},
	{"mgmt_net:\n  cidr: fd00:20::/64\n  subnet: fd00:21::0\n  size: 64\n", "mgmt_net", "cidr", "fd00:20::/64", 3,
		11, "mgmt_net.subnet: the old form beside 'cidr'", "keep 'cidr'"},
	{"mgmt_net:\n  subnet: fd00:20::0\n  size: 129\n", "mgmt_net", "cidr", "", 3, 9, "'129' is out of range", NULL},
	{"mgmt_net:\n  subnet: 10.0.0.0\n  size: 64\n", "mgmt_net", "cidr", "", 2, 11,
		"the prefix length of '10.0.0.0/64' is too large", NULL},
	{"mgmt_net:\n  subnet: fd00:20::/64\n  size: 64\n", "mgmt_net", "cidr", "", 2, 11, "is not a network", NULL},
	{"support_net:\n  subnet: 10.0.0.0\n  size: 16\n", "support_net", "cidr", "", 2, 11,
		"is an IPv4 network where an IPv6 one belongs", NULL},
	{"mgmt_net:\n  subnet: fd00::1\n  subnet: b\n  size: 64\n", "mgmt_net", "cidr", "fd00::1/64", 3, 3,
		"duplicate key 'subnet'", NULL},
	{"pod_net:\n  prefix: fd00:40\n  size: 80\n", "pod_net", "cidr", "", 2, 11,
		"pod_net.prefix: 'fd00:40' is not all of the network before the node's 16 bits", "write 4 groups"},
	{"pod_net:\n  prefix: fd00:40:0:0\n  size: 72\n", "pod_net", "cidr", "", 2, 11, "is not all of the network",
		NULL},
	{"pod_net:\n  prefix: fd00:40:0:zz\n  size: 80\n", "pod_net", "cidr", "", 2, 11, "is not a network", NULL},
	{"pod_net:\n  prefix: fd00:40:0:0\n  size: 16\n", "pod_net", "cidr", "", 3, 9, "'16' is out of range", NULL},
	{"pod_net:\n  prefix: fd00:40:0:0\n  size: 80\n  node_size: 80\n", "pod_net", "cidr", "", 2, 11,
		"pod_net.prefix: the old form beside 'node_size'", "keep 'node_size'"},
	{"plugin: bridge\ngeneral:\n  plugin: ptp\n", "general", "plugin", "bridge", 3, 3,
		"duplicate key 'plugin' in 'general', first on line 1", NULL},
	{"general:\n  plugin: ptp\nplugin: bridge\n", "general", "plugin", "ptp", 3, 1, "duplicate key 'plugin'", NULL},
};

static const struct diagnostic *find(const struct diagnostics *diagnostics, enum severity severity)
{
	size_t i;

	for (i = 0; i < diagnostics->n; i++)
		if (diagnostics->items[i].severity == severity)
			return &diagnostics->items[i];
	return NULL;
}

static bool as_wanted(const struct row *row, const struct config *config, const struct diagnostic *found)
{
	const struct schema_key *key = schema_key(schema_section(row->section), row->key);
	_cleanup_str_ struct str value = STR_INIT;

	config_value_text(config, key, &value);
	return found && found->mark.line == row->line && found->mark.column == row->column &&
	       strstr(found->message, row->message) &&
	       (row->hint == NULL || (found->hint && strstr(found->hint, row->hint))) &&
	       str_eq(str_text(&value), row->value);
}

static unsigned int count_wrong(const struct row *rows, size_t n, enum severity severity)
{
	unsigned int wrong = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		struct diagnostics diagnostics = {0};
		struct config *config = config_parse(rows[i].text, strlen(rows[i].text), "c.yaml", &diagnostics);
		const struct diagnostic *found = find(&diagnostics, severity);

		if (!as_wanted(&rows[i], config, found) ||
			(severity == SEVERITY_WARNING ? diagnostics.n : diagnostics.errors) != 1) {
			wrong++;
			print_message("# row %zu: %zu findings; %u:%u: %s (%s)\n", i, diagnostics.n,
				found ? found->mark.line : 0, found ? found->mark.column : 0,
				found ? found->message : "-", found && found->hint ? found->hint : "-");
		}
		config_free(config);
		diagnostics_done(&diagnostics);
	}
	return wrong;
}

static void old_forms_are_taken(void **state)
{
	assert_int_equal(count_wrong(warned, ARRAY_SIZE(warned), SEVERITY_WARNING), 0);
}

static void old_forms_that_do_not_fit(void **state)
{
	assert_int_equal(count_wrong(refused, ARRAY_SIZE(refused), SEVERITY_ERROR), 0);
}

/* A network that was refused in its old form is not called missing by the rules: it has a place. */
static void refused_is_not_missing(void **state)
{
	static const char text[] = "pod_net:\n  prefix: fd00:40\n  size: 80\nmgmt_net:\n  size: 64\n";
	struct diagnostics diagnostics = {0};
	struct config *config = config_parse(text, strlen(text), "c.yaml", &diagnostics);

	assert_int_equal(diagnostics.errors, 2);
	assert_int_equal(config->pod_net.cidr.mark.line, 2);
	assert_int_equal(config->mgmt_net.cidr.mark.line, 5);
	config_free(config);
	diagnostics_done(&diagnostics);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_forms_are_taken),
		cmocka_unit_test(old_forms_that_do_not_fit),
		cmocka_unit_test(refused_is_not_missing),
	};

	return RUN_TESTS(tests);
}
