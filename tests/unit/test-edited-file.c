/* SPDX-License-Identifier: Apache-2.0 */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST(test_there_and_back),
		STEP_TEST(test_repeated),
		STEP_TEST(test_changed_bak_is_left),
		STEP_TEST(test_link_stays_a_link),
		STEP_TEST(test_refusals),
	};

	return RUN_TESTS(tests);
}
