/* SPDX-License-Identifier: Apache-2.0 */
/* Whose cluster is on a node, told by its files alone; what kubeadm really does is tested on lab nodes. */
#include "resource/kubeadm-files.h"
#include "step-fixture.h"

#define STATE "/var/lib/lazyjack/work-area/kubeadm"

static struct step init_step(void)
{
	return step_kubeadm(&(struct step_kubeadm){
		.action = "init",
		.config = "/var/lib/lazyjack/work-area/kubeadm.conf",
		.address = "fd00:20::2",
		.certs = "/var/lib/lazyjack/work-area/certs",
		.directory = STATE,
		.timeout = 600,
	});
}

static void assert_detail(const struct step *step, int state, const char *words)
{
	_cleanup_str_ struct str detail = STR_INIT;

	assert_int_equal(step->ops->inspect(step, node, true, NULL, &detail, NULL), state);
	if (strstr(str_text(&detail), words) == NULL)
		fail_msg("'%s' is not in: %s", words, str_text(&detail));
}

static void test_words(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_str_ struct str text = STR_INIT;

	step_label(&step, &text);
	assert_string_equal(text.s, "kubeadm init");
	str_clear(&text);
	step.ops->describe(step.want, &text);
	assert_non_null(strstr(text.s, "kubeadm init --config=/var/lib/lazyjack/work-area/kubeadm.conf"));
}

static void test_others_are_refused(void **unused)
{
	static const char *const files[] = {"/etc/kubernetes/kubelet.conf", "/etc/kubernetes/admin.conf",
		"/var/lib/kubelet/config.yaml", "/etc/kubernetes/manifests/theirs.yaml", "/etc/kubernetes/pki/ca.key",
		"/etc/kubernetes/pki/etcd/ca.crt", "/var/lib/etcd/member"};
	_cleanup_step_ struct step step = init_step();
	size_t i;

	make_directory("/etc/kubernetes/pki/etcd");
	make_directory("/etc/kubernetes/manifests");
	make_directory("/var/lib/kubelet");
	make_directory("/var/lib/etcd");
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		assert_int_equal(state_of(&step, false), STEP_MISSING);
		put(files[i], "x");
		assert_refused(&step, EEXIST, files[i]);
		remove_file(files[i]);
	}
}

static void test_absent_directories_go(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_json_ json_t *undo = NULL;

	make_directory("/etc/kubernetes/manifests");
	undo = undo_of(&step);
	make_directory("/etc/kubernetes/pki");
	make_directory("/var/lib/kubelet/pods/x");
	put("/var/lib/kubelet/pods/x/y", "z");
	put("/etc/kubernetes/theirs", "stays");
	assert_int_equal(kubeadm_files_remove(node, json_object_get(undo, "absent"), NULL), 0);
	assert_true(there("/etc/kubernetes/manifests"));
	assert_true(there("/etc/kubernetes/theirs"));
	assert_false(there("/etc/kubernetes/pki"));
	assert_false(there("/var/lib/kubelet"));
}

/* A journal that somebody wrote into must not become a way to remove anything. */
static void test_unknown_directories_stay(void **unused)
{
	_cleanup_json_ json_t *absent = json_pack("[s,s,i]", "/etc/../home", "/home", 1);

	make_directory("/home/x");
	assert_int_equal(kubeadm_files_remove(node, absent, NULL), 0);
	assert_true(there("/home/x"));
}

static void test_whose(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_err_ struct err err = ERR_INIT;

	assert_detail(&step, STEP_DRIFTED, "no member");
	make_directory("/etc/kubernetes");
	make_directory(STATE);
	put(STATE "/begun", "init");
	put("/etc/kubernetes/kubelet.conf", "x");
	assert_detail(&step, STEP_DRIFTED, "did not come to its end");
	/* Somebody ran kubeadm by hand after a reset: nothing here may touch that cluster. */
	remove_file(STATE "/begun");
	assert_detail(&step, STEP_MISSING, "lazyjack did not make");
	assert_int_equal(step.ops->apply(&step, node, &err), -EEXIST);
	assert_int_equal(step.ops->revert(&step, node, json_object_get(step.want, "none"), NULL), 0);
	assert_true(there("/etc/kubernetes/kubelet.conf"));
}

static void test_nothing_begun(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_json_ json_t *undo = undo_of(&step);
	_cleanup_err_ struct err err = ERR_INIT;

	/* The directory of its notes is made by `prepare`. */
	assert_int_equal(step.ops->apply(&step, node, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "lazyjack prepare"));
	revert_step(&step, undo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		STEP_TEST(test_words),
		STEP_TEST(test_others_are_refused),
		STEP_TEST(test_absent_directories_go),
		STEP_TEST(test_unknown_directories_stay),
		STEP_TEST(test_whose),
		STEP_TEST(test_nothing_begun),
	};

	return RUN_TESTS(tests);
}
