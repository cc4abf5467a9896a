/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"
#include "step-fixture.h"

static struct step wish(size_t n)
{
	struct step_hosts_entry *entries = mem_new(n, sizeof(*entries));
	struct step step;
	size_t i;

	for (i = 0; i < n; i++) {
		entries[i].name = mem_printf("node-%zu", i + 1);
		assert_int_equal(address_parse("fd00:20::", &entries[i].address), 0);
		assert_int_equal(address_add(&entries[i].address, i + 1, 0, &entries[i].address), 0);
	}
	step = step_hosts("/hosts", entries, n);
	for (i = 0; i < n; i++)
		free((char *)entries[i].name);
	free(entries);
	return step;
}

static void test_there_and_back(void **unused)
{
	static const char *const texts[] = {
		"", "::1 localhost\n", "::1 localhost", "fd00::7 node-1", "fd00::7 node-1 x\n\n\n"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_step_ struct step step = wish(2);
		_cleanup_free_ char *path = node_path(node, "/hosts");
		_cleanup_json_ json_t *undo = NULL;

		put("/hosts", texts[i]);
		assert_int_equal(chown(path, 1, 2), 0);
		assert_int_equal(chmod(path, 0604), 0);
		undo = undo_of(&step);
		assert_int_equal(state_of(&step, false), STEP_MISSING);
		apply_step(&step);
		apply_step(&step);
		assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
		revert_step(&step, undo);
		assert_content("/hosts", texts[i]);
		assert_int_equal(look_at("/hosts").st_uid, 1);
		assert_int_equal(look_at("/hosts").st_mode & 07777, 0604);
		revert_step(&step, undo);
		assert_content("/hosts", texts[i]);
	}
}

static void test_no_file(void **unused)
{
	_cleanup_step_ struct step step = wish(1);
	_cleanup_json_ json_t *undo = undo_of(&step);

	apply_step(&step);
	assert_content("/hosts", "fd00:20::1 node-1  #[+]\n");
	revert_step(&step, undo);
	assert_false(there("/hosts"));
}

static void test_lines_of_others(void **unused)
{
	_cleanup_step_ struct step step = wish(2);
	_cleanup_json_ json_t *undo = NULL;

	put("/hosts", "::1 localhost");
	undo = undo_of(&step);
	apply_step(&step);
	put("/hosts", "::1 localhost\nfd00:20::1 node-1  #[+]\n::5 new\nfd00:20::2 node-2  #[+]\n::6 newer\n");
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	revert_step(&step, undo);
	assert_content("/hosts", "::1 localhost\n::5 new\n::6 newer\n");
}

static void test_drift(void **unused)
{
	_cleanup_step_ struct step step = wish(2), less = wish(1);
	_cleanup_str_ struct str detail = STR_INIT;

	put("/hosts", "::1 localhost\n");
	apply_step(&step);
	assert_int_equal(state_of(&less, true), STEP_DRIFTED);
	apply_step(&less);
	assert_content("/hosts", "::1 localhost\nfd00:20::1 node-1  #[+]\n");
	assert_int_equal(step.ops->inspect(&step, node, true, NULL, &detail, NULL), STEP_DRIFTED);
	assert_string_equal(detail.s, "the entry for 'node-2' is missing");
}

static void ignore(struct event_sink *sink, const struct event *event)
{
}

/* One line of ours that somebody took out does not make the others stay for ever. */
static void test_clean_after_drift(void **unused)
{
	_cleanup_free_ char *state = mem_printf("%s/state", root);
	struct event_sink sink = {.take = ignore};
	struct engine_settings settings = {.node = node, .state_directory = state, .kinds = step_kinds, .sink = &sink};
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct engine_result result = {0};

	put("/hosts", "::1 localhost\n::5 node-2");
	plan_add(&plan, wish(3));
	assert_int_equal(engine_apply(&settings, "prepare", &plan, &result, NULL), 0);
	put("/hosts", "::1 localhost\n#[-] ::5 node-2\nfd00:20::2 node-2  #[+]\n::7 new\nfd00:20::3 node-3  #[+]\n");
	assert_int_equal(engine_undo(&settings, "clean", NULL, &result, NULL), 0);
	assert_int_equal(result.left, 0);
	assert_content("/hosts", "::1 localhost\n::5 node-2\n::7 new\n");
}

static void test_marks_of_another(void **unused)
{
	_cleanup_step_ struct step step = wish(1);

	put("/hosts", "#[-] ::1 a\n::1 a  #[+]\n");
	assert_refused(&step, EEXIST, "remove the marks");
}

static void test_link(void **unused)
{
	_cleanup_step_ struct step step = wish(1);
	_cleanup_free_ char *path = node_path(node, "/hosts");

	make_directory("/etc");
	put("/etc/hosts", "::1 localhost\n");
	assert_int_equal(symlink("etc/hosts", path), 0);
	apply_step(&step);
	assert_true(S_ISLNK(look_at("/hosts").st_mode));
	assert_content("/etc/hosts", "::1 localhost\nfd00:20::1 node-1  #[+]\n");
}

static void test_many(void **unused)
{
	_cleanup_step_ struct step step = wish(5000);
	_cleanup_json_ json_t *undo = NULL;
	_cleanup_str_ struct str text = STR_INIT;

	put("/hosts", "::1 localhost\n::2 node-4711 other\n");
	undo = undo_of(&step);
	step.ops->diff(&step, node, &text);
	assert_non_null(strstr(text.s, "\n+::2 other  #[+]\n"));
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	revert_step(&step, undo);
	assert_content("/hosts", "::1 localhost\n::2 node-4711 other\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST(test_there_and_back),
		STEP_TEST(test_no_file),
		STEP_TEST(test_lines_of_others),
		STEP_TEST(test_drift),
		STEP_TEST(test_clean_after_drift),
		STEP_TEST(test_marks_of_another),
		STEP_TEST(test_link),
		STEP_TEST(test_many),
	};

	return RUN_TESTS(tests);
}
