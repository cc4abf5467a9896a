/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/xattr.h>

#include "step-fixture.h"

static void test_new_file(void **unused)
{
	_cleanup_step_ struct step step = step_file("/f", "wanted\n", 0640);
	_cleanup_json_ json_t *undo = undo_of(&step);

	assert_true(json_is_null(undo));
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	assert_content("/f", "wanted\n");
	assert_int_equal(look_at("/f").st_mode & 07777, 0640);
	revert_step(&step, undo);
	assert_false(there("/f"));
	revert_step(&step, undo);
}

static void test_old_file_comes_back(void **unused)
{
	_cleanup_step_ struct step step = step_file("/f", "wanted\n", 0644);
	_cleanup_free_ char *path = node_path(node, "/f");
	_cleanup_json_ json_t *undo = NULL;
	char value[8] = "";
	bool xattrs;

	put("/f", "no newline");
	assert_int_equal(chown(path, 12, 34), 0);
	assert_int_equal(chmod(path, 04751), 0);
	xattrs = setxattr(path, "user.colour", "red", 3, 0) == 0;
	undo = undo_of(&step);
	assert_int_equal(state_of(&step, false), STEP_DRIFTED);
	apply_step(&step);
	assert_int_equal(look_at("/f").st_uid, 0);
	revert_step(&step, undo);
	assert_content("/f", "no newline");
	assert_int_equal(look_at("/f").st_uid, 12);
	assert_int_equal(look_at("/f").st_gid, 34);
	assert_int_equal(look_at("/f").st_mode & 07777, 04751);
	if (xattrs) {
		assert_int_equal(getxattr(path, "user.colour", value, sizeof(value)), 3);
		assert_string_equal(value, "red");
	}
}

static void test_octets_come_back(void **unused)
{
	static const char octets[] = {'a', 0, (char)0xff, (char)0xfe, '\n'};
	const struct file_attr attr = {.mode = 0600, .uid = 0, .gid = 0};
	_cleanup_step_ struct step step = step_file("/f", "x", 0644);
	_cleanup_free_ char *path = node_path(node, "/f"), *text = NULL;
	_cleanup_json_ json_t *undo = NULL;
	size_t len;

	assert_int_equal(file_replace(path, octets, sizeof(octets), &attr, NULL), 0);
	undo = undo_of(&step);
	assert_non_null(json_text(undo, "base64"));
	apply_step(&step);
	revert_step(&step, undo);
	assert_int_equal(file_read(path, 100, &text, &len, NULL, NULL), 0);
	assert_int_equal(len, sizeof(octets));
	assert_memory_equal(text, octets, len);
}

static void test_link_comes_back(void **unused)
{
	_cleanup_step_ struct step step = step_file("/f", "x", 0644);
	_cleanup_free_ char *path = node_path(node, "/f");
	_cleanup_json_ json_t *undo = NULL;
	char target[16] = "";

	assert_int_equal(symlink("/dev/null", path), 0);
	undo = undo_of(&step);
	apply_step(&step);
	assert_true(S_ISREG(look_at("/f").st_mode));
	revert_step(&step, undo);
	assert_int_equal(readlink(path, target, sizeof(target) - 1), 9);
	assert_string_equal(target, "/dev/null");
}

static void test_drift(void **unused)
{
	_cleanup_step_ struct step step = step_file("/f", "x", 0644);
	_cleanup_free_ char *path = node_path(node, "/f");
	_cleanup_str_ struct str detail = STR_INIT;

	apply_step(&step);
	put("/f", "y");
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
	apply_step(&step);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(step.ops->inspect(&step, node, true, NULL, &detail, NULL), STEP_DRIFTED);
	assert_string_equal(str_text(&detail), "the mode is 0666");
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(chown(path, 1, 0), 0);
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
}

static void test_left_by_a_killed_run(void **unused)
{
	_cleanup_step_ struct step step = step_file("/f", "x", 0644);
	_cleanup_json_ json_t *undo = undo_of(&step);

	put("/.f.lazyjack-new", "half");
	apply_step(&step);
	assert_false(there("/.f.lazyjack-new"));
	put("/.f.lazyjack-new", "half");
	revert_step(&step, undo);
	assert_false(there("/.f.lazyjack-new"));
}

static void test_refusals(void **unused)
{
	_cleanup_step_ struct step step = step_file("/f", "x", 0644);
	_cleanup_step_ struct step large = step_file("/large", "x", 0644);
	_cleanup_step_ struct step orphan = step_file("/no/f", "x", 0644);
	_cleanup_free_ char *path = node_path(node, "/large");
	_cleanup_err_ struct err err = ERR_INIT;

	make_directory("/f");
	assert_refused(&step, EEXIST, "directory");
	put("/large", "");
	assert_int_equal(truncate(path, (1 << 20) + 1), 0);
	assert_refused(&large, EFBIG, "too large");
	assert_int_equal(state_of(&orphan, false), STEP_MISSING);
	assert_int_equal(orphan.ops->apply(&orphan, node, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/no'"));
}

static void test_diff(void **unused)
{
	_cleanup_step_ struct step step = step_file("/f", "1\n2\n", 0644);
	_cleanup_str_ struct str text = STR_INIT;

	put("/f", "1\n3\n");
	step.ops->diff(&step, node, &text);
	assert_string_equal(text.s, "--- /f\n+++ /f\n@@ -1,2 +1,2 @@\n 1\n-3\n+2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST(test_new_file),
		STEP_TEST(test_old_file_comes_back),
		STEP_TEST(test_octets_come_back),
		STEP_TEST(test_link_comes_back),
		STEP_TEST(test_drift),
		STEP_TEST(test_left_by_a_killed_run),
		STEP_TEST(test_refusals),
		STEP_TEST(test_diff),
	};

	return RUN_TESTS(tests);
}
