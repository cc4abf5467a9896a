/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/hosts-text.h"

#include "base/json.h"
#include "fixture.h"

/* Add the entries to a text, look at the result, and take them out again. */
static void check(const json_t *entries, const char *before, const char *wanted)
{
	_cleanup_str_ struct str with = STR_INIT, without = STR_INIT;
	struct hosts_found found;

	hosts_add(before, strlen(before), entries, &with);
	assert_string_equal(str_text(&with), wanted);
	hosts_look(str_text(&with), with.len, entries, &found);
	assert_int_equal(found.wanted, json_array_size(entries));
	assert_int_equal(found.stale, 0);
	assert_null(found.missing);
	hosts_strip(str_text(&with), with.len, &without);
	assert_string_equal(str_text(&without), before);
}

static void test_lines(void **unused)
{
	_cleanup_json_ json_t *one = json_make("[[s,s]]", "node-1", "fd00:20::1");

	check(one, "", "fd00:20::1 node-1  #[+]\n");
	check(one, "# node-1\n\n127.0.0.1 localhost\n", "# node-1\n\n127.0.0.1 localhost\nfd00:20::1 node-1  #[+]\n");
	/* Another family, another name, part of a name, a name in a comment, the right address: all stay. */
	check(one, "127.0.1.1 node-1\n", "127.0.1.1 node-1\nfd00:20::1 node-1  #[+]\n");
	check(one, "fd00::9 node-10 xnode-1 node-1.example\n",
		"fd00::9 node-10 xnode-1 node-1.example\nfd00:20::1 node-1  #[+]\n");
	check(one, "fd00::9 other # node-1\n", "fd00::9 other # node-1\nfd00:20::1 node-1  #[+]\n");
	check(one, "fd00:20:0::1\tnode-1\n", "fd00:20:0::1\tnode-1\nfd00:20::1 node-1  #[+]\n");
	check(one, "not an address node-1\n", "not an address node-1\nfd00:20::1 node-1  #[+]\n");
}

static void test_clashes(void **unused)
{
	_cleanup_json_ json_t *two = json_make("[[s,s],[s,s]]", "node-1", "fd00:20::1", "node-2", "10.0.0.2");

	check(two, "fd00::9 node-1\nlast\n",
		"#[-] fd00::9 node-1\nlast\nfd00:20::1 node-1  #[+]\n10.0.0.2 node-2  #[+]\n");
	check(two, "  fd00::9\tNODE-1 a  b# c\n",
		"#[-]   fd00::9\tNODE-1 a  b# c\nfd00::9 a b  #[+]\nfd00:20::1 node-1  #[+]\n10.0.0.2 node-2  #[+]\n");
	check(two, "10.0.0.9 x node-2 node-1\n",
		"#[-] 10.0.0.9 x node-2 node-1\n10.0.0.9 x node-1  #[+]\nfd00:20::1 node-1  #[+]\n10.0.0.2 node-2  "
		"#[+]\n");
	/* Put out of action as the last line, so that our first entry follows it. */
	check(two, "10.0.0.9 node-2\n", "#[-] 10.0.0.9 node-2\nfd00:20::1 node-1  #[+]\n10.0.0.2 node-2  #[+]\n");
}

static void test_two_families(void **unused)
{
	_cleanup_json_ json_t *both = json_make("[[s,s],[s,s]]", "a", "fd00::1", "a", "10.0.0.1");

	check(both, "10.0.0.1 a\nfd00::2 a\n", "10.0.0.1 a\n#[-] fd00::2 a\nfd00::1 a  #[+]\n10.0.0.1 a  #[+]\n");
}

static void test_look(void **unused)
{
	static const char text[] = "::1 me\nfd00::1 a  #[+]\nfd00::2 b  #[+]\n#[-] fd00::9 c d\nfd00::9 d  #[+]\n";
	_cleanup_json_ json_t *other = json_make("[[s,s],[s,s]]", "a", "fd00::1", "c", "fd00::3");
	struct hosts_found found;

	hosts_look(text, strlen(text), other, &found);
	assert_int_equal(found.wanted, 1);
	assert_int_equal(found.stale, 1);
	assert_true(found.marked);
	assert_string_equal(found.missing, "c");
	hosts_look("::1 me\n", 7, other, &found);
	assert_false(found.marked);
	assert_int_equal(found.wanted, 0);
}

static void test_odd_input(void **unused)
{
	static const char *const odd[] = {
		"\n", "#", " ", "::1", "::1 \n", "#[-] ", "  #[+]", "fd00::1", "\t#[+]\n", "a\rb\n"};
	_cleanup_json_ json_t *one = json_make("[[s,s]]", "a", "fd00::1");
	_cleanup_free_ char *longest = mem_new(5000, 1);
	struct hosts_found found;
	size_t i;

	memset(longest, 'a', 4999);
	for (i = 0; i <= ARRAY_SIZE(odd); i++) {
		const char *text = i < ARRAY_SIZE(odd) ? odd[i] : longest;
		_cleanup_str_ struct str with = STR_INIT, without = STR_INIT;

		hosts_add(text, strlen(text), one, &with);
		hosts_look(with.s, with.len, one, &found);
		assert_int_equal(found.wanted, 1);
		hosts_strip(with.s, with.len, &without);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_clashes),
		cmocka_unit_test(test_two_families),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_odd_input),
	};

	return RUN_TESTS(tests);
}
