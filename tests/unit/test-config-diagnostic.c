/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "config/diagnostic.h"
#include "config/quote.h"
#include "fixture.h"

static char *format(const char *text, bool with_source, bool json)
{
	struct diagnostics diagnostics = {0};
	struct str ret = STR_INIT;
	struct config *config = config_parse(text, strlen(text), "dir/c.yaml", &diagnostics);

	diagnostics_format(&diagnostics, with_source ? text : NULL, json, &ret);
	config_free(config);
	diagnostics_done(&diagnostics);
	return str_take(&ret);
}

static void plain_text(void **state)
{
	_cleanup_free_ char *text = format("general:\n  modee: ipv6\nbad: x\n", false, false), *valid = NULL;

	assert_string_equal(text,
		"dir/c.yaml:2:3: error: unknown key 'modee' in 'general'\n"
		"  hint: did you mean 'mode'? allowed: plugin, plugin-manifest, mode, work-area, kubernetes-version, "
		"insecure, token, "
		"token-cert-hash, control-plane-endpoint, certificate-key, runtime, cri-socket, kubeadm-timeout\n"
		"dir/c.yaml:3:1: error: unknown key 'bad' at top level\n"
		"  hint: allowed: general, topology, mgmt_net, pod_net, service_net, support_net, nat64, dns64\n");
	valid = format("general:\n  mode: ipv6\n", false, false);
	assert_string_equal(valid, "");
}

static void whole_file(void **state)
{
	_cleanup_free_ char *text = format("", true, false);

	assert_ptr_equal(strstr(text, "dir/c.yaml: error: the file is empty\n"), text);
}

static void source_lines(void **state)
{
	_cleanup_free_ char *text = format("pod_net:\n  mtu: 5\n", true, false);
	_cleanup_free_ char *wide = format("pod_net: {\"\xc3\xa9\": 5}\n", true, false);
	_cleanup_free_ char *tabs = format("general:\n\tmode: ipv7\n", true, false);

	assert_string_equal(text, "dir/c.yaml:2:8: error: pod_net.mtu: '5' is out of range\n"
				  "     2 |   mtu: 5\n"
				  "       |        ^\n"
				  "  hint: write a number from 1280 to 65535\n");
	assert_non_null(strstr(wide, "     1 | pod_net: {\"\xc3\xa9\": 5}\n       |           ^\n"));
	assert_non_null(strstr(tabs, "     2 |  mode: ipv7\n       | ^\n"));
	assert_non_null(strstr(tabs, "     2 |  mode: ipv7\n       |        ^\n"));
}

static void secrets_stay_secret(void **state)
{
	static const char *const texts[] = {"general: {token: verysecret, modee: x}\n",
		"general:\n  token: verysecret\n", "token: verysecret\n",
		"general:\n  tokne: abcdef.verysecret012345\n", "x: abcdef.verysecret012345\n",
		"general:\n  Token: [verysecret]\n", "general:\n  certificate-key: [verysecret]\n"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_free_ char *text = format(texts[i], true, false), *json = format(texts[i], false, true);

		assert_true(strlen(text) > 0);
		assert_null(strstr(text, "verysecret"));
		assert_null(strstr(json, "verysecret"));
	}
}

static void json_lines(void **state)
{
	_cleanup_free_ char *text = format("support_net:\n  cidr: 10.0.0.0/8\nb\xc3\xa9: \"x\"\n", true, true);
	_cleanup_json_ json_t *first = NULL, *second = NULL;
	char *newline = strchr(text, '\n');
	const char *key;
	json_t *value;
	size_t n = 0;

	assert_non_null(newline);
	first = json_loadb(text, (size_t)(newline - text), 0, NULL);
	assert_non_null(first);
	json_object_foreach (first, key, value)
		n++;
	assert_int_equal(n, 6);
	assert_string_equal(json_text(first, "file"), "dir/c.yaml");
	assert_int_equal(json_number(first, "line"), 2);
	assert_int_equal(json_number(first, "column"), 9);
	assert_string_equal(json_text(first, "severity"), "error");
	assert_non_null(strstr(json_text(first, "message"), "IPv4 network"));
	assert_true(json_is_null(json_object_get(first, "hint")));

	second = json_loads(newline + 1, 0, NULL);
	assert_non_null(second);
	assert_string_equal(json_text(second, "message"), "unknown key 'b\xc3\xa9' at top level");
	assert_true(json_is_string(json_object_get(second, "hint")));
	assert_string_equal(strchr(newline + 1, '\n'), "\n");
}

/* A file name is any octets; JSON is not. */
static void json_of_odd_file_names(void **state)
{
	struct diagnostics diagnostics = {.file = mem_strdup("a\xff.yaml")};
	_cleanup_str_ struct str ret = STR_INIT;
	_cleanup_json_ json_t *json = NULL;

	diagnostics_add(&diagnostics, SEVERITY_WARNING, (struct mark){0, 0}, NULL, "x");
	diagnostics_format(&diagnostics, NULL, true, &ret);
	json = json_loads(ret.s, 0, NULL);
	assert_string_equal(json_text(json, "file"), "a?.yaml");
	assert_string_equal(json_text(json, "severity"), "warning");
	diagnostics_done(&diagnostics);
}

static void too_many(void **state)
{
	struct diagnostics diagnostics = {0};
	_cleanup_str_ struct str text = STR_INIT;
	unsigned int i;

	for (i = 0; i < DIAGNOSTICS_MAX + 7; i++)
		diagnostics_add(&diagnostics, SEVERITY_ERROR, (struct mark){i + 1, 1}, NULL, "x");
	diagnostics_format(&diagnostics, NULL, false, &text);
	assert_true(str_ends(text.s, "config: error: 7 more errors, not listed\n"));
	diagnostics_done(&diagnostics);
}

static void sorted_and_stable(void **state)
{
	struct diagnostics list = {0};

	diagnostics_add(&list, SEVERITY_ERROR, (struct mark){3, 1}, NULL, "c");
	diagnostics_add(&list, SEVERITY_ERROR, (struct mark){2, 9}, NULL, "a");
	diagnostics_add(&list, SEVERITY_WARNING, (struct mark){3, 1}, NULL, "d");
	diagnostics_add(&list, SEVERITY_ERROR, (struct mark){0, 0}, NULL, "0");
	diagnostics_sort(&list);
	assert_string_equal(list.items[0].message, "0");
	assert_string_equal(list.items[1].message, "a");
	assert_string_equal(list.items[2].message, "c");
	assert_string_equal(list.items[3].message, "d");
	assert_int_equal(list.errors, 3);
	diagnostics_done(&list);
}

static void quoted(void **state)
{
	static const char *const rows[][2] = {
		{"plain", "'plain'"},
		{"a\x1b[2Jb\x7f", "'a?[2Jb?'"},
		{"\xc2\x9b\xc3\xa9", "'?\xc3\xa9'"},
		{"x abcdef.0123456789abcdef!", "'x ***!'"},
		{"v1.31.0-rc.1", "'v1.31.0-rc.1'"},
		{"master.example.org", "'master.example.org'"},
		{"01234567890123456789012345678901234567890123456789-12345678901234",
			"'01234567890123456789012345678901234567890123456789-1234567890123...'"},
		{"k: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "'k: ***'"},
		{"0123456789abcdef0123456789abcdef0123456789abcdef0123456789ab", "'***'"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *text = quote(rows[i][0], strlen(rows[i][0]));

		assert_string_equal(text, rows[i][1]);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text),
		cmocka_unit_test(whole_file),
		cmocka_unit_test(source_lines),
		cmocka_unit_test(secrets_stay_secret),
		cmocka_unit_test(json_lines),
		cmocka_unit_test(json_of_odd_file_names),
		cmocka_unit_test(too_many),
		cmocka_unit_test(sorted_and_stable),
		cmocka_unit_test(quoted),
	};

	return RUN_TESTS(tests);
}
