/* SPDX-License-Identifier: Apache-2.0 */
#include "step-fixture.h"

#define OURS "#[+] the next line is lazyjack's\nnameserver fd00::53\n"

static struct step wish(void)
{
	struct address server;

	assert_int_equal(address_parse("fd00::53", &server), 0);
	return step_resolver("/resolv.conf", &server);
}

static void test_there_and_back(void **unused)
{
	static const char *const texts[] = {"", "search example\nnameserver 1.1.1.1\n", "nameserver 1.1.1.1"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_step_ struct step step = wish();
		_cleanup_free_ char *wanted = mem_printf(OURS "%s", texts[i]);
		_cleanup_json_ json_t *undo = NULL;

		put("/resolv.conf", texts[i]);
		undo = undo_of(&step);
		assert_int_equal(state_of(&step, false), STEP_MISSING);
		apply_step(&step);
		apply_step(&step);
		assert_content("/resolv.conf", wanted);
		assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
		revert_step(&step, undo);
		assert_content("/resolv.conf", texts[i]);
	}
}

static void test_no_file(void **unused)
{
	_cleanup_step_ struct step step = wish();
	_cleanup_json_ json_t *undo = undo_of(&step);

	apply_step(&step);
	assert_content("/resolv.conf", OURS);
	revert_step(&step, undo);
	assert_false(there("/resolv.conf"));
}

static void test_others_edit(void **unused)
{
	_cleanup_step_ struct step step = wish();
	_cleanup_json_ json_t *undo = undo_of(&step);

	put("/resolv.conf", "# mine\n" OURS "options edns0\n");
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	revert_step(&step, undo);
	assert_content("/resolv.conf", "# mine\noptions edns0\n");
	put("/resolv.conf", "nameserver 9.9.9.9\n" OURS);
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
	apply_step(&step);
	assert_content("/resolv.conf", OURS "nameserver 9.9.9.9\n");
	/* Rewritten by a DHCP client: nothing of ours to take out. */
	put("/resolv.conf", "nameserver 9.9.9.9\n");
	assert_int_equal(state_of(&step, true), STEP_MISSING);
}

static void test_there_already(void **unused)
{
	_cleanup_step_ struct step step = wish();

	put("/resolv.conf", "#nameserver 1.1.1.1\nnameserver\tfd00::53 \nnameserver 1.1.1.1\n");
	assert_int_equal(state_of(&step, false), STEP_IN_PLACE);
	put("/resolv.conf", "nameserver 1.1.1.1\nnameserver fd00::53\n");
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	put("/resolv.conf", "nameserver fd00::530\n");
	assert_int_equal(state_of(&step, false), STEP_MISSING);
}

static void test_link(void **unused)
{
	_cleanup_step_ struct step step = wish();
	_cleanup_free_ char *path = node_path(node, "/resolv.conf");
	_cleanup_json_ json_t *undo = NULL;

	/* Absolute: it has to be followed below the root. */
	assert_int_equal(symlink("/run/r/resolv.conf", path), 0);
	assert_refused(&step, ENOENT, "replace the link");
	assert_int_equal(state_of(&step, true), STEP_MISSING);
	make_directory("/run/r");
	put("/run/r/resolv.conf", "nameserver 1.1.1.1\n");
	undo = undo_of(&step);
	apply_step(&step);
	assert_content("/run/r/resolv.conf", OURS "nameserver 1.1.1.1\n");
	assert_true(S_ISLNK(look_at("/resolv.conf").st_mode));
	revert_step(&step, undo);
	assert_content("/run/r/resolv.conf", "nameserver 1.1.1.1\n");
}

static void test_link_loop(void **unused)
{
	_cleanup_step_ struct step step = wish();
	_cleanup_free_ char *path = node_path(node, "/resolv.conf");

	assert_int_equal(symlink("resolv.conf", path), 0);
	assert_refused(&step, ELOOP, "leads to itself");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST(test_there_and_back),
		STEP_TEST(test_no_file),
		STEP_TEST(test_others_edit),
		STEP_TEST(test_there_already),
		STEP_TEST(test_link),
		STEP_TEST(test_link_loop),
	};

	return RUN_TESTS(tests);
}
