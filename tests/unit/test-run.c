/* SPDX-License-Identifier: Apache-2.0 */
#include "base/run.h"

#include <errno.h>
#include <signal.h>

#include "base/clock.h"
#include "fixture.h"

#define RUN(...) (&(struct run_options){.argv = (const char *const[]){__VA_ARGS__, NULL}})

static void test_output_and_status(void **unused)
{
	_cleanup_run_ struct run_result result = {0};

	assert_int_equal(run_program(RUN("sh", "-c", "echo out; echo err >&2; exit 3"), &result, NULL), 0);
	assert_int_equal(result.status, 3);
	assert_string_equal(result.out.s, "out\n");
	assert_string_equal(result.err.s, "err\n");
}

static void test_input(void **unused)
{
	const size_t n = 1 << 20; /* far more than a pipe holds: writing and reading have to go side by side */
	_cleanup_free_ char *input = mem_new(n, 1);
	_cleanup_run_ struct run_result result = {0};
	struct run_options options = *RUN("cat");

	memset(input, 'x', n);
	options.input = input;
	options.input_len = n;
	assert_int_equal(run_program(&options, &result, NULL), 0);
	assert_int_equal(result.out.len, n);
	assert_memory_equal(result.out.s, input, n);
}

static void test_errors_are_named(void **unused)
{
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_run_ struct run_result result = {0};

	assert_int_equal(run_program(RUN("no-such-program-here"), &result, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "no-such-program-here"));
	assert_int_equal(run_checked(RUN("sh", "-c", "echo the reason >&2; exit 7"), NULL, &err), -EIO);
	assert_non_null(strstr(err.msg, "status 7"));
	assert_non_null(strstr(err.msg, "the reason"));
}

static void test_deadline_ends_the_whole_group(void **unused)
{
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_run_ struct run_result result = {0};
	struct run_options options = *RUN("sh", "-c", "sleep 60 & echo $!; wait");
	int64_t deadline = clock_ms() + 5000;
	unsigned long pid = 0;

	options.timeout_ms = 200;
	assert_int_equal(run_program(&options, &result, &err), -ETIMEDOUT);
	assert_true(result.timed_out);
	result.out.s[strcspn(result.out.s, "\n")] = '\0';
	assert_int_equal(str_to_uint(result.out.s, 1 << 30, &pid), 0);
	while (kill((pid_t)pid, 0) == 0 && clock_left(deadline) > 0)
		clock_pause(10);
	/* A zombie that waits for its new parent still answers; what runs would have been alive in /proc as sleep. */
	if (kill((pid_t)pid, 0) == 0) {
		_cleanup_free_ char *path = mem_printf("/proc/%lu/stat", pid);
		_cleanup_free_ char *stat = fixture_read(path);

		assert_non_null(strstr(stat, ") Z"));
	}
}

static void test_side_by_side(void **unused)
{
	struct run *runs[3];
	int i, ended = 0;

	for (i = 0; i < 3; i++)
		assert_int_equal(run_start(RUN("sh", "-c", "echo $$"), &runs[i], NULL), 0);
	while (ended < 3)
		ended += run_wait(runs, 3, 5000);
	for (i = 0; i < 3; i++) {
		assert_true(run_ended(runs[i]));
		assert_int_equal(run_result(runs[i])->status, 0);
		assert_true(run_result(runs[i])->out.len > 1);
		run_free(runs[i]);
	}
}

static bool note_line(void *user, const char *line)
{
	str_addf(user, "<%s>", line);
	return true;
}

static void test_lines_as_they_come(void **unused)
{
	_cleanup_run_ struct run_result result = {0};
	_cleanup_str_ struct str lines = STR_INIT;
	struct run_options options = *RUN("printf", "a\\nb\\nrest");

	options.on_line = note_line;
	options.user = &lines;
	assert_int_equal(run_program(&options, &result, NULL), 0);
	assert_string_equal(lines.s, "<a><b>");
}

static void test_endless_output_is_stopped(void **unused)
{
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_run_ struct run_result result = {0};

	assert_int_equal(run_program(RUN("yes"), &result, &err), -EFBIG);
}

static void test_describe_quotes(void **unused)
{
	static const char *const argv[] = {"ip", "a b", "", "it's", "x=[y]", NULL};
	_cleanup_str_ struct str text = STR_INIT;

	run_describe(argv, &text);
	assert_string_equal(text.s, "ip 'a b' '' 'it'\\''s' x=[y]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_and_status),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_errors_are_named),
		cmocka_unit_test(test_deadline_ends_the_whole_group),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_lines_as_they_come),
		cmocka_unit_test(test_endless_output_is_stopped),
		cmocka_unit_test(test_describe_quotes),
	};

	run_catch_signals();
	return RUN_TESTS(tests);
}
