/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/mem.h"
#include "step-fixture.h"

static struct step copy_of(const char *text)
{
	_cleanup_free_ char *source = node_path(node, "/source");
	char sha256[65];

	put("/source", text);
	file_sha256(text, strlen(text), sha256);
	return step_copied_file("/copy", source, sha256, 0755);
}

static void test_copied_and_removed(void **unused)
{
	_cleanup_step_ struct step step = copy_of("program");
	_cleanup_json_ json_t *undo = undo_of(&step);

	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_content("/copy", "program");
	assert_int_equal(look_at("/copy").st_mode & 07777, 0755);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	revert_step(&step, undo);
	assert_false(there("/copy"));
	revert_step(&step, undo);
}

static void test_new_version_replaces(void **unused)
{
	_cleanup_step_ struct step old = copy_of("one");
	_cleanup_step_ struct step new = copy_of("two");

	put("/source", "one");
	apply_step(&old);
	put("/source", "two");
	assert_int_equal(state_of(&new, true), STEP_DRIFTED);
	apply_step(&new);
	assert_content("/copy", "two");
}

static void test_somebody_elses_stays(void **unused)
{
	_cleanup_step_ struct step step = copy_of("program");

	put("/copy", "theirs");
	assert_refused(&step, EEXIST, "/copy");
}

/* What is copied is what was planned, not what lies there a moment later. */
static void test_changed_source(void **unused)
{
	_cleanup_step_ struct step step = copy_of("program");
	_cleanup_err_ struct err err = ERR_INIT;

	put("/source", "another");
	assert_int_equal(step.ops->apply(&step, node, &err), -ESTALE);
	assert_false(there("/copy"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STEP_TEST(test_copied_and_removed),
		STEP_TEST(test_new_version_replaces),
		STEP_TEST(test_somebody_elses_stays),
		STEP_TEST(test_changed_source),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
