/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include <fcntl.h>

#include "base/json.h"
#include "base/str.h"
#include "fixture.h"

static const struct event changed = {.verb = "prepare",
	.step = "route fd00::/64",
	.state = EVENT_CHANGED,
	.detail = "ip -6 route add fd00::/64",
	.index = 2,
	.total = 9};
static const struct event unchanged = {
	.verb = "prepare", .step = "file /etc/x", .state = EVENT_UNCHANGED, .index = 3, .total = 9};
static const struct event note = {.verb = "prepare", .state = EVENT_NOTE, .detail = "a remark"};

/* What a report prints for these three events and a summary. */
static char *printed(enum report_style style, unsigned int verbosity)
{
	char *directory = fixture_directory();
	_cleanup_free_ char *path = mem_printf("%s/out", directory);
	int saved = dup(STDOUT_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct report *report = report_new(style, "minion-1", verbosity, false);
	char *text;

	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	event_send(report_sink(report), &changed);
	event_send(report_sink(report), &unchanged);
	event_send(report_sink(report), &note);
	report_summary(report, &(struct report_summary){.verb = "prepare", .changed = 1, .unchanged = 1});
	report_free(report);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	text = fixture_read(path);
	fixture_remove(directory);
	return text;
}

static void test_lines(void **unused)
{
	_cleanup_free_ char *text = printed(REPORT_LINES, 0);

	assert_string_equal(text, "[2/9] changed: route fd00::/64  # ip -6 route add fd00::/64\n"
				  "prepare: a remark\n"
				  "prepare: 1 changed, 1 unchanged\n");
}

static void test_verbose_shows_what_was_so(void **unused)
{
	_cleanup_free_ char *text = printed(REPORT_LINES, 1);

	assert_non_null(strstr(text, "[3/9] unchanged: file /etc/x\n"));
}

static void test_terminal_marks_in_colour(void **unused)
{
	_cleanup_free_ char *text = printed(REPORT_TERMINAL, 0);

	assert_non_null(strstr(text, "\033[32mchanged\033[0m"));
}

/* The fields that doc/JSON.md promises, on every line. */
static void test_json(void **unused)
{
	static const char *const fields[] = {"time", "node", "verb", "step", "state", "detail"};
	_cleanup_free_ char *text = printed(REPORT_JSON, 0);
	char *line, *rest = text;
	unsigned int lines = 0;
	size_t i;

	while ((line = strsep(&rest, "\n")) != NULL && *line) {
		_cleanup_json_ json_t *json = json_loads(line, 0, NULL);

		assert_non_null(json);
		for (i = 0; i < ARRAY_SIZE(fields); i++)
			assert_non_null(json_object_get(json, fields[i]));
		assert_string_equal(json_text(json, "node"), "minion-1");
		if (lines == 0)
			assert_string_equal(json_text(json, "state"), "changed");
		if (lines == 3) {
			assert_string_equal(json_text(json, "state"), "done");
			assert_int_equal(json_number(json_object_get(json, "summary"), "changed"), 1);
		}
		lines++;
	}
	assert_int_equal(lines, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_verbose_shows_what_was_so),
		cmocka_unit_test(test_terminal_marks_in_colour),
		cmocka_unit_test(test_json),
	};

	return RUN_TESTS(tests);
}
