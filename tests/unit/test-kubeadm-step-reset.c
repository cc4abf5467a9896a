/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a membership ends, with a program that makes and empties directories as kubeadm does (that of 1.16, which empties
 * most), and that can fail, or kill who runs it. The real one is in tests/lab/kubernetes_faults.py.
 */
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "step-fixture.h"

#define STATE "/var/lib/lazyjack/work-area/kubeadm"
#define BEGUN STATE "/begun"
#define DONE "/var/lib/kubelet/lazyjack"
#define MEMBER "/etc/kubernetes/kubelet.conf"

static const char program[] = "#!/bin/sh\n"
			      "cd %s || exit 1\n"
			      "echo \"$1\" >>runs\n"
			      "[ \"$1\" = reset ] || {\n"
			      "	echo x >var/lib/kubelet/config.yaml; echo x >etc/kubernetes/kubelet.conf\n"
			      "	mkdir -p var/lib/cni/networks/pods; echo x >var/lib/cni/networks/pods/fd00::9\n"
			      "	exit; }\n"
			      "[ -e alone ] && {\n"
			      "	rm alone; echo 'error execution phase update-cluster-status: Get x' >&2; exit 1; }\n"
			      "rm -rf var/lib/kubelet/* var/lib/cni/* etc/cni/net.d/*\n"
			      "[ -e kills ] && { kill -KILL $PPID; exit; }\n"
			      "[ -e fails ] && exit 1\n"
			      "rm -f etc/kubernetes/*.conf\n"
			      "exit 0\n";

static int set_up(void **unused)
{
	_cleanup_free_ char *directory = NULL, *path = NULL;
	FILE *file;

	step_set_up(unused);
	directory = mem_printf("%s/bin", root);
	path = mem_printf("%s/kubeadm", directory);
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	make_directory("/bin");
	file = fopen(path, "we");
	assert_non_null(file);
	fprintf(file, program, root);
	fchmod(fileno(file), 0755);
	fclose(file);
	/* The first directory in which programs are looked for. */
	if (mount(directory, "/usr/local/sbin", NULL, MS_BIND, NULL) < 0)
		return -1;
	make_directory(STATE);
	make_directory("/etc/kubernetes");
	make_directory("/etc/cni/net.d/theirs.d");
	make_directory("/var/lib/kubelet/seccomp");
	make_directory("/var/lib/cni/networks/podman");
	return 0;
}

static int tear_down(void **unused)
{
	assert_int_equal(umount("/usr/local/sbin"), 0);
	return step_tear_down(unused);
}

#define RESET_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static struct step init_step(void)
{
	return step_kubeadm(&(struct step_kubeadm){
		.action = "init",
		.config = "/var/lib/lazyjack/work-area/kubeadm.conf",
		.address = "::",
		.directory = STATE,
		.timeout = 60,
	});
}

static const char *const others[] = {
	"/var/lib/kubelet/config.json",
	"/var/lib/kubelet/seccomp/audit.json",
	"/var/lib/cni/networks/podman/10.88.0.2",
	"/etc/cni/net.d/05-others.conflist.lazyjack-aside",
	"/etc/cni/net.d/10-lazyjack.conflist",
	"/etc/cni/net.d/theirs.d/kubeconfig",
};

static void put_others(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++)
		put(others[i], others[i]);
}

static void assert_others(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		assert_content(others[i], others[i]);
		assert_int_equal(look_at(others[i]).st_nlink, 1);
	}
	assert_false(there("/var/lib/kubelet.lazyjack-aside"));
	assert_false(there("/var/lib/cni.lazyjack-aside"));
	assert_false(there("/etc/cni/net.d.lazyjack-aside"));
}

static void assert_runs(const char *runs)
{
	assert_content("/runs", runs);
}

/* The engine's undo of a node that became a member. */
static json_t *member(const struct step *step)
{
	json_t *undo;

	put_others();
	undo = undo_of(step);
	apply_step(step);
	assert_true(there(DONE) && there(MEMBER));
	assert_false(there(BEGUN));
	return undo;
}

static void assert_gone(void)
{
	assert_false(there(MEMBER) || there(DONE) || there(BEGUN));
	assert_false(there("/var/lib/kubelet/config.yaml") || there("/var/lib/cni/networks/pods"));
	assert_others();
}

static void test_others_stay(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_json_ json_t *undo = NULL;
	_cleanup_free_ char *credentials = node_path(node, others[0]);

	put_others();
	assert_int_equal(chmod(credentials, 0600), 0);
	undo = member(&step);
	/* As it is by now. */
	remove_file("/var/lib/cni/networks/podman/10.88.0.2");
	revert_step(&step, undo);
	assert_false(there("/var/lib/cni/networks/podman/10.88.0.2"));
	put("/var/lib/cni/networks/podman/10.88.0.2", others[2]);
	assert_gone();
	assert_int_equal(look_at(others[0]).st_mode & 07777, 0600);
	revert_step(&step, undo);
	assert_runs("init\nreset\n");
}

/* Podman's own, before its first container has an address. */
static void test_empty_directory_stays(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_free_ char *results = node_path(node, "/var/lib/cni/results");
	_cleanup_json_ json_t *undo = NULL;

	make_directory("/var/lib/cni/results");
	assert_int_equal(chmod(results, 0700), 0);
	undo = member(&step);
	revert_step(&step, undo);
	assert_gone();
	assert_int_equal(look_at("/var/lib/cni/results").st_mode & 07777, 0700);
}

/* What a reset has begun to take away is still lazyjack's, whichever file was the first to go. */
static void test_cut_short(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_json_ json_t *undo = member(&step);

	put("/fails", "");
	assert_int_equal(step.ops->revert(&step, node, undo, NULL), -EIO);
	assert_true(there(MEMBER) && there(BEGUN));
	assert_false(there(DONE));
	assert_others();
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
	remove_file("/fails");
	revert_step(&step, undo);
	assert_gone();
	assert_runs("init\nreset\nreset\n");
}

/* The last of several masters that leave at once may lose the others while kubeadm still speaks to them. */
static void test_left_alone(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_json_ json_t *undo = member(&step);

	put("/alone", "");
	revert_step(&step, undo);
	assert_gone();
	assert_runs("init\nreset\nreset\n");
}

static void killed(const struct step *step, const json_t *undo)
{
	int status;
	pid_t pid;

	put("/kills", "");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(step->ops->revert(step, node, undo, NULL) < 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	remove_file("/kills");
}

static void test_killed(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_json_ json_t *undo = member(&step);

	killed(&step, undo);
	assert_true(there(MEMBER) && there(BEGUN));
	assert_false(there(DONE) || there(others[0]));
	/* Someone missed his file before the next run could give it back. */
	put(others[4], others[4]);
	revert_step(&step, undo);
	assert_gone();
}

/* `up` behind it begins anew, and keeps what is others' as well. */
static void test_killed_then_up(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_json_ json_t *undo = member(&step);

	killed(&step, undo);
	apply_step(&step);
	assert_runs("init\nreset\nreset\ninit\n");
	assert_true(there(DONE) && there(MEMBER));
	assert_false(there(BEGUN));
	assert_others();
	revert_step(&step, undo);
	assert_gone();
}

/* Work area and all that is in it may have been removed by hand. */
static void test_no_work_area(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_json_ json_t *undo = member(&step);
	_cleanup_free_ char *area = node_path(node, "/var/lib/lazyjack");

	assert_int_equal(file_remove_tree(area, NULL), 0);
	revert_step(&step, undo);
	assert_gone();
}

/* A journal that somebody wrote into leads nowhere else. */
static void test_unknown_paths(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_json_ json_t *undo = json_pack("{s:[s,s,s,i,s]}", "others", "/var/lib/kubelet/..", "/etc/theirs",
		"/var/lib/kubelet/x/../y", 1, "/var/lib/cni/networks/.");

	json_decref(member(&step));
	put("/etc/theirs", "x");
	revert_step(&step, undo);
	assert_content("/etc/theirs", "x");
	assert_false(there("/var/lib/kubelet/config.json"));
	assert_false(there("/var/lib/kubelet.lazyjack-aside"));
}

/* No second name is to be had across file systems. */
static void test_own_file_system(void **unused)
{
	_cleanup_step_ struct step step = init_step();
	_cleanup_free_ char *kubelet = node_path(node, "/var/lib/kubelet");
	_cleanup_free_ char *link = node_path(node, "/var/lib/kubelet/seccomp/link");
	_cleanup_json_ json_t *undo = NULL;

	assert_int_equal(mount("none", kubelet, "tmpfs", 0, NULL), 0);
	make_directory("/var/lib/kubelet/seccomp");
	assert_int_equal(symlink("../config.json", link), 0);
	undo = member(&step);
	killed(&step, undo);
	assert_content("/var/lib/kubelet.lazyjack-aside/config.json", others[0]);
	put(others[0], "newer");
	revert_step(&step, undo);
	assert_content(others[0], "newer");
	put(others[0], others[0]);
	assert_gone();
	assert_content("/var/lib/kubelet/seccomp/link", others[0]);
	assert_int_equal(umount(kubelet), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RESET_TEST(test_others_stay),
		RESET_TEST(test_empty_directory_stays),
		RESET_TEST(test_cut_short),
		RESET_TEST(test_left_alone),
		RESET_TEST(test_killed),
		RESET_TEST(test_killed_then_up),
		RESET_TEST(test_no_work_area),
		RESET_TEST(test_unknown_paths),
		RESET_TEST(test_own_file_system),
	};

	return RUN_TESTS(tests);
}
