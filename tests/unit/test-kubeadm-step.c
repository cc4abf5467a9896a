/* SPDX-License-Identifier: Apache-2.0 */
/* Whose cluster is on a node, told by its files alone; what kubeadm really does is tested on lab nodes. */
#include "resource/kubeadm-files.h"
#include "resource/ops.h"
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

/* What a further master became is another membership than a minion's: the engine tells them apart by these words. */
static void test_words_of_several_masters(void **unused)
{
	struct step_kubeadm wish = {
		.action = "init", .config = "/w/c", .address = "fd00:20::2", .directory = "/w", .upload_certs = true};
	_cleanup_step_ struct step first = step_kubeadm(&wish), other = {0};
	_cleanup_str_ struct str text = STR_INIT;

	first.ops->describe(first.want, &text);
	assert_string_equal(text.s, "kubeadm init --config=/w/c --upload-certs");
	wish.action = "join";
	wish.upload_certs = false;
	wish.control_plane = true;
	other = step_kubeadm(&wish);
	str_clear(&text);
	step_label(&other, &text);
	assert_string_equal(text.s, "kubeadm join --control-plane");
	str_clear(&text);
	other.ops->describe(other.want, &text);
	assert_string_equal(text.s, "kubeadm join --config=/w/c");
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

/* Where people put files for Kubernetes, only its own go with a directory that it made. */
static void test_users_files_stay(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_json_ json_t *undo = undo_of(&step);

	make_directory("/etc/kubernetes/manifests");
	make_directory("/etc/kubernetes/pki/etcd");
	make_directory("/etc/kubernetes/tmp/kubeadm-backup");
	make_directory("/usr/libexec/kubernetes/kubelet-plugins/volume/exec");
	put("/etc/kubernetes/pki/ca.crt", "x");
	put("/etc/kubernetes/super-admin.conf", "x");
	put("/etc/kubernetes/audit-policy.yaml", "theirs");
	assert_int_equal(kubeadm_files_remove(node, json_object_get(undo, "absent"), NULL), 0);
	assert_content("/etc/kubernetes/audit-policy.yaml", "theirs");
	assert_false(
		there("/etc/kubernetes/manifests") || there("/etc/kubernetes/pki") || there("/etc/kubernetes/tmp"));
	assert_false(there("/etc/kubernetes/super-admin.conf") || there("/usr/libexec/kubernetes"));
	make_directory("/usr/libexec/kubernetes/kubelet-plugins/volume/exec/theirs");
	put("/usr/libexec/kubernetes/kubelet-plugins/volume/exec/theirs/driver", "x");
	remove_file("/etc/kubernetes/audit-policy.yaml");
	assert_int_equal(kubeadm_files_remove(node, json_object_get(undo, "absent"), NULL), 0);
	assert_false(there("/etc/kubernetes"));
	assert_true(there("/usr/libexec/kubernetes/kubelet-plugins/volume/exec/theirs/driver"));
}

/* A member's certificates and patience are those it was made with; its addresses are not open to change. */
static void test_as_good(void **unused)
{
	struct step_kubeadm wish = {
		.action = "join",
		.config = "/w/kubeadm.conf",
		.address = "fd00:20::3",
		.server = "fd00:20::2",
		.master = "a",
		.directory = "/w/kubeadm",
		.timeout = 600,
	};
	_cleanup_step_ struct step first = step_kubeadm(&wish), patient = {0}, moved = {0}, away = {0};

	wish.timeout = 60;
	wish.socket = "/run/containerd/containerd.sock";
	wish.certs = "/w/certs";
	wish.master = "b";
	patient = step_kubeadm(&wish);
	wish.address = "fd00:21::3";
	moved = step_kubeadm(&wish);
	wish.address = "fd00:20::3";
	wish.server = "fd00:20::4";
	away = step_kubeadm(&wish);
	assert_true(kubeadm_ops.as_good(first.want, patient.want));
	assert_false(kubeadm_ops.as_good(first.want, moved.want));
	assert_false(kubeadm_ops.as_good(first.want, away.want));
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
		STEP_TEST(test_words_of_several_masters),
		STEP_TEST(test_others_are_refused),
		STEP_TEST(test_absent_directories_go),
		STEP_TEST(test_users_files_stay),
		STEP_TEST(test_as_good),
		STEP_TEST(test_unknown_directories_stay),
		STEP_TEST(test_whose),
		STEP_TEST(test_nothing_begun),
	};

	return RUN_TESTS(tests);
}
