/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/str.h"
#include "config/config.h"
#include "config/migrate.h"
#include "fixture.h"

struct row {
	const char *before, *after; /* NULL: refused */
	const char *why;
};

static const struct row rows[] = {
	/* nothing old, odd as it may look */
	{"", NULL, "has errors"},
	{"general: {mode: ipv6} # x\n\n\n", "general: {mode: ipv6} # x\n\n\n", NULL},
	{"mgmt_net:\r\n  cidr:   fd00::/64", "mgmt_net:\r\n  cidr:   fd00::/64", NULL},
	/* names */
	{"dns64:\n  # why\n  allow_ipv6_use: Yes # so\n", "dns64:\n  # why\n  allow_aaaa_use: Yes # so\n", NULL},
	{"dns64:\n  \"allow_ipv6_use\" : on\n", "dns64:\n  allow_aaaa_use : on\n", NULL},
	{"dns64: {allow_ipv6_use: on, ip: 'fd00::1'}\n", "dns64: {allow_aaaa_use: on, ip: 'fd00::1'}\n", NULL},
	/* networks in two parts */
	{"mgmt_net:\n    subnet: \"fd00:20::\"\n    size: 64\n", "mgmt_net:\n    cidr: \"fd00:20::/64\"\n", NULL},
	{"mgmt_net:\n  size: 64\n  subnet: 'fd00:20::'\npod_net:\n", "mgmt_net:\n  cidr: 'fd00:20::/64'\npod_net:\n",
		NULL},
	{"mgmt_net:\n  subnet: fd00:20::0 # a\n  # b\n  size: 64 # c\n  # d\n",
		"mgmt_net:\n  cidr: \"fd00:20::/64\" # a\n  # b\n  # c\n  # d\n", NULL},
	{"mgmt_net:\n  subnet: fd00:20::0\n  size: 64", "mgmt_net:\n  cidr: \"fd00:20::/64\"\n", NULL},
	{"mgmt_net:\r\n  subnet: fd00:20::0\r\n  size: 64\r\npod_net:\r\n",
		"mgmt_net:\r\n  cidr: \"fd00:20::/64\"\r\npod_net:\r\n", NULL},
	{"mgmt_net: {subnet: fd00:20::0, size: 64}\n", "mgmt_net: {cidr: \"fd00:20::/64\"}\n", NULL},
	{"mgmt_net: {size: 64, subnet: 'fd00:20::'}\n", "mgmt_net: {cidr: 'fd00:20::/64'}\n", NULL},
	{"support_net: { subnet: 'fd00:10::', size: 64, v4cidr: 172.18.0.0/16 }\n",
		"support_net: { cidr: 'fd00:10::/64', v4cidr: 172.18.0.0/16 }\n", NULL},
	{"{mgmt_net: {subnet: 'fd00:20::', size: 64}}", "{mgmt_net: {cidr: 'fd00:20::/64'}}", NULL},
	{"pod_net:\n  prefix: \"fd00:40:0:0\" # groups\n  size: 80 # bits\n  mtu: 9000\n",
		"pod_net:\n  cidr: \"fd00:40::/64\" # groups\n  node_size: 80 # bits\n  mtu: 9000\n", NULL},
	{"dns64:\n  prefix_size: 96\n  prefix: \"64:ff9b::\"\n", "dns64:\n  cidr: \"64:ff9b::/96\"\n", NULL},
	{"mgmt_net:\n  subnet:\n    fd00:20::0\n  size: 64\n", "mgmt_net:\n  cidr:\n    \"fd00:20::/64\"\n", NULL},
	{"mgmt_net:\n  subnet: fd00:20::0\n  size:\n    64\n", NULL, "line 3: the value is on another line"},
	{"mgmt_net: {subnet: 'fd00:20::', # a\n  size: 64}\n", NULL, "a comment stands between two keys"},
	{"mgmt_net:\n  subnet: >-\n    fd00:20::0\n  size: 64\n", NULL, "a block of text"},
	/* keys outside of their section */
	{"plugin: bridge\ntopology:\n", "general:\n    plugin: bridge\ntopology:\n", NULL},
	{"# about\n\n# head\nplugin: bridge # p\n# t\n# u\ntoken: <t>\nmgmt_net:\n",
		"# about\n\n# head\ngeneral:\n    plugin: bridge # p\n    # t\n    # u\n    token: <t>\nmgmt_net:\n",
		NULL},
	{"topology:\n  a:\n    id: 2\n\n# p\nplugin: bridge\nmgmt_net:\n\n# h\ntoken-cert-hash: '<h>'\n",
		"topology:\n  a:\n    id: 2\n\ngeneral:\n    # p\n    plugin: bridge\n    # h\n    token-cert-hash: "
		"'<h>'\nmgmt_net:\n\n",
		NULL},
	{"plugin: bridge", "general:\n    plugin: bridge\n", NULL},
	{"plugin: bridge\r\ntopology:\r\n", "general:\r\n    plugin: bridge\r\ntopology:\r\n", NULL},
	{"\xef\xbb\xbfplugin: bridge\n", "\xef\xbb\xbfgeneral:\n    plugin: bridge\n", NULL},
	{"---\nplugin: bridge\n...\n", "---\ngeneral:\n    plugin: bridge\n...\n", NULL},
	{"  plugin: bridge\n  topology:\n", "  general:\n      plugin: bridge\n  topology:\n", NULL},
	{"plugin:\n  bridge\ntoken:\n", "general:\n    plugin:\n      bridge\n    token:\n", NULL},
	{"token :\n", "general:\n    token :\n", NULL},
	{"general: # g\n  # m\n  mode: ipv6\n# p\nplugin: bridge\n",
		"general: # g\n  # p\n  plugin: bridge\n  # m\n  mode: ipv6\n", NULL},
	{"plugin: bridge\ngeneral:\n  mode: ipv6\n", "general:\n  plugin: bridge\n  mode: ipv6\n", NULL},
	{"plugin: bridge\ngeneral:", "general:\n    plugin: bridge\n", NULL},
	{"general:\ntopology:\nplugin: bridge\n", "general:\n    plugin: bridge\ntopology:\n", NULL},
	{"general: {mode: ipv6}\nplugin: bridge # p\ntoken: <t>\n",
		"general: {plugin: bridge, token: <t>, mode: ipv6}\n# p\n", NULL},
	{"{plugin: bridge}", NULL, "line 1: a key outside of a section, in braces"},
	{"plugin: >-\n  bridge\n", NULL, "a block of text"},
	{"general: ~\nplugin: bridge\n", NULL, "a value in place of keys"},
	/* not valid before */
	{"plugin: flannel\n", NULL, "has errors"},
	{"plugin: bridge\nsubnet: x\n", NULL, "has errors"},
	{"plugin: \"bridge\n", NULL, "has errors"},
};

static void each_form(void **state)
{
	unsigned int failed = 0;
	size_t i, len = 0;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		_cleanup_err_ struct err err = ERR_INIT;
		_cleanup_free_ char *after = NULL;
		int r = config_migrate(row->before, strlen(row->before), &after, &len, &err);
		bool ok = row->after ? r == 0 && len == strlen(row->after) && str_eq(after, row->after)
				     : r == -EINVAL && strstr(err.msg, row->why);

		if (ok)
			continue;
		failed++;
		print_message("# row %zu: %d %s\n# wanted <%s>\n# found <%s>\n", i, r, err.msg ? err.msg : "-",
			row->after ? row->after : row->why, after ? after : "-");
	}
	assert_int_equal(failed, 0);
}

static struct config *parse(const char *text, size_t len, size_t wanted)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_parse(text, len, "c.yaml", &diagnostics);

	assert_int_equal(diagnostics.errors, 0);
	if (wanted != SIZE_MAX)
		assert_int_equal(diagnostics.n, wanted);
	diagnostics_done(&diagnostics);
	return config;
}

/* Lines of comment are where they were: the text without all else stays. */
static void comments_of(const char *text, struct str *ret)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *comment = memchr(text, '#', strcspn(text, "\n"));

		if (comment) {
			str_add_n(ret, comment, strcspn(comment, "\n"));
			str_add(ret, "\n");
		}
	}
}

static void every_sample(void **state)
{
	static const char *const names[] = {
		"orca", "lazyjack-1.0", "lazyjack-1.3-ipv6", "lazyjack-1.3-ipv4", "lazyjack-1.3-dual-stack"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = mem_printf("%s/tests/samples/%s.yaml", getenv("LAZYJACK_SOURCE"), names[i]);
		_cleanup_free_ char *before = fixture_read(path), *after = NULL, *again = NULL;
		_cleanup_str_ struct str comments = STR_INIT, kept = STR_INIT;
		struct config *old, *new;
		size_t len, len_again;

		assert_int_equal(config_migrate(before, strlen(before), &after, &len, NULL), 0);
		old = parse(before, strlen(before), SIZE_MAX);
		new = parse(after, len, 0);
		assert_true(config_same(old, new));
		config_free(old);
		config_free(new);
		comments_of(before, &comments);
		comments_of(after, &kept);
		assert_string_equal(str_text(&comments), str_text(&kept));
		assert_int_equal(config_migrate(after, len, &again, &len_again, NULL), 0);
		assert_string_equal(again, after);
		assert_int_equal(str_eq(before, after), strstr(names[i], "1.3") != NULL);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_form),
		cmocka_unit_test(every_sample),
	};

	return RUN_TESTS(tests);
}
