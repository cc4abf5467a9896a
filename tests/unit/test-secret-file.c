/* SPDX-License-Identifier: Apache-2.0 */
#include "step-fixture.h"

static struct step secret(const char *text)
{
	return step_secret_file("/key", text, strlen(text));
}

static void test_never_in_the_wish(void **unused)
{
	_cleanup_step_ struct step step = secret("hunter2");
	_cleanup_json_ json_t *undo = undo_of(&step);
	_cleanup_free_ char *want = json_line(step.want), *text = json_line(undo);
	_cleanup_str_ struct str words = STR_INIT;

	step.ops->describe(step.want, &words);
	step.ops->what(step.want, &words);
	assert_null(strstr(want, "hunter2"));
	assert_null(strstr(text, "hunter2"));
	assert_null(strstr(words.s, "hunter2"));
	assert_null(step.ops->diff);
}

static void test_new(void **unused)
{
	_cleanup_step_ struct step step = secret("hunter2");
	_cleanup_json_ json_t *undo = undo_of(&step);
	mode_t mask = umask(0);

	apply_step(&step);
	umask(mask);
	assert_content("/key", "hunter2");
	assert_int_equal(look_at("/key").st_mode & 07777, 0600);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	revert_step(&step, undo);
	assert_false(there("/key"));
	revert_step(&step, undo);
}

static void test_another_one_is_kept(void **unused)
{
	_cleanup_step_ struct step step = secret("hunter2"), again = secret("hunter3");
	_cleanup_free_ char *path = node_path(node, "/key");
	_cleanup_json_ json_t *undo = NULL;

	put("/key", "before");
	assert_int_equal(chmod(path, 0640), 0);
	undo = undo_of(&step);
	apply_step(&step);
	assert_content("/key.lazyjack-old", "before");
	assert_int_equal(state_of(&again, true), STEP_DRIFTED);
	apply_step(&again);
	assert_content("/key.lazyjack-old", "before");
	revert_step(&again, undo);
	assert_content("/key", "before");
	assert_int_equal(look_at("/key").st_mode & 07777, 0640);
	assert_false(there("/key.lazyjack-old"));
	revert_step(&again, undo);
	assert_content("/key", "before");
}

static void test_replaced_twice_leaves_nothing(void **unused)
{
	_cleanup_step_ struct step step = secret("hunter2"), again = secret("hunter3");
	_cleanup_json_ json_t *undo = undo_of(&step);

	apply_step(&step);
	apply_step(&again);
	assert_content("/key", "hunter3");
	revert_step(&again, undo);
	assert_false(there("/key"));
	assert_false(there("/key.lazyjack-old"));
}

static void test_interrupted_before_anything(void **unused)
{
	_cleanup_step_ struct step step = secret("hunter2");
	_cleanup_json_ json_t *undo = NULL;

	put("/key", "before");
	undo = undo_of(&step);
	revert_step(&step, undo);
	assert_content("/key", "before");
}

static void test_refusals(void **unused)
{
	_cleanup_step_ struct step step = secret("hunter2");
	_cleanup_free_ char *path = node_path(node, "/key"), *other = node_path(node, "/other");

	assert_int_equal(symlink("/elsewhere", path), 0);
	assert_refused(&step, ELOOP, "symbolic link");
	assert_int_equal(step.ops->apply(&step, node, NULL), -ELOOP);
	remove_file("/key");
	put("/key", "x");
	assert_int_equal(chown(path, 1000, 0), 0);
	assert_refused(&step, EPERM, "user 1000");
	assert_int_equal(step.ops->apply(&step, node, NULL), -EPERM);
	assert_int_equal(chown(path, 0, 0), 0);
	assert_int_equal(link(path, other), 0);
	assert_refused(&step, EMLINK, "2 names");
	remove_file("/key");
	make_directory("/key");
	assert_refused(&step, EEXIST, "directory");
}

static void test_from_a_journal(void **unused)
{
	_cleanup_step_ struct step step = secret("hunter2"), bare = {.ops = step.ops, .want = json_incref(step.want)};
	_cleanup_err_ struct err err = ERR_INIT;

	apply_step(&step);
	assert_int_equal(state_of(&bare, true), STEP_IN_PLACE);
	assert_int_equal(bare.ops->apply(&bare, node, &err), -ENOKEY);
	assert_content("/key", "hunter2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST(test_never_in_the_wish),
		STEP_TEST(test_new),
		STEP_TEST(test_another_one_is_kept),
		STEP_TEST(test_replaced_twice_leaves_nothing),
		STEP_TEST(test_interrupted_before_anything),
		STEP_TEST(test_refusals),
		STEP_TEST(test_from_a_journal),
	};

	return RUN_TESTS(tests);
}
