/* SPDX-License-Identifier: Apache-2.0 */
#include "step-fixture.h"

static void test_made_and_removed(void **unused)
{
	_cleanup_step_ struct step step = step_directory("/a", 0710, false);
	_cleanup_json_ json_t *undo = undo_of(&step);
	mode_t mask = umask(077);

	assert_true(json_is_null(undo));
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	umask(mask);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	assert_int_equal(look_at("/a").st_mode & 07777, 0710);
	apply_step(&step);
	revert_step(&step, undo);
	assert_false(there("/a"));
	revert_step(&step, undo);
}

static void test_content_of_others_stays(void **unused)
{
	_cleanup_step_ struct step step = step_directory("/a", 0755, false);
	_cleanup_json_ json_t *undo = undo_of(&step);

	apply_step(&step);
	put("/a/theirs", "x");
	revert_step(&step, undo);
	assert_true(there("/a/theirs"));
}

static void test_runtime_content_goes(void **unused)
{
	_cleanup_step_ struct step step = step_directory("/a", 0755, true);
	_cleanup_json_ json_t *undo = undo_of(&step);

	apply_step(&step);
	put("/a/state", "x");
	revert_step(&step, undo);
	assert_false(there("/a"));
}

static void test_one_that_was_there_stays(void **unused)
{
	_cleanup_step_ struct step step = step_directory("/a", 0755, true);
	_cleanup_json_ json_t *undo = NULL;

	make_directory("/a");
	put("/a/theirs", "x");
	undo = undo_of(&step);
	assert_int_equal(state_of(&step, false), STEP_IN_PLACE);
	revert_step(&step, undo);
	assert_true(there("/a/theirs"));
}

static void test_refusals(void **unused)
{
	_cleanup_step_ struct step private = step_directory("/open", 0700, false);
	_cleanup_step_ struct step taken = step_directory("/file", 0755, false);
	_cleanup_step_ struct step orphan = step_directory("/no/where", 0755, false);
	_cleanup_err_ struct err err = ERR_INIT;

	make_directory("/open");
	assert_refused(&private, EPERM, "chmod 700");
	put("/file", "");
	assert_refused(&taken, ENOTDIR, "regular file");
	assert_int_equal(state_of(&orphan, false), STEP_MISSING);
	assert_int_equal(orphan.ops->apply(&orphan, node, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/no'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST(test_made_and_removed),
		STEP_TEST(test_content_of_others_stays),
		STEP_TEST(test_runtime_content_goes),
		STEP_TEST(test_one_that_was_there_stays),
		STEP_TEST(test_refusals),
	};

	return RUN_TESTS(tests);
}
