/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/diff.h"

#include "fixture.h"

static void check(const char *before, const char *after, const char *wanted)
{
	_cleanup_str_ struct str text = STR_INIT;

	diff_unified("/f", before, before ? strlen(before) : 0, after, strlen(after), &text);
	assert_string_equal(str_text(&text), wanted);
}

static void test_small(void **unused)
{
	check("a\n", "a\n", "");
	check(NULL, "a\n", "--- /dev/null\n+++ /f\n@@ -0,0 +1 @@\n+a\n");
	check("", "a\n", "--- /f\n+++ /f\n@@ -0,0 +1 @@\n+a\n");
	check("a\n", "", "--- /f\n+++ /f\n@@ -1 +0,0 @@\n-a\n");
	check("a\nb\n", "a\nc\n", "--- /f\n+++ /f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
	check("a", "a\n", "--- /f\n+++ /f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
	check("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\n5\n6\n7\n8\n9\n",
		"--- /f\n+++ /f\n@@ -6,3 +6,4 @@\n 6\n 7\n 8\n+9\n");
}

static void test_octets(void **unused)
{
	_cleanup_str_ struct str text = STR_INIT;

	diff_unified("/f", "a\0b", 3, "x", 1, &text);
	assert_string_equal(text.s, "Binary file /f differs\n");
}

/* Random texts: patch(1)'s job done by hand, so that every line number and sign is proven. */
static void apply_diff(const char *diff, const char *before, struct str *ret)
{
	const char *p = strstr(diff, "@@"), *at = before;
	size_t line = 1;

	while (p && *p) {
		const char *end = strchr(p, '\n') + 1;

		if (*p == '@') {
			size_t start = strtoul(p + 4, NULL, 10), count = 1;
			const char *comma = strchr(p, ','), *plus = strchr(p, '+');

			if (comma && comma < plus)
				count = strtoul(comma + 1, NULL, 10);
			for (start += count == 0; line < start; line++) {
				const char *next = strchr(at, '\n') + 1;

				str_add_n(ret, at, (size_t)(next - at));
				at = next;
			}
		} else if (*p == ' ' || *p == '-') {
			size_t len = (size_t)(end - p) - 1;

			assert_memory_equal(at, p + 1, len);
			if (*p == ' ')
				str_add_n(ret, at, len);
			at += len;
			line++;
		} else {
			assert_int_equal(*p, '+');
			str_add_n(ret, p + 1, (size_t)(end - p) - 1);
		}
		p = end;
	}
	str_add(ret, at);
}

static void test_random(void **unused)
{
	unsigned int round, i;

	srandom(4711);
	for (round = 0; round < 500; round++) {
		_cleanup_str_ struct str before = STR_INIT, after = STR_INIT, diff = STR_INIT, back = STR_INIT;

		for (i = 0; i < 40; i++) {
			unsigned int what = (unsigned int)random() % 10;

			if (what != 0)
				str_addf(&before, "%u\n", i % 7);
			if (what != 1)
				str_addf(&after, "%u\n", what == 2 ? 99 : i % 7);
		}
		diff_unified("/f", str_text(&before), before.len, str_text(&after), after.len, &diff);
		apply_diff(str_text(&diff), str_text(&before), &back);
		assert_string_equal(str_text(&back), str_text(&after));
	}
}

/* Beyond the table's bound everything goes out and in, and it is still a right difference. */
static void test_large(void **unused)
{
	_cleanup_str_ struct str before = STR_INIT, after = STR_INIT, diff = STR_INIT, back = STR_INIT;
	unsigned int i;

	for (i = 0; i < 3000; i++) {
		str_addf(&before, "%u\n", i);
		str_addf(&after, "%u\n", i * 2 + 1);
	}
	diff_unified("/f", before.s, before.len, after.s, after.len, &diff);
	apply_diff(diff.s, before.s, &back);
	assert_string_equal(back.s, after.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_large),
	};

	return RUN_TESTS(tests);
}
