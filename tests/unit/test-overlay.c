/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts are made in a mount namespace of this process, so that nobody else sees them. */
#include <sched.h>
#include <sys/mount.h>

#include "step-fixture.h"

static struct step overlay(const char *lower)
{
	make_directory("/base");
	make_directory("/layer");
	make_directory("/upper");
	make_directory("/work");
	make_directory("/root");
	return step_overlay("/root", lower, "/upper", "/work");
}

static void test_mounted_and_unmounted(void **unused)
{
	_cleanup_step_ struct step step = overlay("/layer:/base");
	_cleanup_json_ json_t *undo = undo_of(&step);

	put("/base/a", "base");
	put("/base/b", "base");
	put("/layer/b", "layer");
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	assert_content("/root/a", "base");
	assert_content("/root/b", "layer");
	put("/root/a", "changed");
	assert_content("/base/a", "base");
	assert_content("/upper/a", "changed");
	revert_step(&step, undo);
	assert_int_equal(state_of(&step, true), STEP_MISSING);
	assert_false(there("/root/a"));
	revert_step(&step, undo);
}

/* A run that was killed between mounting and saying so is repeated: one mount, not two. */
static void test_repeated(void **unused)
{
	_cleanup_step_ struct step step = overlay("/base");
	_cleanup_json_ json_t *undo = undo_of(&step);

	apply_step(&step);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	revert_step(&step, undo);
	assert_int_equal(state_of(&step, true), STEP_MISSING);
}

static void test_other_mounts(void **unused)
{
	_cleanup_step_ struct step step = overlay("/base"), other = overlay("/layer");
	_cleanup_json_ json_t *undo = undo_of(&step);

	apply_step(&step);
	assert_int_equal(state_of(&other, true), STEP_DRIFTED);
	assert_refused(&other, EBUSY, "/root");
	apply_step(&other);
	assert_int_equal(state_of(&other, true), STEP_IN_PLACE);
	revert_step(&other, undo);
}

/* Somebody's open file doesn't hold it up for ever: it goes from sight. */
static void test_busy(void **unused)
{
	_cleanup_step_ struct step step = overlay("/base");
	_cleanup_json_ json_t *undo = undo_of(&step);
	_cleanup_free_ char *path = node_path(node, "/root/a");
	FILE *file;

	put("/base/a", "base");
	apply_step(&step);
	file = fopen(path, "re");
	assert_non_null(file);
	revert_step(&step, undo);
	assert_false(there("/root/a"));
	fclose(file);
}

static void test_not_on_an_overlay(void **unused)
{
	_cleanup_step_ struct step outer = overlay("/base"), inner = {NULL};
	_cleanup_json_ json_t *undo = undo_of(&outer);
	_cleanup_err_ struct err err = ERR_INIT;

	apply_step(&outer);
	make_directory("/root/upper");
	make_directory("/root/work");
	make_directory("/inner");
	inner = step_overlay("/inner", "/base", "/root/upper", "/root/work");
	assert_int_equal(inner.ops->apply(&inner, node, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "ext4"));
	revert_step(&outer, undo);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STEP_TEST(test_mounted_and_unmounted),
		STEP_TEST(test_repeated),
		STEP_TEST(test_other_mounts),
		STEP_TEST(test_busy),
		STEP_TEST(test_not_on_an_overlay),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0) {
		puts("1..0 # SKIP needs root");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
