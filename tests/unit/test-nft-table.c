/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>

#include "base/run.h"
#include "resource/nft.h"
#include "step-fixture.h"

/* Rules are tried in a network namespace of the test's own. */
static int own_namespace(void **unused)
{
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	return step_set_up(unused);
}

#define NETNS_TEST(test) cmocka_unit_test_setup_teardown(test, own_namespace, step_tear_down)

static void nft(const char *commands)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (nft_apply(commands, 0, &err) < 0)
		fail_msg("%s", err.msg);
}

static char *ruleset(void)
{
	static const char *const argv[] = {"nft", "-s", "list", "ruleset", NULL};
	const struct run_options options = {.argv = argv};
	struct str out = STR_INIT;

	assert_int_equal(run_checked(&options, &out, NULL), 0);
	return str_take(&out);
}

static struct step masquerade(const char *to)
{
	_cleanup_free_ char *body = mem_printf("chain postrouting {\n"
					       "\ttype nat hook postrouting priority srcnat; policy accept;\n"
					       "\tip saddr %s oifname != \"br0\" counter masquerade\n"
					       "}\n"
					       "set known { type ipv4_addr; elements = { 10.0.0.3, 10.0.0.1 } }\n",
		to);

	return step_nft_table(NULL, "ip", "lazyjack", body);
}

static void test_there_and_back(void **unused)
{
	_cleanup_free_ char *before = NULL, *after = NULL;
	_cleanup_step_ struct step step = masquerade("10.0.0.0/24");
	_cleanup_json_ json_t *undo = NULL;

	nft("table ip6 theirs {\n chain c {\n accept\n }\n }\n");
	before = ruleset();
	undo = undo_of(&step);
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	assert_refused(&step, EEXIST, "nft delete table ip lazyjack");
	revert_step(&step, undo);
	after = ruleset();
	assert_string_equal(after, before);
	revert_step(&step, undo);
}

static void test_drift(void **unused)
{
	_cleanup_step_ struct step step = masquerade("10.0.0.0/24"), other = masquerade("10.0.1.0/24");

	apply_step(&step);
	assert_int_equal(state_of(&other, true), STEP_DRIFTED);
	nft("add rule ip lazyjack postrouting accept\n");
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	nft("delete element ip lazyjack known { 10.0.0.1 }\n");
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
	apply_step(&step);
	nft("flush chain ip lazyjack postrouting\n");
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
}

static void test_all_or_nothing(void **unused)
{
	_cleanup_step_ struct step good = masquerade("10.0.0.0/24"), bad = masquerade("nonsense");
	_cleanup_err_ struct err err = ERR_INIT;

	apply_step(&good);
	assert_true(bad.ops->apply(&bad, node, &err) < 0);
	assert_non_null(strstr(err.msg, "nonsense"));
	assert_int_equal(state_of(&good, true), STEP_IN_PLACE);
}

static void test_names(void **unused)
{
	static const char *const names[] = {"", "a b", "a;flush ruleset", "a{", "1a", "-a", "a\nb"};
	_cleanup_step_ struct step family = step_nft_table(NULL, "bridge", "a", "");
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_step_ struct step step = step_nft_table(NULL, "ip", names[i], "");

		assert_refused(&step, EINVAL, "name");
		assert_int_equal(step.ops->apply(&step, node, NULL), -EINVAL);
	}
	assert_refused(&family, EINVAL, "bridge");
}

static void test_namespace_that_is_not_there(void **unused)
{
	_cleanup_step_ struct step step = step_nft_table("gone", "ip6", "a", "");
	_cleanup_json_ json_t *undo = undo_of(&step);

	assert_int_equal(state_of(&step, true), STEP_MISSING);
	revert_step(&step, undo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		NETNS_TEST(test_there_and_back),
		NETNS_TEST(test_drift),
		NETNS_TEST(test_all_or_nothing),
		NETNS_TEST(test_names),
		NETNS_TEST(test_namespace_that_is_not_there),
	};

	return RUN_TESTS(tests);
}
