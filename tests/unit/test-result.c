/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/result.h"

#include <errno.h>

#include "base/json.h"
#include "fixture.h"

static void test_json_there_and_back(void **unused)
{
	_cleanup_verdicts_ struct verdicts one = VERDICTS_INIT, two = VERDICTS_INIT;
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *line = NULL;

	verdicts_add(&one, "mgmt", "a", "b", true, "%s answered", "fd00::1");
	json = verdict_json(&one.items[0]);
	line = json_line(json);
	assert_string_equal(
		line, "{\"check\":\"mgmt\",\"from\":\"a\",\"to\":\"b\",\"ok\":true,\"detail\":\"fd00::1 answered\"}");
	assert_int_equal(verdicts_add_json(&two, json), 0);
	assert_string_equal(two.items[0].detail, "fd00::1 answered");
	assert_true(two.items[0].ok);
}

static void test_other_json_is_refused(void **unused)
{
	static const char *const lines[] = {"{}", "[]", "{\"check\":\"a\",\"from\":\"b\",\"to\":\"c\",\"detail\":\"\"}",
		"{\"check\":\"a\",\"from\":\"b\",\"to\":\"c\",\"ok\":1,\"detail\":\"\"}",
		"{\"check\":\"a\",\"from\":\"b\",\"to\":\"c\",\"ok\":true}",
		"{\"summary\":{\"passed\":1,\"failed\":0}}"};
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_json_ json_t *json = json_loads(lines[i], 0, NULL);

		assert_int_equal(verdicts_add_json(&verdicts, json), -EINVAL);
	}
	assert_int_equal(verdicts_add_json(&verdicts, NULL), -EINVAL);
	assert_int_equal(verdicts.n, 0);
}

static void test_summary_counts(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *line = NULL;

	verdicts_add(&verdicts, "mgmt", "a", "b", true, "yes");
	verdicts_add(&verdicts, "mgmt", "a", "c", false, "no");
	verdicts_add(&verdicts, "mtu", "a", "c", false, "no");
	assert_int_equal(verdicts_failed(&verdicts), 2);
	json = verdicts_summary(&verdicts);
	line = json_line(json);
	assert_string_equal(line, "{\"summary\":{\"passed\":1,\"failed\":2}}");
}

static void test_move(void **unused)
{
	_cleanup_verdicts_ struct verdicts one = VERDICTS_INIT, two = VERDICTS_INIT;

	verdicts_add(&one, "mgmt", "a", "b", true, "first");
	verdicts_add(&two, "mgmt", "a", "c", false, "second");
	verdicts_add(&two, "mgmt", "a", "d", true, "third");
	verdicts_move(&one, &two);
	assert_int_equal(two.n, 0);
	verdicts_move(&one, &two);
	assert_int_equal(one.n, 3);
	assert_string_equal(one.items[0].detail, "first");
	assert_string_equal(one.items[2].detail, "third");
}

/* Once each, however many nodes say it; none fails anything. */
static void test_remarks(void **unused)
{
	_cleanup_verdicts_ struct verdicts one = VERDICTS_INIT, two = VERDICTS_INIT;
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *line = NULL;

	verdicts_remark(&one, "%s is left out", "this");
	verdicts_remark(&one, "this is left out");
	verdicts_remark(&two, "this is left out");
	verdicts_remark(&two, "that as well");
	verdicts_move(&one, &two);
	assert_int_equal(two.n_remarks, 0);
	assert_int_equal(one.n_remarks, 2);
	assert_int_equal(verdicts_failed(&one), 0);
	json = remark_json(one.remarks[1]);
	line = json_line(json);
	assert_string_equal(line, "{\"remark\":\"that as well\"}");
	assert_int_equal(verdicts_add_json(&two, json), 0);
	assert_string_equal(two.remarks[0], "that as well");
	assert_int_equal(two.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_there_and_back),
		cmocka_unit_test(test_other_json_is_refused),
		cmocka_unit_test(test_summary_counts),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_remarks),
	};

	return RUN_TESTS(tests);
}
