/* SPDX-License-Identifier: Apache-2.0 */
/*
 * With a real kubectl, from LAZYJACK_KUBE_DIR/bin or where programs are; skipped without one. The user is 1000, in a
 * home directory below the temporary root.
 */
#include <sched.h>

#include "base/run.h"
#include "engine/engine.h"
#include "step-fixture.h"

#define HOME "/home/u"
#define CONFIG HOME "/.kube/config"
#define OLD CONFIG ".lazyjack-old"
#define NOTE CONFIG ".lazyjack-note"
#define ADMIN "/etc/kubernetes/admin.conf"

enum { USER = 1000, GROUP = 1001 };

/* Base64 of what must not appear anywhere. */
#define KEY "c2VjcmV0LWtleQ=="

static const char others[] =
	"# my clusters\n"
	"apiVersion: v1\n"
	"kind: Config\n"
	"clusters:\n"
	"- {name: far, cluster: {server: 'https://far.test', certificate-authority: ../pki/far.crt}}\n"
	"contexts:\n"
	"- {name: far, context: {cluster: far, user: me.name}}\n"
	"- {name: near, context: {cluster: far, user: me.name, namespace: near}}\n"
	"current-context: far\n"
	"users:\n"
	"- {name: me.name, user: {client-key: ../../../../pki/me.key}}\n";

static char *kubectl; /* NULL: none */
static struct str said;

static void take(struct event_sink *sink, const struct event *event)
{
	if (event->state == EVENT_NOTE)
		str_addf(&said, "%s\n", event->detail);
}
static struct event_sink sink = {.take = take};

static char *find_kubectl(void)
{
	const char *directory = getenv("LAZYJACK_KUBE_DIR");
	char *path = directory ? mem_printf("%s/bin/kubectl", directory) : NULL;

	if (path && access(path, X_OK) == 0)
		return path;
	free(path);
	return run_find("kubectl");
}

static void own(const char *path)
{
	_cleanup_free_ char *real = node_path(node, path);

	assert_int_equal(lchown(real, USER, GROUP), 0);
}

static void put_admin(const char *key)
{
	_cleanup_free_ char *text = mem_printf("apiVersion: v1\n"
					       "kind: Config\n"
					       "clusters:\n"
					       "- name: kubernetes\n"
					       "  cluster: {server: 'https://[fd00:20::2]:6443'}\n"
					       "contexts:\n"
					       "- name: admin@kubernetes\n"
					       "  context: {cluster: kubernetes, user: kubernetes.admin}\n"
					       "current-context: admin@kubernetes\n"
					       "users:\n"
					       "- name: kubernetes.admin\n"
					       "  user: {client-key-data: %s}\n",
		key);

	put(ADMIN, text);
}

static int set_up(void **unused)
{
	_cleanup_free_ char *program = NULL;

	step_set_up(unused);
	assert_int_equal(chmod(root, 0755), 0);
	make_directory("/run");
	make_directory("/usr/bin");
	make_directory("/etc/kubernetes");
	make_directory(HOME);
	own(HOME);
	put_admin(KEY);
	program = node_path(node, "/usr/bin/kubectl");
	if (kubectl)
		assert_int_equal(symlink(kubectl, program), 0);
	node_listen(node, &sink, "up");
	return 0;
}

static int tear_down(void **unused)
{
	str_done(&said);
	return step_tear_down(unused);
}

static void put_config(const char *text)
{
	make_directory(HOME "/.kube");
	own(HOME "/.kube");
	put(CONFIG, text);
	own(CONFIG);
}

static struct step step(void)
{
	return step_kubeconfig(CONFIG, ADMIN, USER, GROUP);
}

/* What `kubectl config …` says about the user's file; the caller frees it. */
static char *ask(const char *const *words)
{
	_cleanup_free_ char *path = node_path(node, CONFIG), *variable = mem_printf("KUBECONFIG=%s", path);
	const char *environment[] = {variable, NULL}, *argv[8] = {kubectl, "config"};
	struct run_options options = {.argv = argv, .environment = environment};
	struct str out = STR_INIT;
	size_t i;

	for (i = 0; words[i]; i++)
		argv[i + 2] = words[i];
	assert_int_equal(run_checked(&options, &out, NULL), 0);
	own(CONFIG);
	return str_take(&out);
}
#define ASK(...) ask((const char *const[]){__VA_ARGS__, NULL})
#define TELL(...) free(ASK(__VA_ARGS__))

static void assert_context(const char *name)
{
	_cleanup_free_ char *found = ASK("current-context"), *wanted = mem_printf("%s\n", name);

	assert_string_equal(found, wanted);
}

static bool has(const char *word)
{
	_cleanup_free_ char *text = ASK("view", "--raw");

	return strstr(text, word) != NULL;
}

static void assert_told(const char *word)
{
	if (strstr(str_text(&said), word) == NULL)
		fail_msg("'%s' is not in: %s", word, str_text(&said));
}

static void assert_users(const char *path, mode_t mode)
{
	struct stat st = look_at(path);

	assert_int_equal(st.st_uid, USER);
	assert_int_equal(st.st_gid, GROUP);
	assert_int_equal(st.st_mode & 07777, mode);
}

static void assert_nothing_beside(void)
{
	assert_false(there(OLD));
	assert_false(there(NOTE));
	assert_false(there(HOME "/.kube/.config.lazyjack-new"));
	assert_false(there(HOME "/.kube/config.lock"));
	assert_false(there("/run/lazyjack-kubeconfig"));
}

static void assert_not_applied(const struct step *wish, int code, const char *word)
{
	_cleanup_err_ struct err err = ERR_INIT;

	assert_int_equal(wish->ops->apply(wish, node, &err), -code);
	if (strstr(err.msg, word) == NULL)
		fail_msg("'%s' is not in: %s", word, err.msg);
}

static void test_first_one(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = undo_of(&wish);
	mode_t mask = umask(022);

	assert_int_equal(state_of(&wish, false), STEP_MISSING);
	apply_step(&wish);
	umask(mask);
	assert_users(HOME "/.kube", 0750);
	assert_users(CONFIG, 0600);
	assert_users(NOTE, 0600);
	assert_context("admin@kubernetes");
	assert_true(has(KEY));
	assert_int_equal(state_of(&wish, true), STEP_IN_PLACE);
	remove_file(ADMIN);
	assert_int_equal(state_of(&wish, true), STEP_IN_PLACE);
	revert_step(&wish, undo);
	revert_step(&wish, undo);
	assert_false(there(HOME "/.kube"));
	assert_string_equal(str_text(&said), "");
	assert_int_equal(geteuid(), 0);
	assert_int_equal(getegid(), 0);
}

/* The user's own file: inode, mode, and each octet. */
static void test_there_and_back(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_free_ char *path = node_path(node, CONFIG), *text = NULL, *words = NULL;
	_cleanup_json_ json_t *undo = NULL;
	_cleanup_str_ struct str described = STR_INIT;
	struct stat before;

	put_config(others);
	assert_int_equal(chmod(path, 0640), 0);
	before = look_at(CONFIG);
	undo = undo_of(&wish);
	apply_step(&wish);
	apply_step(&wish);
	assert_users(CONFIG, 0600);
	assert_content(OLD, others);
	assert_context("admin@kubernetes");
	assert_true(has("certificate-authority: ../pki/far.crt"));
	assert_true(has("client-key: ../../../../pki/me.key"));
	assert_int_equal(state_of(&wish, true), STEP_IN_PLACE);

	text = json_line(undo);
	words = json_line(wish.want);
	wish.ops->describe(wish.want, &described);
	assert_null(strstr(text, KEY));
	assert_null(strstr(words, KEY));
	assert_null(strstr(described.s, KEY));

	revert_step(&wish, undo);
	revert_step(&wish, undo);
	assert_content(CONFIG, others);
	assert_users(CONFIG, 0640);
	assert_int_equal(look_at(CONFIG).st_ino, before.st_ino);
	assert_nothing_beside();
	assert_string_equal(str_text(&said), "");
}

static void test_empty_file(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = NULL;

	put_config("");
	undo = undo_of(&wish);
	apply_step(&wish);
	assert_context("admin@kubernetes");
	revert_step(&wish, undo);
	assert_content(CONFIG, "");
	assert_nothing_beside();
}

static void check_clash(const char *text, const char *word)
{
	_cleanup_step_ struct step wish = step();

	put_config(text);
	assert_refused(&wish, EEXIST, word);
	assert_not_applied(&wish, EEXIST, word);
	assert_content(CONFIG, text);
	assert_nothing_beside();
}

static void test_names_that_are_taken(void **unused)
{
	_cleanup_step_ struct step wish = step();

	check_clash("clusters: [{name: kubernetes, cluster: {server: 'https://other'}}]", "cluster 'kubernetes'");
	check_clash("users: [{name: kubernetes.admin, user: {token: x}}]", "user 'kubernetes.admin'");
	check_clash("contexts: [{name: admin@kubernetes, context: {cluster: far}}]", "context 'admin@kubernetes'");
	check_clash("contexts: [{name: admin@kubernetes, context: {cluster: far}}]", "delete-context admin@kubernetes");
	/* Renamed, as the message says. */
	TELL("rename-context", "admin@kubernetes", "mine");
	assert_int_equal(state_of(&wish, false), STEP_MISSING);
	apply_step(&wish);
	assert_true(has("name: mine"));
	assert_true(has("name: admin@kubernetes"));
}

/* As kubeadm tells people to do it. */
static void test_copied_by_hand(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_free_ char *admin = node_path(node, ADMIN), *text = fixture_read(admin);

	put_config(text);
	assert_int_equal(state_of(&wish, false), STEP_IN_PLACE);
	TELL("unset", "current-context");
	assert_int_equal(state_of(&wish, false), STEP_MISSING);
	apply_step(&wish);
	assert_context("admin@kubernetes");
}

/* Apply over `others`, so that the caller can change things. */
static json_t *apply_to_others(const struct step *wish)
{
	json_t *undo;

	put_config(others);
	undo = undo_of(wish);
	apply_step(wish);
	return undo;
}

static void test_choices_are_no_drift(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = apply_to_others(&wish);

	TELL("set-context", "--current", "--namespace=mine");
	TELL("use-context", "near");
	assert_int_equal(state_of(&wish, true), STEP_IN_PLACE);
	revert_step(&wish, undo);
	assert_context("near");
	assert_false(has("kubernetes"));
	assert_false(has(KEY));
	assert_true(has("../pki/far.crt"));
	assert_users(CONFIG, 0600);
	assert_nothing_beside();
	assert_told("only what lazyjack added");
	revert_step(&wish, undo);
	assert_context("near");
}

static void test_what_was_added_since_stays(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = apply_to_others(&wish);

	TELL("set-cluster", "newer", "--server=https://newer.test");
	TELL("set-credentials", "newer", "--token=sesame");
	assert_int_equal(state_of(&wish, true), STEP_IN_PLACE);
	revert_step(&wish, undo);
	assert_false(has("kubernetes"));
	assert_true(has("https://newer.test"));
	assert_true(has("sesame"));
	assert_true(has("name: me.name"));
	assert_true(has("client-key: ../../../../pki/me.key"));
	assert_context("far"); /* ours was current: the one before is again */
	assert_null(strstr(said.s, "sesame"));
	assert_nothing_beside();
}

static void test_context_before_is_gone(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = apply_to_others(&wish);

	TELL("delete-context", "far");
	revert_step(&wish, undo);
	assert_true(has("current-context: \"\""));
	assert_true(has("name: near"));
	assert_nothing_beside();
}

static void test_changed_entry_is_left(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = apply_to_others(&wish);
	_cleanup_str_ struct str detail = STR_INIT;

	TELL("set-cluster", "kubernetes", "--server=https://tunnel.test");
	assert_int_equal(wish.ops->inspect(&wish, node, true, NULL, &detail, NULL), STEP_DRIFTED);
	assert_string_equal(str_text(&detail), "cluster 'kubernetes' differs");
	assert_not_applied(&wish, EEXIST, "cluster 'kubernetes'");
	assert_true(has("https://tunnel.test"));
	revert_step(&wish, undo);
	assert_true(has("https://tunnel.test"));
	assert_false(has(KEY));
	assert_false(has("admin@kubernetes"));
	assert_told("cluster 'kubernetes'");
	assert_nothing_beside();
}

/* Nothing was there, and nothing of anybody is left. */
static void test_nothing_is_left(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = undo_of(&wish);

	apply_step(&wish);
	TELL("set-context", "--current", "--namespace=mine");
	revert_step(&wish, undo);
	assert_false(there(HOME "/.kube"));
}

static void test_directory_in_use_stays(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = undo_of(&wish);

	apply_step(&wish);
	make_directory(HOME "/.kube/cache");
	revert_step(&wish, undo);
	assert_true(there(HOME "/.kube/cache"));
	assert_false(there(CONFIG));
	assert_nothing_beside();
}

/* A cluster made anew has other keys. */
static void test_renewed(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = apply_to_others(&wish);

	put_admin("YW5vdGhlci1rZXk=");
	assert_int_equal(state_of(&wish, true), STEP_DRIFTED);
	apply_step(&wish);
	assert_int_equal(state_of(&wish, true), STEP_IN_PLACE);
	assert_false(has(KEY));
	assert_true(has("YW5vdGhlci1rZXk="));
	assert_content(OLD, others);
	revert_step(&wish, undo);
	assert_content(CONFIG, others);
	assert_nothing_beside();
}

/* Killed behind the note and in front of the file, the first time and when renewed. */
static void test_killed_between(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = NULL;
	_cleanup_free_ char *path = node_path(node, CONFIG), *first = NULL;

	undo = apply_to_others(&wish);
	first = fixture_read(path);
	put(CONFIG, others);
	assert_int_equal(state_of(&wish, true), STEP_DRIFTED);
	revert_step(&wish, undo);
	assert_content(CONFIG, others);
	assert_nothing_beside();

	apply_step(&wish);
	put_admin("YW5vdGhlci1rZXk=");
	apply_step(&wish);
	put(CONFIG, first);
	apply_step(&wish);
	assert_false(has(KEY));
	put(CONFIG, first);
	revert_step(&wish, undo);
	assert_false(has(KEY));
	assert_true(has("name: far"));
	assert_nothing_beside();
}

static void test_removed_or_broken_by_its_user(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = apply_to_others(&wish);
	_cleanup_free_ char *old = node_path(node, OLD);

	remove_file(CONFIG);
	assert_int_equal(state_of(&wish, true), STEP_DRIFTED);
	revert_step(&wish, undo);
	assert_false(there(CONFIG));
	assert_false(there(NOTE));
	assert_content(OLD, others);
	assert_told("config.lazyjack-old'");
	assert_refused(&wish, EEXIST, "move it away");
	assert_int_equal(unlink(old), 0);

	json_decref(undo);
	undo = apply_to_others(&wish);
	put(CONFIG, "token: hunter2: [");
	assert_int_equal(state_of(&wish, true), STEP_DRIFTED);
	revert_step(&wish, undo);
	assert_content(CONFIG, "token: hunter2: [");
	assert_content(OLD, others);
	assert_null(strstr(said.s, "hunter2"));
}

static void test_unreadable_is_refused_without_quoting(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_err_ struct err err = ERR_INIT;

	put_config("token: hunter2: [");
	assert_int_equal(wish.ops->inspect(&wish, node, false, NULL, NULL, &err), -EINVAL);
	assert_non_null(strstr(err.msg, CONFIG));
	assert_null(strstr(err.msg, "hunter2"));
	assert_content(CONFIG, "token: hunter2: [");
}

static void test_links_and_owners(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_free_ char *path = node_path(node, CONFIG), *directory = node_path(node, HOME "/.kube"),
			    *note = node_path(node, NOTE), *secret = node_path(node, "/secret");

	/* A link of the user's to root's file is neither read nor written, however it is made. */
	put("/secret", others);
	put_config("");
	remove_file(CONFIG);
	assert_int_equal(symlink(secret, path), 0);
	assert_refused(&wish, ELOOP, "symbolic link");
	assert_not_applied(&wish, ELOOP, "symbolic link");
	remove_file(CONFIG);
	assert_int_equal(link(secret, path), 0);
	assert_refused(&wish, EPERM, "user 0");
	assert_int_equal(chmod(secret, 0600), 0);
	assert_refused(&wish, EACCES, "cannot open");
	remove_file(CONFIG);
	assert_int_equal(symlink(secret, note), 0);
	assert_not_applied(&wish, ELOOP, "symbolic link");
	remove_file(NOTE);
	assert_content("/secret", others);
	/* sudo kubectl leaves such a directory. */
	assert_int_equal(chown(directory, 0, 0), 0);
	assert_refused(&wish, EPERM, "user 0");
	assert_int_equal(rmdir(directory), 0);
	assert_int_equal(symlink("/etc", directory), 0);
	assert_refused(&wish, EPERM, "user 0");
	assert_int_equal(geteuid(), 0);
}

/* Keys of somebody else are not given away by a link. */
static void test_source_has_to_be_roots(void **unused)
{
	_cleanup_step_ struct step wish = step();

	own(ADMIN);
	assert_refused(&wish, EPERM, "root's");
	remove_file(ADMIN);
	assert_int_equal(state_of(&wish, false), STEP_MISSING);
	assert_not_applied(&wish, ENOENT, ADMIN);
	assert_false(there(HOME "/.kube"));
}

static void test_for_root(void **unused)
{
	_cleanup_step_ struct step wish = step_kubeconfig("/root/.kube/config", ADMIN, 0, 0);
	_cleanup_json_ json_t *undo = NULL;

	make_directory("/root");
	undo = undo_of(&wish);
	apply_step(&wish);
	assert_int_equal(state_of(&wish, true), STEP_IN_PLACE);
	assert_int_equal(look_at("/root/.kube/config").st_mode & 07777, 0600);
	revert_step(&wish, undo);
	assert_false(there("/root/.kube"));
}

/* A name that looks like an option. */
static void test_names_are_no_options(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = NULL;
	_cleanup_free_ char *admin = node_path(node, ADMIN), *text = mem_printf("--kubeconfig=%s", admin), *odd = NULL,
			    *kept = NULL;

	odd = mem_printf("clusters: [{name: '%s', cluster: {server: x}}]\n"
			 "contexts: [{name: '%s', context: {cluster: '%s', user: '%s'}}]\n"
			 "users: [{name: '%s', user: {token: x}}]\n"
			 "current-context: '%s'\n",
		text, text, text, text, text, text);
	put("/other.conf", odd);
	step_done(&wish);
	wish = step_kubeconfig(CONFIG, "/other.conf", USER, GROUP);
	put_config(others);
	undo = undo_of(&wish);
	apply_step(&wish);
	TELL("set-cluster", "newer", "--server=https://newer.test");
	revert_step(&wish, undo);
	assert_false(has("--kubeconfig"));
	assert_true(has("https://newer.test"));
	kept = fixture_read(admin);
	assert_non_null(strstr(kept, "name: kubernetes.admin"));
}

/* What was written needs no kubectl to be taken back: here it fails. */
static void test_without_kubectl(void **unused)
{
	_cleanup_step_ struct step wish = step();
	_cleanup_json_ json_t *undo = apply_to_others(&wish);
	_cleanup_free_ char *program = node_path(node, "/usr/bin/kubectl");

	remove_file("/usr/bin/kubectl");
	assert_int_equal(symlink("/bin/false", program), 0);
	assert_int_equal(state_of(&wish, true), STEP_IN_PLACE);
	revert_step(&wish, undo);
	assert_content(CONFIG, others);
	assert_refused(&wish, EINVAL, "'kubectl config view' failed");
	assert_not_applied(&wish, EINVAL, "'kubectl config view' failed");
}

static void test_with_the_engine(void **unused)
{
	_cleanup_free_ char *state = mem_printf("%s/state", root), *journal = mem_printf("%s/journal", state),
			    *text = NULL;
	struct engine_settings with = {.node = node, .state_directory = state, .kinds = step_kinds};
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	struct engine_result result;

	put_config(others);
	plan_add(&plan, step());
	assert_int_equal(engine_apply(&with, "up", &plan, &result, NULL), 0);
	assert_int_equal(engine_apply(&with, "up", &plan, &result, NULL), 0);
	assert_int_equal(result.changed, 0);
	text = fixture_read(journal);
	assert_null(strstr(text, KEY));
	TELL("set-cluster", "newer", "--server=https://newer.test");
	TELL("delete-context", "admin@kubernetes");
	assert_int_equal(engine_undo(&with, "down", NULL, &result, NULL), 0);
	assert_int_equal(result.reverted, 1);
	assert_true(has("https://newer.test"));
	assert_false(has(KEY));
	assert_nothing_beside();
	assert_false(there("/state"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		TEST(test_first_one),
		TEST(test_there_and_back),
		TEST(test_empty_file),
		TEST(test_names_that_are_taken),
		TEST(test_copied_by_hand),
		TEST(test_choices_are_no_drift),
		TEST(test_what_was_added_since_stays),
		TEST(test_context_before_is_gone),
		TEST(test_changed_entry_is_left),
		TEST(test_nothing_is_left),
		TEST(test_directory_in_use_stays),
		TEST(test_renewed),
		TEST(test_killed_between),
		TEST(test_removed_or_broken_by_its_user),
		TEST(test_unreadable_is_refused_without_quoting),
		TEST(test_links_and_owners),
		TEST(test_source_has_to_be_roots),
		TEST(test_for_root),
		TEST(test_names_are_no_options),
		TEST(test_without_kubectl),
		TEST(test_with_the_engine),
	};
	int r;

	kubectl = find_kubectl();
	if (kubectl == NULL) {
		puts("1..0 # SKIP there is no kubectl: set LAZYJACK_KUBE_DIR to a directory with bin/kubectl");
		return 0;
	}
	/* Front ends of kubectl ask the cluster for its version: here nothing can be reached, which they learn at once.
	 */
	if (unshare(CLONE_NEWNET) < 0) {
		perror("unshare");
		return 1;
	}
	r = RUN_TESTS(tests);
	free(kubectl);
	return r;
}
