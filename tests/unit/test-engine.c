/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine with a kind of step made for it: "cell", a file of a temporary directory that holds a word. It can be told
 * to fail, which real kinds don't do on demand.
 */
#include "engine/engine.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/json.h"
#include "engine/journal.h"
#include "engine/lock.h"
#include "fixture.h"

static char *world; /* where the cells are */
static char *state;
static const char *failing;  /* the cell whose apply fails */
static const char *dying_at; /* the cell whose apply kills the process half-way */
static struct str told;	     /* events as "state label;" */

static char *cell_path(const json_t *want)
{
	return mem_printf("%s/%s", world, json_text(want, "name"));
}

static void cell_what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "name"));
}

static void cell_describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "set %s %s", json_text(want, "name"), json_text(want, "value"));
}

static char *cell_value(const json_t *want)
{
	_cleanup_free_ char *path = cell_path(want);
	char *text = NULL;
	size_t len;

	return file_read(path, 100, &text, &len, NULL, NULL) < 0 ? NULL : text;
}

static int cell_inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo,
	struct str *ret_detail, struct err *err)
{
	_cleanup_free_ char *value = cell_value(step->want);

	if (ret_undo)
		*ret_undo = value ? json_string(value) : json_null();
	if (value == NULL)
		return STEP_MISSING;
	if (str_eq(value, json_text(step->want, "value")))
		return STEP_IN_PLACE;
	if (ret_detail)
		str_addf(ret_detail, "it is %s", value);
	return STEP_DRIFTED;
}

static int cell_apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = cell_path(step->want);

	if (failing && str_eq(failing, json_text(step->want, "name")))
		return err_set(err, EIO, "told to fail");
	if (dying_at && str_eq(dying_at, json_text(step->want, "name"))) {
		fixture_write(path, "half");
		raise(SIGKILL);
	}
	fixture_write(path, json_text(step->want, "value"));
	return 0;
}

static int cell_revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *path = cell_path(step->want);

	if (json_is_null(undo))
		unlink(path);
	else
		fixture_write(path, json_string_value(undo));
	return 0;
}

static const struct step_ops cell_ops = {
	.kind = "cell",
	.forgotten_at_boot = true,
	.may_be_shared = true,
	.what = cell_what,
	.describe = cell_describe,
	.inspect = cell_inspect,
	.apply = cell_apply,
	.revert = cell_revert,
};

/* Like a route: many at once, of which one may fail. */
static const char *stuck;

static int route_revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	if (str_eq(stuck, json_text(step->want, "name")))
		return err_set(err, EIO, "told to fail");
	return cell_revert(step, node, undo, err);
}

static int route_revert_many(const struct step *const *steps, const json_t *const *undos, size_t n, struct node *node,
	size_t *ret_done, struct err *err)
{
	int r = 0;

	for (*ret_done = 0; r == 0 && *ret_done < n; *ret_done += r == 0)
		r = route_revert(steps[*ret_done], node, undos[*ret_done], err);
	return r;
}

static int route_apply_many(
	const struct step *const *steps, size_t n, struct node *node, size_t *ret_done, struct err *err)
{
	int r = 0;

	for (*ret_done = 0; r == 0 && *ret_done < n; *ret_done += r == 0)
		r = cell_apply(steps[*ret_done], node, err);
	return r;
}

static const struct step_ops route_like_ops = {
	.kind = "route-like",
	.forgotten_at_boot = true,
	.may_be_shared = true,
	.what = cell_what,
	.describe = cell_describe,
	.inspect = cell_inspect,
	.apply = cell_apply,
	.apply_many = route_apply_many,
	.revert = route_revert,
	.revert_many = route_revert_many,
};

/* Like /etc/hosts: revert takes only our own part out. */
static const struct step_ops part_ops = {
	.kind = "part",
	.reverts_drifted = true,
	.may_be_shared = true,
	.what = cell_what,
	.describe = cell_describe,
	.inspect = cell_inspect,
	.apply = cell_apply,
	.revert = cell_revert,
};

/* Like a sysctl: there is always some value. */
static int value_inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo,
	struct str *ret_detail, struct err *err)
{
	int r = cell_inspect(step, node, ours, ret_undo, ret_detail, err);

	return r == STEP_DRIFTED ? STEP_MISSING : r;
}

static const struct step_ops value_ops = {
	.kind = "value",
	.may_be_shared = true,
	.what = cell_what,
	.describe = cell_describe,
	.inspect = value_inspect,
	.apply = cell_apply,
	.revert = cell_revert,
};

/* Like a configuration file: what people write into it is kept as NAME.bak. */
static const char *unkeepable;

static int copy_cell(const struct step *step, const char *from, const char *to)
{
	_cleanup_free_ char *path = cell_path(step->want), *source = mem_printf("%s%s", path, from),
			    *target = mem_printf("%s%s", path, to), *text = fixture_read(source);

	fixture_write(target, text);
	return 1;
}

static int file_keep(const struct step *step, const struct step *recorded, struct node *node, struct err *err)
{
	str_addf(&told, "keep %s over %s;", json_text(step->want, "name"),
		recorded ? json_text(recorded->want, "value") : "nothing");
	if (str_eq(unkeepable, json_text(step->want, "name")))
		return err_set(err, ENOSPC, "told to fail");
	return copy_cell(step, "", ".bak");
}

static int file_give_back(const struct step *step, struct node *node, struct err *err)
{
	copy_cell(step, ".bak", "");
	return 0;
}

/* As with a secret: a step that comes out of the journal has nothing to write. */
static int file_apply(const struct step *step, struct node *node, struct err *err)
{
	if (step->secret == NULL)
		return err_set(err, ENOKEY, "its content is in no journal");
	return cell_apply(step, node, err);
}

static json_t *file_undo(const json_t *recorded, const json_t *present)
{
	return json_incref((json_t *)present);
}

static const struct step_edits conffile_edits = {.keep = file_keep, .give_back = file_give_back};
static const struct step_edits edited_edits = {.keep = file_keep, .give_back = file_give_back, .undo = file_undo};

static const struct step_ops conffile_ops = {
	.kind = "conffile",
	.may_be_shared = true,
	.edits = &conffile_edits,
	.what = cell_what,
	.describe = cell_describe,
	.inspect = cell_inspect,
	.apply = file_apply,
	.revert = cell_revert,
};

static const struct step_ops edited_ops = {
	.kind = "edited",
	.may_be_shared = true,
	.edits = &edited_edits,
	.what = cell_what,
	.describe = cell_describe,
	.inspect = cell_inspect,
	.apply = file_apply,
	.revert = cell_revert,
};

/* Like a membership: what matters only while it is brought about stands in the wish, too. */
static bool patient_as_good(const json_t *recorded, const json_t *wanted)
{
	return str_eq(json_text(recorded, "value"), json_text(wanted, "value"));
}

static const struct step_ops patient_ops = {
	.kind = "patient",
	.as_good = patient_as_good,
	.what = cell_what,
	.describe = cell_describe,
	.inspect = cell_inspect,
	.apply = cell_apply,
	.revert = cell_revert,
};

/* Like an image: a cell that has its name as value holds it. */
static char *holder_of(const json_t *want)
{
	_cleanup_json_ json_t *cell = json_make("{s:s}", "name", "holder");

	return cell_value(cell);
}

static int held_revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *held = holder_of(step->want);

	if (str_eq(held, json_text(step->want, "name")))
		return err_set(err, EBUSY, "it is in use");
	return cell_revert(step, node, undo, err);
}

static const struct step_ops held_ops = {
	.kind = "held",
	.may_be_shared = true,
	.undone_last = true,
	.what = cell_what,
	.describe = cell_describe,
	.inspect = cell_inspect,
	.apply = cell_apply,
	.revert = held_revert,
};

/* Like a network or a link: what is in it, the cell "inside", goes whenever it is made, and cannot be without it. */
static void empty(void)
{
	_cleanup_free_ char *path = mem_printf("%s/inside", world);

	unlink(path);
}

static int outer_apply(const struct step *step, struct node *node, struct err *err)
{
	empty();
	return cell_apply(step, node, err);
}

static int outer_revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	empty();
	return cell_revert(step, node, undo, err);
}

static int inner_apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_json_ json_t *outer = json_make("{s:s}", "name", "outer");
	_cleanup_free_ char *value = cell_value(outer);

	if (value == NULL)
		return err_set(err, ENODEV, "there is no outer one");
	return cell_apply(step, node, err);
}

static const struct step_ops outer_ops = {
	.kind = "outer",
	.forgotten_at_boot = true,
	.what = cell_what,
	.describe = cell_describe,
	.inspect = cell_inspect,
	.apply = outer_apply,
	.revert = outer_revert,
};

static const struct step_ops inner_ops = {
	.kind = "inner",
	.forgotten_at_boot = true,
	.what = cell_what,
	.describe = cell_describe,
	.inspect = cell_inspect,
	.apply = inner_apply,
	.revert = cell_revert,
};

static const struct step_ops *const kinds[] = {&cell_ops, &route_like_ops, &part_ops, &value_ops, &conffile_ops,
	&edited_ops, &held_ops, &outer_ops, &inner_ops, &patient_ops, NULL};

static void take(struct event_sink *sink, const struct event *event)
{
	if (event->state != EVENT_BEGIN)
		str_addf(&told, "%s %s;", event_state_name(event->state), event->step ? event->step : "-");
}
static struct event_sink sink = {.take = take};

static struct engine_settings settings(void)
{
	return (struct engine_settings){.state_directory = state, .kinds = kinds, .sink = &sink};
}

/* "a=1 b=2" to a plan. */
static struct plan plan_of_kind(const struct step_ops *ops, const char *text)
{
	struct plan plan = PLAN_INIT;
	const char *p = text;

	while (*p) {
		size_t n = strcspn(p, " ");
		_cleanup_free_ char *word = mem_strndup(p, n);
		char *equals = strchr(word, '=');

		*equals = '\0';
		plan_add(&plan, step_make(ops, json_make("{s:s,s:s}", "name", word, "value", equals + 1)));
		p += n + (p[n] == ' ');
	}
	return plan;
}

static struct plan plan_of(const char *text)
{
	return plan_of_kind(&cell_ops, text);
}

static int apply(const char *verb, const char *text, struct engine_result *ret, struct err *err)
{
	struct engine_settings with = settings();
	_cleanup_plan_ struct plan plan = plan_of(text);

	str_clear(&told);
	return engine_apply(&with, verb, &plan, ret, err);
}

static void forget(const char *name)
{
	_cleanup_free_ char *path = mem_printf("%s/%s", world, name);

	unlink(path);
}

static void assert_cell(const char *name, const char *value)
{
	_cleanup_json_ json_t *want = json_make("{s:s}", "name", name);
	_cleanup_free_ char *found = cell_value(want);

	if (value == NULL)
		assert_null(found);
	else
		assert_string_equal(found, value);
}

static void set_cell(const char *name, const char *value)
{
	_cleanup_free_ char *path = mem_printf("%s/%s", world, name);

	fixture_write(path, value);
}

static int set_up(void **unused)
{
	world = fixture_directory();
	state = mem_printf("%s-state", world);
	failing = dying_at = NULL;
	return 0;
}

static int tear_down(void **unused)
{
	fixture_remove(world);
	fixture_remove(state);
	str_done(&told);
	return 0;
}

static void test_apply_then_nothing_to_do(void **unused)
{
	struct engine_result result = {0};

	assert_int_equal(apply("prepare", "a=1 b=2", &result, NULL), 0);
	assert_int_equal(result.changed, 2);
	assert_cell("a", "1");
	assert_int_equal(apply("prepare", "a=1 b=2", &result, NULL), 0);
	assert_int_equal(result.changed, 0);
	assert_int_equal(result.unchanged, 2);
}

static void test_undo_brings_the_original_back(void **unused)
{
	struct engine_settings with = settings();
	struct engine_result result = {0};

	set_cell("a", "old");
	assert_int_equal(apply("prepare", "a=1 b=2", &result, NULL), 0);
	/* A changed wish keeps the first original. */
	assert_int_equal(apply("prepare", "a=3 b=2", &result, NULL), 0);
	assert_int_equal(result.changed, 1);
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_int_equal(result.reverted, 2);
	assert_cell("a", "old");
	assert_cell("b", NULL);
	assert_int_equal(access(state, F_OK), -1);
}

static void test_what_was_there_before_stays(void **unused)
{
	struct engine_settings with = settings();
	struct engine_result result = {0};

	set_cell("a", "1");
	assert_int_equal(apply("prepare", "a=1", &result, NULL), 0);
	assert_int_equal(result.changed, 0);
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_cell("a", "1");
}

static void test_what_others_changed_is_left_and_named(void **unused)
{
	struct engine_settings with = settings();
	struct engine_result result = {0};

	assert_int_equal(apply("prepare", "a=1 b=2", &result, NULL), 0);
	set_cell("a", "users");
	str_clear(&told);
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_int_equal(result.left, 1);
	assert_cell("a", "users");
	assert_cell("b", NULL);
	assert_non_null(strstr(told.s, "left cell a;"));
}

static void test_changed_value_is_left_and_named(void **unused)
{
	struct engine_settings with = settings();
	_cleanup_plan_ struct plan plan = plan_of_kind(&value_ops, "a=1");
	struct engine_result result = {0};

	set_cell("a", "0");
	assert_int_equal(engine_apply(&with, "prepare", &plan, &result, NULL), 0);
	set_cell("a", "users");
	str_clear(&told);
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_int_equal(result.left, 1);
	assert_cell("a", "users");
	assert_non_null(strstr(told.s, "left value a;"));
}

static void test_own_part_goes_though_it_drifted(void **unused)
{
	struct engine_settings with = settings();
	_cleanup_plan_ struct plan plan = plan_of_kind(&part_ops, "a=1");
	struct engine_result result = {0};

	assert_int_equal(engine_apply(&with, "prepare", &plan, &result, NULL), 0);
	set_cell("a", "users");
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_int_equal(result.left, 0);
	assert_int_equal(result.reverted, 1);
	assert_cell("a", NULL);
}

/* One of many that cannot be undone does not keep the others. */
static void test_undo_goes_on_in_a_batch(void **unused)
{
	struct engine_settings with = settings();
	_cleanup_plan_ struct plan plan = plan_of_kind(&route_like_ops, "a=1 b=2 c=3 d=4");
	_cleanup_err_ struct err err = ERR_INIT;
	struct engine_result result = {0};

	assert_int_equal(engine_apply(&with, "prepare", &plan, &result, NULL), 0);
	stuck = "c";
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, &err), -EIO);
	stuck = NULL;
	assert_int_equal(result.reverted, 3);
	assert_cell("a", NULL);
	assert_cell("b", NULL);
	assert_cell("c", "3");
	assert_cell("d", NULL);
	assert_non_null(strstr(err.msg, "route-like c"));
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_cell("c", NULL);
}

static void test_stale_steps_are_undone(void **unused)
{
	struct engine_result result = {0};

	assert_int_equal(apply("up", "a=1 b=2", &result, NULL), 0);
	assert_int_equal(apply("prepare", "c=1", &result, NULL), 0);
	assert_int_equal(apply("up", "a=1", &result, NULL), 0);
	assert_int_equal(result.reverted, 1);
	assert_cell("b", NULL);
	assert_cell("c", "1"); /* another verb's */
}

static void test_failure_rolls_back(void **unused)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct engine_result result = {0};

	set_cell("a", "old");
	set_cell("f", "5"); /* as wanted already: noted, and forgotten again */
	failing = "c";
	assert_int_equal(apply("prepare", "f=5 a=1 b=2 c=3 d=4", &result, &err), -EIO);
	assert_cell("f", "5");
	assert_non_null(strstr(err.msg, "cell c"));
	assert_non_null(strstr(err.msg, "told to fail"));
	assert_cell("a", "old");
	assert_cell("b", NULL);
	assert_cell("d", NULL);
	assert_int_equal(access(state, F_OK), -1);
}

static void test_rollback_keeps_what_earlier_runs_did(void **unused)
{
	struct engine_result result = {0};

	assert_int_equal(apply("prepare", "a=1 b=2", &result, NULL), 0);
	failing = "d";
	/* This run replaces a, undoes b, adds c, then fails. */
	assert_int_equal(apply("prepare", "a=9 c=3 d=4", &result, NULL), -EIO);
	assert_cell("a", "1");
	assert_cell("b", "2");
	assert_cell("c", NULL);
	failing = NULL;
	assert_int_equal(apply("prepare", "a=1 b=2", &result, NULL), 0);
	assert_int_equal(result.changed, 0);
}

static void test_keep_leaves_what_was_done(void **unused)
{
	struct engine_settings with = settings();
	_cleanup_plan_ struct plan plan = plan_of("a=1 b=2");
	struct engine_result result = {0};

	with.keep = true;
	failing = "b";
	assert_int_equal(engine_apply(&with, "prepare", &plan, &result, NULL), -EIO);
	assert_cell("a", "1");
}

static void test_dry_run_touches_nothing(void **unused)
{
	struct engine_settings with = settings();
	_cleanup_plan_ struct plan plan = plan_of("a=1 b=2");
	struct engine_result result = {0};

	with.dry_run = true;
	str_clear(&told);
	assert_int_equal(engine_apply(&with, "prepare", &plan, &result, NULL), 0);
	assert_int_equal(result.changed, 2);
	assert_string_equal(told.s, "would-change cell a;would-change cell b;");
	assert_cell("a", NULL);
	assert_int_equal(access(state, F_OK), -1);
}

static void kill_at(const char *name, const char *text)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct engine_result result;

		dying_at = name;
		apply("prepare", text, &result, NULL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void test_killed_run_goes_on(void **unused)
{
	struct engine_result result = {0};

	kill_at("b", "a=1 b=2 c=3");
	assert_cell("b", "half");
	assert_int_equal(apply("prepare", "a=1 b=2 c=3", &result, NULL), 0);
	assert_cell("b", "2");
	assert_cell("c", "3");
}

static void test_killed_run_is_cleaned(void **unused)
{
	struct engine_settings with = settings();
	struct engine_result result = {0};

	set_cell("b", "old");
	kill_at("b", "a=1 b=2 c=3");
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_cell("a", NULL);
	assert_cell("b", "old");
	assert_int_equal(access(state, F_OK), -1);
}

static void test_torn_last_line_is_cut(void **unused)
{
	_cleanup_free_ char *path = mem_printf("%s/journal", state);
	struct engine_settings with = settings();
	struct engine_result result = {0};
	FILE *journal;

	assert_int_equal(apply("prepare", "a=1", &result, NULL), 0);
	journal = fopen(path, "ae");
	assert_non_null(journal);
	fputs("{\"seq\":2,\"verb\":\"prep", journal);
	fclose(journal);
	assert_int_equal(apply("prepare", "a=1 b=2", &result, NULL), 0);
	assert_int_equal(result.changed, 1);
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_cell("b", NULL);
}

static void test_newer_journal_is_refused(void **unused)
{
	_cleanup_free_ char *path = mem_printf("%s/journal", state);
	_cleanup_err_ struct err err = ERR_INIT;
	struct engine_result result = {0};
	_cleanup_free_ char *text = NULL;

	assert_int_equal(mkdir(state, 0700), 0);
	fixture_write(path, "{\"lazyjack-journal\":99}\n{\"something\":\"new\"}\n");
	assert_int_equal(apply("prepare", "a=1", &result, &err), -EPROTO);
	assert_non_null(strstr(err.msg, "newer lazyjack"));
	assert_cell("a", NULL);
	text = fixture_read(path);
	assert_string_equal(text, "{\"lazyjack-journal\":99}\n{\"something\":\"new\"}\n");
}

static void test_damaged_journal_names_the_line(void **unused)
{
	_cleanup_free_ char *path = mem_printf("%s/journal", state);
	_cleanup_err_ struct err err = ERR_INIT;
	struct engine_result result = {0};

	assert_int_equal(mkdir(state, 0700), 0);
	fixture_write(path, "{\"lazyjack-journal\":1}\nrubbish\n");
	assert_int_equal(apply("prepare", "a=1", &result, &err), -EPROTO);
	assert_non_null(strstr(err.msg, "line 2"));
}

static void count_states(void *user, const struct engine_status *status)
{
	str_addf(user, "%s=%s ", status->what, status->state);
}

static void test_compare(void **unused)
{
	struct engine_settings with = settings();
	_cleanup_str_ struct str states = STR_INIT;
	_cleanup_free_ char *path = mem_printf("%s/c", world);
	struct engine_result result = {0};

	set_cell("f", "1");
	assert_int_equal(apply("prepare", "a=1 b=2 c=3 f=1", &result, NULL), 0);
	set_cell("b", "users");
	unlink(path);
	assert_int_equal(engine_compare(&with, count_states, &states, NULL), 2);
	assert_string_equal(states.s, "a=in-place b=drifted c=missing f=foreign ");
}

static void test_restore(void **unused)
{
	struct engine_settings with = settings();
	struct engine_result result = {0};
	_cleanup_free_ char *path = mem_printf("%s/a", world);

	assert_int_equal(apply("prepare", "a=1 b=2", &result, NULL), 0);
	unlink(path);
	assert_int_equal(engine_restore(&with, &result, NULL), 0);
	assert_int_equal(result.changed, 1);
	assert_cell("a", "1");
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_cell("a", NULL);
}

/* One thing that cannot come back after a reboot does not keep the others away. */
static void test_restore_goes_on(void **unused)
{
	_cleanup_plan_ struct plan routes = plan_of_kind(&route_like_ops, "a=1 b=2 c=3");
	struct engine_settings with = settings();
	struct engine_result result = {0};
	_cleanup_err_ struct err err = ERR_INIT;

	plan_add(&routes, step_make(&cell_ops, json_make("{s:s,s:s}", "name", "d", "value", "4")));
	assert_int_equal(engine_apply(&with, "prepare", &routes, &result, NULL), 0);
	forget("a");
	forget("b");
	forget("c");
	forget("d");
	failing = "b";
	assert_int_equal(engine_restore(&with, &result, &err), -EIO);
	failing = NULL;
	assert_non_null(strstr(err.msg, "route-like b"));
	assert_cell("a", "1");
	assert_cell("c", "3");
	assert_cell("d", "4");
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_cell("a", NULL);
	assert_cell("d", NULL);
}

/* What was there before lazyjack comes back after a reboot, but does not become lazyjack's. */
static void test_restore_takes_nothing_over(void **unused)
{
	struct engine_settings with = settings();
	struct engine_result result = {0};

	set_cell("a", "1");
	assert_int_equal(apply("prepare", "a=1 b=2", &result, NULL), 0);
	forget("a");
	forget("b");
	assert_int_equal(engine_restore(&with, &result, NULL), 0);
	assert_cell("a", "1");
	assert_cell("b", "2");
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_cell("a", "1");
	assert_cell("b", NULL);
}

static void add_step(struct plan *plan, const struct step_ops *ops, const char *name, const char *value)
{
	plan_add(plan, step_make(ops, json_make("{s:s,s:s}", "name", name, "value", value)));
}

/* A thing by this name, and what holds it. */
static int apply_held(const char *name, const char *then, struct engine_result *ret)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct engine_settings with = settings();

	add_step(&plan, &held_ops, name, "1");
	add_step(&plan, &cell_ops, "holder", name);
	add_step(&plan, &cell_ops, then, "1");
	str_clear(&told);
	return engine_apply(&with, "prepare", &plan, ret, NULL);
}

static void test_what_is_held_is_undone_last(void **unused)
{
	struct engine_settings with = settings();
	struct engine_result result = {0};

	assert_int_equal(apply_held("i1", "z", &result), 0);
	with.dry_run = true;
	assert_int_equal(apply_held("i2", "y", &result), 0);
	assert_string_equal(
		told.s, "reverted cell z;changed held i2;changed cell holder;changed cell y;reverted held i1;");
	assert_cell("i1", NULL);
	assert_cell("i2", "1");
	/* A run that fails has not touched it. */
	failing = "z";
	assert_int_equal(apply_held("i3", "z", &result), -EIO);
	failing = NULL;
	assert_cell("holder", "i2");
	assert_cell("i2", "1");
	assert_cell("i3", NULL);
	assert_cell("y", "1");
	with.dry_run = false;
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_int_equal(access(state, F_OK), -1);
}

/* What cannot go yet does not take the new things with it. */
static void test_what_cannot_go_last_is_tried_again(void **unused)
{
	_cleanup_plan_ struct plan first = plan_of_kind(&held_ops, "i1=1"), second = plan_of_kind(&held_ops, "i2=1");
	struct engine_settings with = settings();
	struct engine_result result = {0};
	_cleanup_err_ struct err err = ERR_INIT;

	set_cell("holder", "i1");
	assert_int_equal(engine_apply(&with, "prepare", &first, &result, NULL), 0);
	assert_int_equal(engine_apply(&with, "prepare", &second, &result, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "held i1"));
	assert_cell("i2", "1");
	forget("holder");
	assert_int_equal(engine_apply(&with, "prepare", &second, &result, NULL), 0);
	assert_int_equal(result.reverted, 1);
	assert_cell("i1", NULL);
}

/* The records of packages: those behind them are done with first. */
static void test_stale_records_wait(void **unused)
{
	_cleanup_plan_ struct plan plan = plan_of("b=1");
	struct engine_settings with = settings();
	struct engine_result result = {0};

	assert_int_equal(apply("install", "a=1", &result, NULL), 0);
	assert_int_equal(apply("prepare", "c=1", &result, NULL), 0);
	with.leave_stale = true;
	assert_int_equal(engine_apply(&with, "install", &plan, &result, NULL), 0);
	assert_cell("a", "1");
	with.dry_run = true;
	assert_int_equal(engine_undo_stale(&with, "install", &plan, &result, NULL), 0);
	assert_cell("a", "1");
	with.dry_run = false;
	assert_int_equal(engine_undo_stale(&with, "install", &plan, &result, NULL), 0);
	assert_int_equal(result.reverted, 1);
	assert_cell("a", NULL);
	assert_cell("b", "1");
	assert_cell("c", "1");
}

static int apply_nested(const char *outer, const char *inner, const char *last, struct engine_result *ret)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct engine_settings with = settings();

	add_step(&plan, &outer_ops, "outer", outer);
	add_step(&plan, &cell_ops, "between", "1");
	add_step(&plan, &inner_ops, "inside", inner);
	add_step(&plan, &cell_ops, last, "1");
	str_clear(&told);
	return engine_apply(&with, "prepare", &plan, ret, NULL);
}

/* A run that is taken back brings back what went along with a thing that it replaced, whichever step it fails at, and
 * what had gone before. */
static void test_rollback_mends(void **unused)
{
	static const char *const places[] = {"outer", "between", "inside", "z"};
	struct engine_settings with = settings();
	struct engine_result result = {0};
	size_t i;

	assert_int_equal(apply_nested("1", "1", "y", &result), 0);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		forget("between");
		failing = places[i];
		assert_int_equal(apply_nested("2", i % 2 ? "1" : "2", "z", &result), -EIO);
		failing = NULL;
		assert_int_equal(apply_nested("1", "1", "y", &result), 0);
		/* What still failed then is put right now. */
		assert_int_equal(result.changed, i == 1 || i == 2);
		assert_cell("outer", "1");
		assert_cell("inside", "1");
	}
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
	assert_int_equal(access(state, F_OK), -1);
}

/* The record of a thing that was replaced stands behind those of what needs it. */
static void test_restore_in_another_order(void **unused)
{
	struct engine_settings with = settings();
	struct engine_result result = {0};

	assert_int_equal(apply_nested("1", "1", "y", &result), 0);
	assert_int_equal(apply_nested("2", "1", "y", &result), 0);
	forget("outer");
	forget("inside");
	str_clear(&told);
	assert_int_equal(engine_restore(&with, &result, NULL), 0);
	assert_int_equal(result.changed, 2);
	assert_null(strstr(told.s, "failed"));
	assert_cell("outer", "2");
	assert_cell("inside", "1");
	/* In vain: each failure is told once. */
	forget("outer");
	forget("inside");
	failing = "outer";
	str_clear(&told);
	assert_int_equal(engine_restore(&with, &result, NULL), -ENODEV);
	failing = NULL;
	assert_string_equal(told.s, "unchanged cell between;unchanged cell y;failed inner inside;failed outer outer;");
}

static void test_journal_does_not_grow_without_bound(void **unused)
{
	_cleanup_free_ char *path = mem_printf("%s/journal", state);
	struct engine_result result = {0};
	struct stat st;
	int i;

	for (i = 0; i < 400; i++)
		assert_int_equal(apply("prepare", i % 2 ? "a=1" : "a=2", &result, NULL), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 64 * 1024);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* Files of a kind that people edit, then cells. */
static int apply_files(const struct step_ops *ops, const char *files, const char *cells, struct engine_result *ret)
{
	_cleanup_plan_ struct plan plan = plan_of_kind(ops, files), more = plan_of(cells);
	struct engine_settings with = settings();
	size_t i;

	for (i = 0; i < plan.n; i++)
		plan.steps[i].secret = mem_strdup("");
	for (i = 0; i < more.n; i++)
		plan_add(&plan, step_make(more.steps[i].ops, json_incref(more.steps[i].want)));
	str_clear(&told);
	return engine_apply(&with, "init", &plan, ret, NULL);
}

static void undo_all(void)
{
	struct engine_settings with = settings();
	struct engine_result result = {0};

	str_clear(&told);
	assert_int_equal(engine_undo(&with, "clean", NULL, &result, NULL), 0);
}

static void test_undo_leads_to_the_edit(void **unused)
{
	struct engine_result result = {0};

	set_cell("a", "old");
	assert_int_equal(apply_files(&edited_ops, "a=1", "", &result), 0);
	assert_int_equal(apply_files(&edited_ops, "a=2", "", &result), 0);
	assert_null(strstr(told.s, "keep")); /* nobody edited it */
	set_cell("a", "users");
	assert_int_equal(apply_files(&edited_ops, "a=3", "", &result), 0);
	assert_string_equal(told.s, "keep a over 2;changed edited a;");
	assert_cell("a.bak", "users");
	/* A third one, without an edit in between, keeps that. */
	assert_int_equal(apply_files(&edited_ops, "a=4", "", &result), 0);
	undo_all();
	assert_cell("a", "users");

	set_cell("a", "old");
	assert_int_equal(apply_files(&edited_ops, "a=1", "", &result), 0);
	assert_int_equal(apply_files(&edited_ops, "a=2", "", &result), 0);
	undo_all();
	assert_cell("a", "old");
}

/* The same wish over an edit: the record's undo changes all the same. */
static void test_undo_leads_to_the_edit_of_the_same(void **unused)
{
	struct engine_result result = {0};

	set_cell("a", "old");
	assert_int_equal(apply_files(&edited_ops, "a=1", "", &result), 0);
	set_cell("a", "users");
	assert_int_equal(apply_files(&edited_ops, "a=1", "", &result), 0);
	assert_cell("a", "1");
	undo_all();
	assert_cell("a", "users");
}

static void test_an_edited_file_is_kept_before_it_is_replaced(void **unused)
{
	struct engine_result result = {0};

	assert_int_equal(apply_files(&conffile_ops, "a=1", "", &result), 0);
	set_cell("a", "users");
	assert_int_equal(apply_files(&conffile_ops, "a=1", "", &result), 0);
	assert_string_equal(told.s, "keep a over 1;changed conffile a;");
	assert_cell("a.bak", "users");
	assert_cell("a", "1");
	set_cell("a", "users2");
	assert_int_equal(apply_files(&conffile_ops, "a=2", "", &result), 0);
	assert_cell("a.bak", "users2");
	undo_all();
	assert_cell("a", NULL);
	assert_cell("a.bak", "users2");
}

/* Somebody's file from before lazyjack as well. */
static void test_a_file_from_before_is_kept(void **unused)
{
	struct engine_result result = {0};

	set_cell("a", "old");
	assert_int_equal(apply_files(&conffile_ops, "a=1", "", &result), 0);
	assert_string_equal(told.s, "keep a over nothing;changed conffile a;");
	assert_cell("a.bak", "old");
	undo_all();
	assert_cell("a", "old");
}

static void test_what_cannot_be_kept_is_not_touched(void **unused)
{
	struct engine_result result = {0};

	assert_int_equal(apply_files(&conffile_ops, "a=1", "", &result), 0);
	set_cell("a", "users");
	unkeepable = "a";
	assert_int_equal(apply_files(&conffile_ops, "a=2", "", &result), -ENOSPC);
	unkeepable = NULL;
	assert_cell("a", "users");
	undo_all();
	assert_string_equal(told.s, "left conffile a;");
	assert_cell("a", "users");
}

/* A run that is taken back gives the edited file back, and clean then still knows that it is not lazyjack's. */
static void check_rollback_of_edited(const struct step_ops *ops, const char *again)
{
	struct engine_result result = {0};

	set_cell("a", "old");
	assert_int_equal(apply_files(ops, "a=1", "", &result), 0);
	set_cell("a", "users");
	failing = "z";
	assert_int_equal(apply_files(ops, again, "z=1", &result), -EIO);
	failing = NULL;
	assert_cell("a", "users");
	undo_all();
	assert_non_null(strstr(told.s, "left "));
	assert_cell("a", "users");
	assert_int_equal(access(state, F_OK), -1);
}

static void test_rollback_gives_the_edit_back(void **unused)
{
	check_rollback_of_edited(&conffile_ops, "a=1");
	check_rollback_of_edited(&conffile_ops, "a=2");
	check_rollback_of_edited(&edited_ops, "a=1");
	check_rollback_of_edited(&edited_ops, "a=2");
}

/* Without an edit nothing was kept, and the old content is in no record: the new one stays, and goes on clean. */
static void test_rollback_leaves_what_cannot_come_back(void **unused)
{
	struct engine_result result = {0};

	set_cell("a", "old");
	assert_int_equal(apply_files(&edited_ops, "a=1", "", &result), 0);
	failing = "z";
	assert_int_equal(apply_files(&edited_ops, "a=2", "z=1", &result), -EIO);
	failing = NULL;
	assert_non_null(strstr(told.s, "left edited a;"));
	assert_cell("a", "2");
	assert_int_equal(apply_files(&edited_ops, "a=2", "", &result), 0);
	assert_string_equal(told.s, "unchanged edited a;");
	undo_all();
	assert_cell("a", "old");
}

/* Its own apply fails before it wrote anything: all is as before. */
static void test_rollback_of_what_was_not_written(void **unused)
{
	struct engine_result result = {0};

	set_cell("a", "old");
	assert_int_equal(apply_files(&edited_ops, "a=1", "", &result), 0);
	failing = "a";
	assert_int_equal(apply_files(&edited_ops, "a=2", "", &result), -EIO);
	failing = NULL;
	assert_cell("a", "1");
	undo_all();
	assert_cell("a", "old");
}

static void test_dry_run_keeps_nothing(void **unused)
{
	struct engine_settings with = settings();
	_cleanup_plan_ struct plan plan = plan_of_kind(&edited_ops, "a=2");
	struct engine_result result = {0};

	assert_int_equal(apply_files(&edited_ops, "a=1", "", &result), 0);
	set_cell("a", "users");
	with.dry_run = true;
	str_clear(&told);
	assert_int_equal(engine_apply(&with, "init", &plan, &result, NULL), 0);
	assert_string_equal(told.s, "would-change edited a;");
	assert_cell("a.bak", NULL);
	assert_cell("a", "users");
}

static void test_lock_names_its_holder(void **unused)
{
	_cleanup_free_ char *path = mem_printf("%s/lock", world);
	_cleanup_err_ struct err err = ERR_INIT;
	struct lock *first, *second;

	assert_int_equal(lock_take(path, "prepare", &first, NULL), 0);
	assert_int_equal(lock_take(path, "clean", &second, &err), -EBUSY);
	assert_non_null(strstr(err.msg, "'prepare'"));
	lock_release(first);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(lock_take(path, "clean", &second, NULL), 0);
	lock_release(second);
}

static void patient(const char *value, int timeout, unsigned int changed)
{
	struct engine_settings with = settings();
	struct engine_result result = {0};
	_cleanup_plan_ struct plan plan = PLAN_INIT;

	plan_add(&plan,
		step_make(&patient_ops, json_make("{s:s,s:s,s:i}", "name", "a", "value", value, "timeout", timeout)));
	assert_int_equal(engine_apply(&with, "up", &plan, &result, NULL), 0);
	assert_int_equal(result.changed, changed);
	assert_int_equal(result.unchanged, 1 - changed);
}

static void test_a_wish_as_good_changes_nothing(void **unused)
{
	patient("1", 5, 1);
	patient("1", 6, 0);
	patient("2", 6, 1);
	assert_cell("a", "2");
}

static void test_no_journal_no_change(void **unused)
{
	struct engine_result result = {0};
	_cleanup_err_ struct err err = ERR_INIT;

	/* Where the journal's directory should be stands a file: the record cannot be written, so nothing may be
	 * applied. */
	fixture_write(state, "in the way");
	assert_true(apply("prepare", "a=1", &result, &err) < 0);
	assert_cell("a", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_apply_then_nothing_to_do),
		TEST(test_undo_brings_the_original_back),
		TEST(test_what_was_there_before_stays),
		TEST(test_what_others_changed_is_left_and_named),
		TEST(test_changed_value_is_left_and_named),
		TEST(test_own_part_goes_though_it_drifted),
		TEST(test_undo_goes_on_in_a_batch),
		TEST(test_stale_steps_are_undone),
		TEST(test_failure_rolls_back),
		TEST(test_rollback_keeps_what_earlier_runs_did),
		TEST(test_keep_leaves_what_was_done),
		TEST(test_dry_run_touches_nothing),
		TEST(test_killed_run_goes_on),
		TEST(test_killed_run_is_cleaned),
		TEST(test_torn_last_line_is_cut),
		TEST(test_newer_journal_is_refused),
		TEST(test_damaged_journal_names_the_line),
		TEST(test_compare),
		TEST(test_restore),
		TEST(test_restore_goes_on),
		TEST(test_restore_takes_nothing_over),
		TEST(test_what_is_held_is_undone_last),
		TEST(test_what_cannot_go_last_is_tried_again),
		TEST(test_stale_records_wait),
		TEST(test_rollback_mends),
		TEST(test_restore_in_another_order),
		TEST(test_journal_does_not_grow_without_bound),
		TEST(test_undo_leads_to_the_edit),
		TEST(test_undo_leads_to_the_edit_of_the_same),
		TEST(test_an_edited_file_is_kept_before_it_is_replaced),
		TEST(test_a_file_from_before_is_kept),
		TEST(test_what_cannot_be_kept_is_not_touched),
		TEST(test_rollback_gives_the_edit_back),
		TEST(test_rollback_leaves_what_cannot_come_back),
		TEST(test_rollback_of_what_was_not_written),
		TEST(test_dry_run_keeps_nothing),
		TEST(test_lock_names_its_holder),
		TEST(test_a_wish_as_good_changes_nothing),
		TEST(test_no_journal_no_change),
	};

	return RUN_TESTS(tests);
}
