/* SPDX-License-Identifier: Apache-2.0 */
/* With a kubectl of the test's own, which does what a file says and notes how it was called. */
#include "step-fixture.h"

#define ADMIN "/etc/kubernetes/admin.conf"
#define PATH_ON_NODE "/root/net.yaml"

/* "get" succeeds when the file `there` is beside it, "apply" makes it unless `broken` is there, "delete" removes it. */
static const char kubectl[] =
	"#!/bin/sh\n"
	"cd \"${0%/*}\" || exit 9\n"
	"echo \"$*\" >>calls\n"
	"case $HOME in */run/lazyjack-kubectl) ;; *) exit 8;; esac\n"
	"mkdir \"$HOME/.kube\" || exit 7\n"
	"case $2 in\n"
	"get) [ -e there ] || { echo 'Error (NotFound): daemonsets \"net\" not found' >&2; exit 1; };;\n"
	"apply) [ ! -e broken ] || { rm broken; echo 'no matches for kind' >&2; exit 1; }; : >there;;\n"
	"delete) [ ! -e broken ] || { echo 'connection refused' >&2; exit 1; }; rm -f there;;\n"
	"esac\n";

static int set_up(void **state)
{
	_cleanup_free_ char *program = NULL;

	step_set_up(state);
	make_directory("/usr/bin");
	make_directory("/root");
	make_directory("/run");
	make_directory("/etc/kubernetes");
	put("/usr/bin/kubectl", kubectl);
	put(PATH_ON_NODE, "kind: DaemonSet\n");
	program = node_path(node, "/usr/bin/kubectl");
	assert_int_equal(chmod(program, 0755), 0);
	return 0;
}

static struct step manifest(void)
{
	return step_manifest(PATH_ON_NODE, "00");
}

static void test_there_and_back(void **unused)
{
	_cleanup_step_ struct step step = manifest();
	_cleanup_json_ json_t *undo = NULL;
	_cleanup_free_ char *path = node_path(node, "/usr/bin/calls"), *calls = NULL;

	/* No cluster yet: nobody is asked. */
	undo = undo_of(&step);
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	assert_false(there("/usr/bin/calls"));
	put(ADMIN, "x");
	assert_int_equal(state_of(&step, false), STEP_MISSING);
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
	apply_step(&step);
	revert_step(&step, undo);
	assert_false(there("/usr/bin/there"));
	assert_int_equal(state_of(&step, true), STEP_DRIFTED);
	revert_step(&step, undo);
	calls = fixture_read(path);
	assert_non_null(strstr(calls, "apply -f"));
	assert_non_null(strstr(calls, ADMIN));
	assert_non_null(strstr(calls, "--ignore-not-found"));
	/* What it notes down in its home goes with it. */
	assert_false(there("/run/lazyjack-kubectl"));
	assert_false(there("/home"));
}

static void test_words(void **unused)
{
	_cleanup_step_ struct step step = manifest();
	_cleanup_str_ struct str text = STR_INIT, detail = STR_INIT;

	step_label(&step, &text);
	assert_string_equal(text.s, "manifest " PATH_ON_NODE);
	str_clear(&text);
	step.ops->describe(step.want, &text);
	assert_string_equal(text.s, "kubectl --kubeconfig=" ADMIN " apply -f " PATH_ON_NODE);
	put(ADMIN, "x");
	assert_int_equal(step.ops->inspect(&step, node, true, NULL, &detail, NULL), STEP_DRIFTED);
	assert_non_null(strstr(detail.s, "daemonsets \"net\" not found"));
}

/* Objects of a kind that the same manifest defines: the second attempt finds it. */
static void test_tried_again(void **unused)
{
	_cleanup_step_ struct step step = manifest();

	put(ADMIN, "x");
	put("/usr/bin/broken", "");
	apply_step(&step);
	assert_int_equal(state_of(&step, true), STEP_IN_PLACE);
}

/* Neither a cluster that does not answer, nor none, nor a manifest that is gone keeps a node from going down. */
static void test_revert_never_fails(void **unused)
{
	_cleanup_step_ struct step step = manifest();

	revert_step(&step, json_object_get(step.want, "none"));
	assert_false(there("/usr/bin/calls"));
	put(ADMIN, "x");
	put("/usr/bin/broken", "");
	put("/usr/bin/there", "");
	revert_step(&step, json_object_get(step.want, "none"));
	assert_true(there("/usr/bin/there"));
	remove_file(PATH_ON_NODE);
	remove_file("/usr/bin/broken");
	revert_step(&step, json_object_get(step.want, "none"));
	assert_true(there("/usr/bin/there"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, step_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_there_and_back),
		TEST(test_words),
		TEST(test_tried_again),
		TEST(test_revert_never_fails),
	};

	return RUN_TESTS(tests);
}
