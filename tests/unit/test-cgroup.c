/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On a version 2 hierarchy that is mounted below the test's root, in a mount namespace of this process; with the groups
 * of a name that nobody else has, which are removed again.
 */
#include "resource/cgroup.h"

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "step-fixture.h"

static char group[128];

static int set_up(void **unused)
{
	_cleanup_free_ char *path = NULL;

	step_set_up(unused);
	make_directory("/sys/fs/cgroup");
	path = node_path(node, "/sys/fs/cgroup");
	snprintf(group, sizeof(group), "lazyjack-test-%d/node", (int)getpid());
	return mount("cgroup2", path, "cgroup2", 0, NULL);
}

static int tear_down(void **unused)
{
	_cleanup_free_ char *path = node_path(node, "/sys/fs/cgroup");

	(void)cgroup_kill(node, group, NULL);
	(void)cgroup_remove(node, group, NULL, NULL);
	umount2(path, MNT_DETACH);
	return step_tear_down(unused);
}

/* A process in the group; with `leader` it is PID 1 of a PID namespace. */
static pid_t start_member(bool leader)
{
	int ends[2];
	pid_t pid;
	char c;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		if (cgroup_enter(node, group, NULL) < 0 || (leader && unshare(CLONE_NEWPID) < 0) || fork() < 0)
			_exit(1);
		(void)!write(ends[1], "", 1);
		for (;;)
			pause();
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], &c, 1), 1);
	close(ends[0]);
	return pid;
}

static void make_group(void)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (cgroup_make(node, group, &err) < 0)
		fail_msg("%s", err.msg);
}

/* Of a kernel's file, which has no size; '\n' when there is nothing. */
static int first_octet(const char *path)
{
	FILE *file = fopen(path, "re");
	int c;

	assert_non_null(file);
	c = fgetc(file);
	fclose(file);
	return c;
}

static void test_made_and_removed(void **unused)
{
	assert_int_equal(cgroup_exists(node, group, NULL), 0);
	make_group();
	make_group();
	assert_int_equal(cgroup_exists(node, group, NULL), 1);
	assert_int_equal(cgroup_count(node, group, NULL), 0);
	assert_int_equal(cgroup_remove(node, group, NULL, NULL), 0);
	assert_int_equal(cgroup_exists(node, group, NULL), 0);
	assert_int_equal(cgroup_remove(node, group, NULL, NULL), 0);
}

static void test_step(void **unused)
{
	_cleanup_step_ struct step step = step_control_group(group);
	_cleanup_json_ json_t *undo = undo_of(&step);
	pid_t pid;

	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	pid = start_member(false);
	signal(SIGCHLD, SIG_IGN);
	revert_step(&step, undo);
	signal(SIGCHLD, SIG_DFL);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(state_of(&step, true), STEP_MISSING);
	revert_step(&step, undo);
}

static void test_leader(void **unused)
{
	pid_t leader = 0, pid;

	make_group();
	assert_int_equal(cgroup_leader(node, group, &leader, NULL), -ESRCH);
	pid = start_member(true);
	while (cgroup_count(node, group, NULL) < 2)
		clock_pause(5);
	/* The one that made the namespace stays outside of it; its child is the init. */
	assert_int_equal(cgroup_leader(node, group, &leader, NULL), 0);
	assert_true(leader > 0);
	assert_int_not_equal(leader, pid);
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(cgroup_kill(node, group, NULL), 0);
	signal(SIGCHLD, SIG_DFL);
	assert_int_equal(cgroup_count(node, group, NULL), 0);
}

/* Groups that a node's programs made below its own, with processes in them, as pods have: all of it goes. */
static void test_below(void **unused)
{
	_cleanup_free_ char *outer = mem_strdup(group), *pod = mem_printf("%s/kubepods/besteffort/pod1", group);
	pid_t pid;

	make_group();
	snprintf(group, sizeof(group), "%s", pod);
	make_group();
	pid = start_member(false);
	snprintf(group, sizeof(group), "%s", outer);
	assert_true(cgroup_count(node, group, NULL) > 0);
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(cgroup_kill(node, group, NULL), 0);
	signal(SIGCHLD, SIG_DFL);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(cgroup_remove(node, group, NULL, NULL), 0);
	assert_int_equal(cgroup_exists(node, pod, NULL), 0);
	assert_int_equal(cgroup_exists(node, group, NULL), 0);
}

/* A version 1 cpuset without CPUs or memory could hold no process. */
static void test_cpuset(void **unused)
{
	_cleanup_free_ char *mount_point = node_path(node, "/sys/fs/cgroup/cpuset"), *cpus = NULL, *mems = NULL;
	_cleanup_free_ char *unified = node_path(node, "/sys/fs/cgroup/unified"),
			    *top = node_path(node, "/sys/fs/cgroup");

	/* As systemd's hybrid layout has it: both versions side by side on a file system of their own. */
	umount2(top, MNT_DETACH);
	make_directory("/sys/fs/cgroup/cpuset");
	make_directory("/sys/fs/cgroup/unified");
	assert_int_equal(mount("cgroup2", unified, "cgroup2", 0, NULL), 0);
	if (mount("cgroup", mount_point, "cgroup", 0, "cpuset") < 0) {
		umount2(unified, MNT_DETACH);
		skip();
	}
	make_group();
	cpus = mem_printf("%s/%s/cpuset.cpus", mount_point, group);
	mems = mem_printf("%s/%s/cpuset.mems", mount_point, group);
	assert_true(first_octet(cpus) >= '0');
	assert_true(first_octet(mems) >= '0');
	assert_int_equal(cgroup_remove(node, group, NULL, NULL), 0);
	umount2(mount_point, MNT_DETACH);
	umount2(unified, MNT_DETACH);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_made_and_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_step, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_leader, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_below, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cpuset, set_up, tear_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0) {
		puts("1..0 # SKIP needs root");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
