/* SPDX-License-Identifier: Apache-2.0 */
#include "package-fixture.h"

#include <errno.h>

static const char *const units[] = {"tayga.service", NULL};

static int state_of(const struct step *step, bool ours, json_t **ret_undo)
{
	_cleanup_err_ struct err err = ERR_INIT;
	int r = step->ops->inspect(step, fixture_node, ours, ret_undo, NULL, &err);

	if (r < 0)
		fail_msg("%s", err.msg);
	return r;
}

static void refused(const struct step *step, const char *words)
{
	_cleanup_err_ struct err err = ERR_INIT;
	json_t *undo = NULL;

	assert_true(step->ops->inspect(step, fixture_node, false, &undo, NULL, &err) < 0);
	if (strstr(err.msg, words) == NULL)
		fail_msg("'%s' is not in: %s", words, err.msg);
	json_decref(undo);
	package_ran("");
}

static bool is_masked(const char *unit)
{
	_cleanup_free_ char *path = mem_printf(FIXTURE_ROOT "/etc/systemd/system/%s", unit);
	char target[64];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	target[n > 0 ? n : 0] = '\0';
	return str_eq(target, "/dev/null");
}

static void apply(const struct step *const *steps, size_t n)
{
	_cleanup_err_ struct err err = ERR_INIT;
	size_t done;

	if (steps[0]->ops->apply_many(steps, n, fixture_node, &done, &err) < 0)
		fail_msg("%s", err.msg);
}

/* systemd isn't here, which is told when a mask went. */
static int revert(const struct step *const *steps, const json_t *const *undos, size_t n)
{
	_cleanup_err_ struct err err = ERR_INIT;
	size_t done;

	return steps[0]->ops->revert_many(steps, undos, n, fixture_node, &done, &err);
}

static void test_several(void **state)
{
	struct step tayga = step_package("tayga", units), bind9 = step_package("bind9", NULL);
	const struct step *steps[] = {&tayga, &bind9};
	json_t *undos[2] = {NULL, NULL};

	/* Somebody's configuration of an earlier installation. */
	package_write("/var/fake/libbind", "deinstall config-files\n");
	assert_int_equal(state_of(&tayga, false, &undos[0]), STEP_MISSING);
	assert_int_equal(state_of(&bind9, false, &undos[1]), STEP_MISSING);
	apply(steps, 2);
	package_ran("apt-get install tayga bind9\n");
	assert_true(is_masked("tayga.service"));
	assert_int_equal(state_of(&tayga, true, NULL), STEP_IN_PLACE);
	assert_int_equal(state_of(&bind9, true, NULL), STEP_IN_PLACE);

	package_write("/var/fake/auto", "libtay\nlibbind\nlibothers\n");
	revert(steps, (const json_t *const *)undos, 2);
	package_ran("dpkg --force-remove-reinstreq --remove tayga bind9\n"
		    "dpkg --force-remove-reinstreq --remove libtay libbind\n"
		    "dpkg --purge libtay tayga bind9\n");
	assert_false(is_masked("tayga.service"));
	/* May be repeated. */
	assert_int_equal(revert(steps, (const json_t *const *)undos, 2), 0);
	package_ran("");
	json_decref(undos[0]);
	json_decref(undos[1]);
	step_done(&tayga);
	step_done(&bind9);
}

static void test_companion_that_its_owner_wants(void **state)
{
	struct step tayga = step_package("tayga", NULL);
	const struct step *steps[] = {&tayga};
	json_t *undo = NULL;

	assert_int_equal(state_of(&tayga, false, &undo), STEP_MISSING);
	apply(steps, 1);
	package_ran("apt-get install tayga\n");
	revert(steps, (const json_t *const[]){undo}, 1);
	package_ran("dpkg --force-remove-reinstreq --remove tayga\ndpkg --purge tayga\n");
	json_decref(undo);
	step_done(&tayga);
}

static void test_needed_by_others(void **state)
{
	struct step tayga = step_package("tayga", NULL);
	const struct step *steps[] = {&tayga};
	json_t *undo = NULL;

	assert_int_equal(state_of(&tayga, false, &undo), STEP_MISSING);
	apply(steps, 1);
	package_write(
		"/var/fake/errors", "dpkg: dependency problems prevent removal of tayga:\n mine depends on tayga.\n");
	assert_int_equal(revert(steps, (const json_t *const[]){undo}, 1), 0);
	/* Anything else is an error. */
	package_write("/var/fake/tayga", "install installed\n");
	package_write("/var/fake/errors", "dpkg: error processing package tayga (--remove):\n its script failed\n");
	assert_int_equal(revert(steps, (const json_t *const[]){undo}, 1), -EIO);
	json_decref(undo);
	step_done(&tayga);
}

static void test_somebody_elses(void **state)
{
	struct step tayga = step_package("tayga", units);
	const struct step *steps[] = {&tayga};
	json_t *undo = NULL;

	package_write("/var/fake/tayga", "install installed\n");
	assert_int_equal(state_of(&tayga, false, &undo), STEP_IN_PLACE);
	assert_false(is_masked("tayga.service"));
	/* Not in the undo, so not lazyjack's to remove. */
	assert_int_equal(revert(steps, (const json_t *const[]){undo}, 1), 0);
	package_ran("");
	json_decref(undo);
	/* Waiting for a trigger is installed, half-configured is not. */
	package_write("/var/fake/tayga", "install triggers-pending\n");
	assert_int_equal(state_of(&tayga, false, NULL), STEP_IN_PLACE);
	package_write("/var/fake/tayga", "install half-configured\n");
	assert_int_equal(state_of(&tayga, true, NULL), STEP_MISSING);
	step_done(&tayga);
}

static void test_unit_of_somebody(void **state)
{
	struct step tayga = step_package("tayga", units);
	const struct step *steps[] = {&tayga};
	json_t *undo = NULL;

	package_write("/etc/systemd/system/tayga.service", "[Unit]\n");
	assert_int_equal(state_of(&tayga, false, &undo), STEP_MISSING);
	apply(steps, 1);
	package_ran("apt-get install tayga\n");
	assert_false(is_masked("tayga.service"));
	assert_int_equal(state_of(&tayga, true, NULL), STEP_IN_PLACE);
	assert_int_equal(revert(steps, (const json_t *const[]){undo}, 1), 0);
	assert_int_equal(access(FIXTURE_ROOT "/etc/systemd/system/tayga.service", F_OK), 0);
	json_decref(undo);
	step_done(&tayga);
}

static void test_unmasked_since(void **state)
{
	struct step tayga = step_package("tayga", units);
	const struct step *steps[] = {&tayga};

	apply(steps, 1);
	assert_int_equal(unlink(FIXTURE_ROOT "/etc/systemd/system/tayga.service"), 0);
	assert_int_equal(state_of(&tayga, true, NULL), STEP_DRIFTED);
	apply(steps, 1);
	assert_int_equal(state_of(&tayga, true, NULL), STEP_IN_PLACE);
	step_done(&tayga);
}

static void test_refused(void **state)
{
	struct step unknown = step_package("unknown", NULL), tayga = step_package("tayga", NULL);

	refused(&unknown, "apt-get update");
	package_write("/var/fake/sim/tayga", "Inst libc6 [2.36-9] (2.36-10 x [amd64])\nInst tayga (1 x [all])\n");
	refused(&tayga, "would also upgrade 'libc6', which 'clean' could not take back");
	package_write("/var/fake/sim/tayga", "Remv other [1]\nInst tayga (1 x [all])\n");
	refused(&tayga, "would also remove 'other'");
	step_done(&unknown);
	step_done(&tayga);
}

static void test_failure(void **state)
{
	struct step tayga = step_package("tayga", NULL);
	_cleanup_err_ struct err err = ERR_INIT;

	package_write("/var/fake/fail", "");
	assert_int_equal(tayga.ops->apply(&tayga, fixture_node, &err), -EIO);
	assert_non_null(strstr(err.msg, "E: it does not work"));
	step_done(&tayga);
}

static void test_hold(void **state)
{
	struct step kubeadm = step_package_hold("kubeadm"), kubelet = step_package_hold("kubelet");
	const struct step *steps[] = {&kubeadm, &kubelet};
	json_t *undo = json_null();

	package_write("/var/fake/kubeadm", "install installed\n");
	package_write("/var/fake/kubelet", "install installed\n");
	assert_int_equal(state_of(&kubeadm, false, NULL), STEP_MISSING);
	apply(steps, 2);
	package_ran("apt-mark hold kubeadm kubelet\n");
	assert_int_equal(state_of(&kubelet, false, NULL), STEP_IN_PLACE);
	assert_int_equal(revert(steps, (const json_t *const[]){undo, undo}, 2), 0);
	package_ran("apt-mark unhold kubeadm kubelet\n");
	assert_int_equal(state_of(&kubelet, true, NULL), STEP_MISSING);
	step_done(&kubeadm);
	step_done(&kubelet);
}

#define PACKAGE_TEST(test) cmocka_unit_test_setup_teardown(test, package_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PACKAGE_TEST(test_several),
		PACKAGE_TEST(test_companion_that_its_owner_wants),
		PACKAGE_TEST(test_needed_by_others),
		PACKAGE_TEST(test_somebody_elses),
		PACKAGE_TEST(test_unit_of_somebody),
		PACKAGE_TEST(test_unmasked_since),
		PACKAGE_TEST(test_refused),
		PACKAGE_TEST(test_failure),
		PACKAGE_TEST(test_hold),
	};

	return RUN_TESTS(tests);
}
