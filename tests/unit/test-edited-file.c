/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"
#include "step-fixture.h"

static struct step edited(const char *text)
{
	return step_edited_file("/c.yaml", text, strlen(text));
}

static void test_there_and_back(void **unused)
{
	_cleanup_step_ struct step step = edited("token: new\n");
	_cleanup_free_ char *path = node_path(node, "/c.yaml"), *text = NULL;
	_cleanup_json_ json_t *undo = NULL;

	put("/c.yaml", "token: old\n");
	assert_int_equal(chown(path, 12, 34), 0);
	assert_int_equal(chmod(path, 0640), 0);
	undo = undo_of(&step);
	text = json_line(undo);
	assert_null(strstr(text, "token"));
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	assert_content("/c.yaml", "token: new\n");
	assert_content("/c.yaml.bak", "token: old\n");
	assert_int_equal(look_at("/c.yaml").st_uid, 12);
	assert_int_equal(look_at("/c.yaml").st_mode & 07777, 0640);
	assert_int_equal(look_at("/c.yaml.bak").st_gid, 34);
	revert_step(&step, undo);
	assert_content("/c.yaml", "token: old\n");
	assert_int_equal(look_at("/c.yaml").st_uid, 12);
	assert_int_equal(look_at("/c.yaml").st_mode & 07777, 0640);
	assert_false(there("/c.yaml.bak"));
	revert_step(&step, undo);
	assert_content("/c.yaml", "token: old\n");
}

/* Edited once, twice and three times, each apply repeated as after a kill, with and without a user's own .bak. */
static void check_repeated(bool bak, unsigned int edits)
{
	_cleanup_json_ json_t *undo = NULL;
	unsigned int i;

	put("/c.yaml", "original");
	if (bak)
		put("/c.yaml.bak", "user's");
	for (i = 0; i < edits; i++) {
		_cleanup_free_ char *text = mem_printf("edit %u", i);
		_cleanup_step_ struct step step = edited(text);

		if (undo == NULL)
			undo = undo_of(&step);
		apply_step(&step);
		apply_step(&step);
		assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
		if (i + 1 < edits)
			continue;
		revert_step(&step, undo);
		revert_step(&step, undo);
	}
	assert_content("/c.yaml", "original");
	assert_int_equal(there("/c.yaml.bak"), bak);
	if (bak) {
		assert_content("/c.yaml.bak", "user's");
		remove_file("/c.yaml.bak");
	}
	assert_false(there("/c.yaml.bak.lazyjack-old"));
}

static void test_repeated(void **unused)
{
	unsigned int edits;

	for (edits = 1; edits <= 3; edits++) {
		check_repeated(false, edits);
		check_repeated(true, edits);
	}
}

static void test_changed_bak_is_left(void **unused)
{
	_cleanup_step_ struct step step = edited("new");
	_cleanup_json_ json_t *undo = NULL;

	put("/c.yaml", "old");
	undo = undo_of(&step);
	apply_step(&step);
	put("/c.yaml.bak", "something else");
	revert_step(&step, undo);
	assert_content("/c.yaml", "new");
	assert_content("/c.yaml.bak", "something else");
}

static void test_link_stays_a_link(void **unused)
{
	_cleanup_step_ struct step step = edited("new");
	_cleanup_free_ char *path = node_path(node, "/c.yaml");
	_cleanup_json_ json_t *undo = NULL;

	make_directory("/real");
	put("/real/c", "old");
	assert_int_equal(symlink("/real/c", path), 0);
	undo = undo_of(&step);
	apply_step(&step);
	assert_true(S_ISLNK(look_at("/c.yaml").st_mode));
	assert_content("/real/c", "new");
	assert_content("/c.yaml.bak", "old");
	revert_step(&step, undo);
	assert_content("/real/c", "old");
	assert_true(S_ISLNK(look_at("/c.yaml").st_mode));
	assert_false(there("/c.yaml.bak"));
}

static void test_refusals(void **unused)
{
	_cleanup_step_ struct step step = edited("new");

	assert_refused(&step, ENOENT, "make it first");
	put("/c.yaml", "old");
	put("/c.yaml.bak.lazyjack-old", "x");
	assert_refused(&step, EEXIST, "move it away");
	put("/c.yaml", "new");
	assert_int_equal(state_of(&step, false), STEP_IN_PLACE);
	put("/c.yaml", "user's own edit");
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
}

static struct engine_settings engine(void)
{
	static char state[128];

	snprintf(state, sizeof(state), "%s/state", root);
	return (struct engine_settings){.node = node, .state_directory = state, .kinds = step_kinds};
}

/* A run as `init` makes one; 0, or what went wrong. */
static int write_anew(const char *text)
{
	struct engine_settings with = engine();
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct engine_result result;

	plan_add(&plan, edited(text));
	return engine_apply(&with, "init", &plan, &result, NULL);
}

static unsigned int undo_all(void)
{
	struct engine_settings with = engine();
	struct engine_result result;

	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	return result.left;
}

static void assert_bak(bool bak)
{
	assert_int_equal(there("/c.yaml.bak"), bak);
	if (bak) {
		assert_content("/c.yaml.bak", "user's");
		remove_file("/c.yaml.bak");
	}
	assert_false(there("/c.yaml.bak.lazyjack-old"));
}

/* Written, edited by its owner, and written again `more` times: what he wrote comes back, and his own .bak. */
static void check_edited_between(bool bak, unsigned int before, unsigned int more)
{
	unsigned int i;

	put("/c.yaml", "original");
	if (bak)
		put("/c.yaml.bak", "user's");
	for (i = 0; i < before; i++) {
		_cleanup_free_ char *text = mem_printf("before %u", i);

		assert_int_equal(write_anew(text), 0);
	}
	put("/c.yaml", "edited by its owner");
	for (i = 0; i < more; i++) {
		_cleanup_free_ char *text = mem_printf("more %u", i);

		assert_int_equal(write_anew(text), 0);
		assert_content("/c.yaml", text);
		assert_content("/c.yaml.bak", "edited by its owner");
	}
	assert_int_equal(undo_all(), 0);
	assert_content("/c.yaml", "edited by its owner");
	assert_bak(bak);
}

static void test_edited_between(void **unused)
{
	unsigned int before, more;

	for (before = 1; before <= 3; before++) {
		for (more = 1; more <= 3; more++) {
			check_edited_between(false, before, more);
			check_edited_between(true, before, more);
		}
	}
}

/* Each edit in turn. */
static void test_edited_again_and_again(void **unused)
{
	unsigned int bak, i;

	for (bak = 0; bak <= 1; bak++) {
		put("/c.yaml", "original");
		if (bak)
			put("/c.yaml.bak", "user's");
		for (i = 0; i < 4; i++) {
			_cleanup_free_ char *ours = mem_printf("ours %u", i), *his = mem_printf("his %u", i);

			assert_int_equal(write_anew(ours), 0);
			put("/c.yaml", his);
		}
		assert_int_equal(write_anew("last"), 0);
		assert_content("/c.yaml.bak", "his 3");
		assert_int_equal(undo_all(), 0);
		assert_content("/c.yaml", "his 3");
		assert_bak(bak);
	}
}

/* Killed behind each change that keeping makes, and done again. */
static void test_keeping_may_be_repeated(void **unused)
{
	_cleanup_step_ struct step first = edited("first"), second = edited("second");
	unsigned int bak;

	for (bak = 0; bak <= 1; bak++) {
		_cleanup_json_ json_t *original = NULL, *present = NULL, *undo = NULL;

		put("/c.yaml", "original");
		if (bak)
			put("/c.yaml.bak", "user's");
		original = undo_of(&first);
		apply_step(&first);
		put("/c.yaml", "his");
		assert_int_equal(second.ops->inspect(&second, node, true, &present, NULL, NULL), STEP_DRIFTED);
		undo = second.ops->edits->undo(original, present);
		assert_int_equal(second.ops->edits->keep(&second, &first, node, NULL), 1);
		assert_int_equal(second.ops->edits->keep(&second, &first, node, NULL), 1);
		assert_content("/c.yaml", "his");
		apply_step(&second);
		apply_step(&second);
		assert_content("/c.yaml.bak", "his");
		revert_step(&second, undo);
		revert_step(&second, undo);
		assert_content("/c.yaml", "his");
		assert_bak(bak);
	}
}

/* The user edited it after the last run: that is left, as ever. */
static void test_edited_last_is_left(void **unused)
{
	put("/c.yaml", "original");
	assert_int_equal(write_anew("first"), 0);
	put("/c.yaml", "his");
	assert_int_equal(write_anew("second"), 0);
	put("/c.yaml", "his, again");
	assert_int_equal(undo_all(), 1);
	assert_content("/c.yaml", "his, again");
	assert_content("/c.yaml.bak", "his");
}

static void test_taken_back(void **unused)
{
	_cleanup_step_ struct step in_the_way = step_directory("/missing/directory", 0755, false);
	struct engine_settings with = engine();
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct engine_result result;

	put("/c.yaml", "original");
	assert_int_equal(write_anew("first"), 0);
	put("/c.yaml", "his");
	plan_add(&plan, edited("second"));
	plan_add(&plan, step_make(in_the_way.ops, json_incref(in_the_way.want)));
	assert_true(engine_apply(&with, "init", &plan, &result, NULL) < 0);
	assert_content("/c.yaml", "his");
	assert_int_equal(undo_all(), 1);
	assert_content("/c.yaml", "his");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST(test_there_and_back),
		STEP_TEST(test_repeated),
		STEP_TEST(test_changed_bak_is_left),
		STEP_TEST(test_link_stays_a_link),
		STEP_TEST(test_refusals),
		STEP_TEST(test_edited_between),
		STEP_TEST(test_edited_again_and_again),
		STEP_TEST(test_keeping_may_be_repeated),
		STEP_TEST(test_edited_last_is_left),
		STEP_TEST(test_taken_back),
	};

	return RUN_TESTS(tests);
}
