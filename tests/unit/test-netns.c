/* SPDX-License-Identifier: Apache-2.0 */
#include "netns-fixture.h"

#include <errno.h>

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void life(void **state)
{
	struct step step = step_netns("dns64");
	_cleanup_json_ json_t *undo = NULL;
	char *links;

	fixture_described(&step, "dns64", "ip netns add dns64; ip -n dns64 link set dev lo up");
	assert_int_equal(fixture_inspect(&step, false, &undo), STEP_MISSING);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	fixture_apply(&step);
	links = RUN_IN("dns64", "ip", "-o", "link");
	assert_non_null(strstr(links, "LOOPBACK,UP"));
	free(links);
	fixture_revert(&step, undo);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_MISSING);
	assert_false(exists(FIXTURE_ROOT "/run/netns"));
	fixture_revert(&step, undo);
	step_done(&step);
}

/* The directory that was there stays; one that somebody else uses as well does, too. */
static void directory_stays(void **state)
{
	struct step a = step_netns("a"), b = step_netns("b");
	_cleanup_json_ json_t *undo_a = NULL, *undo_b = NULL;
	struct stat st;

	umask(077);
	assert_int_equal(fixture_inspect(&a, false, &undo_a), STEP_MISSING);
	fixture_apply(&a);
	umask(022);
	assert_int_equal(stat(FIXTURE_ROOT "/run/netns", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(fixture_inspect(&b, false, &undo_b), STEP_MISSING);
	fixture_apply(&b);
	fixture_revert(&a, undo_a);
	assert_true(exists(FIXTURE_ROOT "/run/netns"));
	assert_int_equal(fixture_inspect(&b, true, NULL), STEP_IN_PLACE);
	fixture_revert(&b, undo_b);
	assert_true(exists(FIXTURE_ROOT "/run/netns"));
	step_done(&a);
	step_done(&b);
}

/* Killed between making the file and mounting on it. */
static void half_made(void **state)
{
	struct step step = step_netns("half");
	_cleanup_json_ json_t *undo = NULL;

	assert_int_equal(fixture_inspect(&step, false, &undo), STEP_MISSING);
	assert_int_equal(mkdir(FIXTURE_ROOT "/run/netns", 0755), 0);
	close(open(FIXTURE_ROOT "/run/netns/half", O_CREAT | O_RDONLY | O_CLOEXEC, 0444));
	fixture_refused(&step, false, EEXIST, "isn't lazyjack's");
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_MISSING);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	assert_int_equal(umount2(FIXTURE_ROOT "/run/netns/half", MNT_DETACH), 0);
	fixture_revert(&step, undo);
	assert_false(exists(FIXTURE_ROOT "/run/netns"));
	step_done(&step);
}

static void foreign_and_bad_names(void **state)
{
	struct step step = step_netns("x"), bad = step_netns("../x");

	fixture_apply(&step);
	fixture_refused(&step, false, EEXIST, "ip netns delete x");
	fixture_refused(&bad, false, EINVAL, "can't be the name");
	fixture_apply_fails(&bad, EINVAL, "can't be the name");
	fixture_revert(&step, json_null());
	step_done(&step);
	step_done(&bad);
}

static int fails(void *user, struct err *err)
{
	*(int *)user = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	return err_set(err, EIO, "on purpose");
}

/* Back in our own namespace, whatever the function returns. */
static void comes_back(void **state)
{
	struct step step = step_netns("x");
	struct stat before, after, inside;
	_cleanup_err_ struct err err = ERR_INIT;
	int fd = -1;

	fixture_apply(&step);
	assert_int_equal(stat("/proc/thread-self/ns/net", &before), 0);
	assert_int_equal(node_in_netns(fixture_node, "x", fails, &fd, &err), -EIO);
	assert_int_equal(stat("/proc/thread-self/ns/net", &after), 0);
	assert_int_equal(fstat(fd, &inside), 0);
	close(fd);
	assert_true(before.st_ino == after.st_ino);
	assert_true(before.st_ino != inside.st_ino);
	assert_int_equal(node_in_netns(fixture_node, "none", fails, &fd, &err), -ENOENT);
	fixture_revert(&step, json_null());
	step_done(&step);
}

/* Under a root of its own, never the machine's. */
static void no_bus(void **state)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct sd_bus *bus;

	assert_int_equal(node_bus(fixture_node, &bus, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "systemd doesn't answer"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(life, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(directory_stays, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(half_made, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(foreign_and_bad_names, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(comes_back, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(no_bus, fixture_setup, fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
