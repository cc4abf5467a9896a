/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"
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

/* Files that their owner may edit. */

static struct str said;

static void take(struct event_sink *sink, const struct event *event)
{
	if (event->state == EVENT_NOTE)
		str_addf(&said, "%s\n", event->detail);
}
static struct event_sink sink = {.take = take};

static struct engine_settings engine(void)
{
	static char state[128];

	snprintf(state, sizeof(state), "%s/state", root);
	return (struct engine_settings){.node = node, .state_directory = state, .kinds = step_kinds, .sink = &sink};
}

static int prepare(const char *text, bool failing)
{
	struct engine_settings with = engine();
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct engine_result result;

	node_listen(node, &sink, "prepare");
	str_done(&said);
	plan_add(&plan, step_secret_conffile("/conf", text, strlen(text)));
	if (failing)
		plan_add(&plan, step_directory("/missing/directory", 0755, false));
	return engine_apply(&with, "prepare", &plan, &result, NULL);
}

static unsigned int clean(void)
{
	struct engine_settings with = engine();
	struct engine_result result;

	str_done(&said);
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_false(there("/state"));
	return result.left;
}

static void assert_told(const char *word)
{
	if (strstr(str_text(&said), word) == NULL)
		fail_msg("'%s' is not in: %s", word, str_text(&said));
}

static void assert_private(const char *path)
{
	assert_int_equal(look_at(path).st_mode & 07777, 0600);
	assert_int_equal(look_at(path).st_uid, 0);
}

static void test_an_edit_is_kept(void **unused)
{
	assert_int_equal(prepare("token one", false), 0);
	assert_string_equal(str_text(&said), "");
	put("/conf", "token one, mine");
	assert_int_equal(prepare("token two", false), 0);
	assert_told("'/conf.bak'");
	assert_null(strstr(said.s, "token one"));
	assert_content("/conf", "token two");
	assert_content("/conf.bak", "token one, mine");
	assert_private("/conf");
	assert_private("/conf.bak");
	/* Unedited nothing is kept. */
	assert_int_equal(prepare("token three", false), 0);
	assert_string_equal(str_text(&said), "");
	assert_content("/conf.bak", "token one, mine");
	/* A newer edit takes the place of the older; the same text again. */
	put("/conf", "token three, mine");
	assert_int_equal(prepare("token three", false), 0);
	assert_content("/conf", "token three");
	assert_content("/conf.bak", "token three, mine");
	assert_int_equal(clean(), 0);
	assert_false(there("/conf"));
	assert_false(there("/conf.lazyjack-old"));
	assert_content("/conf.bak", "token three, mine");
	assert_told("'/conf.bak' is left");
	str_done(&said);
}

static void test_unedited_leaves_nothing(void **unused)
{
	assert_int_equal(prepare("one", false), 0);
	assert_int_equal(prepare("two", false), 0);
	assert_int_equal(prepare("two", false), 0);
	assert_int_equal(clean(), 0);
	assert_string_equal(str_text(&said), "");
	assert_false(there("/conf"));
	assert_false(there("/conf.bak"));
	assert_false(there("/conf.lazyjack-old"));
}

/* Only the mode, or to just what is to be written: no work of anybody. */
static void test_what_is_no_edit(void **unused)
{
	_cleanup_free_ char *path = node_path(node, "/conf");

	assert_int_equal(prepare("one", false), 0);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(prepare("two", false), 0);
	put("/conf", "three");
	assert_int_equal(prepare("three", false), 0);
	assert_string_equal(str_text(&said), "");
	assert_false(there("/conf.bak"));
	assert_private("/conf");
	assert_int_equal(clean(), 0);
	assert_false(there("/conf"));
}

/* `clean` leaves an edited one; the next `prepare` keeps it, and the next `clean` has it back. */
static void test_left_and_found_again(void **unused)
{
	_cleanup_free_ char *path = node_path(node, "/conf");

	assert_int_equal(prepare("one", false), 0);
	put("/conf", "mine");
	assert_int_equal(clean(), 1);
	assert_content("/conf", "mine");
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(prepare("one", false), 0);
	assert_told("'/conf.bak'");
	assert_content("/conf.bak", "mine");
	assert_private("/conf.bak");
	assert_int_equal(clean(), 0);
	assert_string_equal(str_text(&said), "");
	assert_content("/conf", "mine");
	assert_int_equal(look_at("/conf").st_mode & 07777, 0640);
	assert_false(there("/conf.bak"));
	/* Once more, with a newer edit in between. */
	assert_int_equal(prepare("one", false), 0);
	put("/conf", "mine, newer");
	assert_int_equal(prepare("two", false), 0);
	assert_int_equal(clean(), 0);
	assert_false(there("/conf"));
	assert_content("/conf.bak", "mine, newer");
	assert_int_equal(prepare("one", false), 0);
	assert_int_equal(clean(), 0);
	str_done(&said);
}

static void test_another_mode_comes_back(void **unused)
{
	_cleanup_free_ char *path = node_path(node, "/conf");

	put("/conf", "one");
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(prepare("one", false), 0);
	assert_private("/conf");
	assert_false(there("/conf.bak"));
	assert_int_equal(clean(), 0);
	assert_content("/conf", "one");
	assert_int_equal(look_at("/conf").st_mode & 07777, 0644);
}

static void test_a_failing_run_gives_the_edit_back(void **unused)
{
	assert_int_equal(prepare("one", false), 0);
	put("/conf", "mine");
	assert_true(prepare("two", true) < 0);
	assert_content("/conf", "mine");
	assert_true(prepare("one", true) < 0);
	assert_content("/conf", "mine");
	assert_int_equal(clean(), 1);
	assert_content("/conf", "mine");
	assert_true(prepare("two", true) < 0);
	assert_content("/conf", "mine");
	assert_false(there("/conf.bak"));
	str_done(&said);
}

static void test_a_bak_in_the_way(void **unused)
{
	_cleanup_free_ char *bak = node_path(node, "/conf.bak");

	assert_int_equal(prepare("one", false), 0);
	put("/conf", "mine");
	assert_int_equal(symlink("/elsewhere", bak), 0);
	assert_int_equal(prepare("two", false), -ELOOP);
	assert_content("/conf", "mine");
	remove_file("/conf.bak");
	assert_int_equal(prepare("two", false), 0);
	assert_content("/conf.bak", "mine");
	clean();
	str_done(&said);
}

/* The digests alone. */
static void test_no_secret_in_the_journal(void **unused)
{
	_cleanup_free_ char *path = node_path(node, "/state/journal"), *text = NULL;

	put("/conf", "sesame");
	assert_int_equal(prepare("hunter2", false), 0);
	put("/conf", "swordfish");
	assert_int_equal(prepare("hunter3", false), 0);
	text = fixture_read(path);
	assert_null(strstr(text, "sesame"));
	assert_null(strstr(text, "hunter"));
	assert_null(strstr(text, "swordfish"));
	assert_null(strstr(said.s, "swordfish"));
	clean();
	str_done(&said);
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
		STEP_TEST(test_an_edit_is_kept),
		STEP_TEST(test_unedited_leaves_nothing),
		STEP_TEST(test_what_is_no_edit),
		STEP_TEST(test_left_and_found_again),
		STEP_TEST(test_another_mode_comes_back),
		STEP_TEST(test_a_failing_run_gives_the_edit_back),
		STEP_TEST(test_a_bak_in_the_way),
		STEP_TEST(test_no_secret_in_the_journal),
	};

	return RUN_TESTS(tests);
}
