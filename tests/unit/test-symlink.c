/* SPDX-License-Identifier: Apache-2.0 */
#include "step-fixture.h"

static void assert_target(const char *path, const char *target)
{
	_cleanup_free_ char *real = node_path(node, path);
	char text[64] = "";

	assert_true(readlink(real, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, target);
}

static void test_new(void **unused)
{
	_cleanup_step_ struct step step = step_symlink("/l", "../a");
	_cleanup_json_ json_t *undo = undo_of(&step);

	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_target("/l", "../a");
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	apply_step(&step);
	revert_step(&step, undo);
	assert_false(there("/l"));
	revert_step(&step, undo);
}

static void test_old_things_come_back(void **unused)
{
	_cleanup_step_ struct step step = step_symlink("/l", "a");
	_cleanup_step_ struct step other = step_symlink("/l", "b");
	_cleanup_json_ json_t *undo = NULL, *file_undo = NULL;

	apply_step(&other);
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
	undo = undo_of(&step);
	apply_step(&step);
	revert_step(&step, undo);
	assert_target("/l", "b");
	remove_file("/l");
	put("/l", "file");
	file_undo = undo_of(&step);
	apply_step(&step);
	assert_target("/l", "a");
	revert_step(&step, file_undo);
	assert_content("/l", "file");
}

static void test_directory_in_the_way(void **unused)
{
	_cleanup_step_ struct step step = step_symlink("/l", "a");

	make_directory("/l");
	assert_refused(&step, EEXIST, "directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST(test_new),
		STEP_TEST(test_old_things_come_back),
		STEP_TEST(test_directory_in_the_way),
	};

	return RUN_TESTS(tests);
}
