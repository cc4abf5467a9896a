/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/greeting.h"

#include <errno.h>

#include "fixture.h"

static void test_there_and_back(void **unused)
{
	char request[GREETING_NONCE + 2], other[GREETING_NONCE + 2], text[ADDRESS_TEXT_MAX];
	_cleanup_str_ struct str answer = STR_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	struct address pod, got;

	assert_int_equal(address_parse("fd00:40::5", &pod), 0);
	greeting_request(request);
	greeting_request(other);
	assert_string_not_equal(request, other);
	assert_int_equal(greeting_answer(request, strlen(request), "minion-1", &pod, &answer), 0);
	assert_int_equal(greeting_read(answer.s, request, "minion-1", &got, NULL), 0);
	assert_string_equal(address_text(&got, text), "fd00:40::5");
	assert_int_equal(greeting_read(answer.s, other, "minion-1", &got, NULL), -EPROTO);
	assert_int_equal(greeting_read(answer.s, request, "minion-2", &got, &err), -ENODEV);
	assert_non_null(strstr(err.msg, "'minion-1' answered instead of 'minion-2'"));
}

static void test_node_without_pod(void **unused)
{
	char request[GREETING_NONCE + 2];
	_cleanup_str_ struct str answer = STR_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	struct address got;

	greeting_request(request);
	assert_int_equal(greeting_answer(request, strlen(request), "minion-1", NULL, &answer), 0);
	assert_int_equal(greeting_read(answer.s, request, "minion-1", NULL, NULL), 0);
	assert_int_equal(greeting_read(answer.s, request, "minion-1", &got, &err), -ENXIO);
	assert_non_null(strstr(err.msg, "lazyjack up"));
}

static void test_garbage(void **unused)
{
	static const char *const answers[] = {
		"", "x", "{}", "[]", "{\"nonce\":1}", "{\"nonce\":\"\",\"node\":\"minion-1\"}"};
	char request[GREETING_NONCE + 2];
	_cleanup_str_ struct str answer = STR_INIT;
	size_t i;

	greeting_request(request);
	for (i = 0; i < ARRAY_SIZE(answers); i++)
		assert_int_equal(greeting_read(answers[i], request, "minion-1", NULL, NULL), -EPROTO);
	assert_int_equal(greeting_answer("\n", 1, "minion-1", NULL, &answer), -EINVAL);
	assert_int_equal(greeting_answer(request, GREETING_NONCE, "minion-1", NULL, &answer), -EINVAL);
	request[3] = '"';
	assert_int_equal(greeting_answer(request, strlen(request), "minion-1", NULL, &answer), -EINVAL);
	assert_int_equal(answer.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_node_without_pod),
		cmocka_unit_test(test_garbage),
	};

	return RUN_TESTS(tests);
}
