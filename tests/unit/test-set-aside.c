/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "step-fixture.h"

#define ASIDE "/f.lazyjack-aside"

static void test_there_and_back(void **unused)
{
	_cleanup_step_ struct step step = step_set_aside("/f");
	_cleanup_json_ json_t *undo = NULL;

	put("/f", "x");
	undo = undo_of(&step);
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	apply_step(&step);
	assert_false(there("/f"));
	assert_content(ASIDE, "x");
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	revert_step(&step, undo);
	revert_step(&step, undo);
	assert_content("/f", "x");
	assert_false(there(ASIDE));
}

static void test_new_file_is_left(void **unused)
{
	_cleanup_step_ struct step step = step_set_aside("/f");
	_cleanup_json_ json_t *undo = NULL;

	put("/f", "x");
	undo = undo_of(&step);
	apply_step(&step);
	put("/f", "new");
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
	assert_int_equal(step.ops->apply(&step, node, NULL), -EEXIST);
	revert_step(&step, undo);
	assert_content("/f", "new");
	assert_content(ASIDE, "x");
}

/* Revert, and what it wrote to standard error; the caller frees it. */
static char *warnings_of(const struct step *step, const json_t *undo)
{
	_cleanup_free_ char *path = mem_printf("%s/warnings", root);
	int before = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(before >= 0 && fd >= 0);
	fflush(stderr);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	revert_step(step, undo);
	fflush(stderr);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	close(fd);
	return fixture_read(path);
}

/* Somebody emptied the directory: there is nothing to bring back, and revert says so. */
static void test_gone(void **unused)
{
	_cleanup_free_ char *warning = NULL, *none = NULL;
	_cleanup_step_ struct step step = step_set_aside("/f");
	_cleanup_json_ json_t *undo = NULL;

	put("/f", "x");
	undo = undo_of(&step);
	apply_step(&step);
	remove_file(ASIDE);
	warning = warnings_of(&step, undo);
	assert_non_null(strstr(warning, "/f' does not come back"));
	/* Done already is another thing. */
	put("/f", "x");
	none = warnings_of(&step, undo);
	assert_string_equal(none, "");
}

static void test_in_the_way(void **unused)
{
	_cleanup_step_ struct step step = step_set_aside("/f");

	assert_int_equal(state_of(&step, false), STEP_IN_PLACE);
	put("/f", "x");
	put(ASIDE, "y");
	assert_refused(&step, EEXIST, "remove one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST(test_there_and_back),
		STEP_TEST(test_new_file_is_left),
		STEP_TEST(test_gone),
		STEP_TEST(test_in_the_way),
	};

	return RUN_TESTS(tests);
}
