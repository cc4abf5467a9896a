/* SPDX-License-Identifier: Apache-2.0 */
/* Through the real engine, with the distribution's CNI plugins. */
#include "verify/pod.h"

#include <errno.h>
#include <sys/stat.h>

#include "kube/cni.h"
#include "resource/kinds.h"
#include "resource/node.h"
#include "verify-fixture.h"

#define LEASES "/run/leases/lazyjack"

static const char list[] = "{\"cniVersion\": \"1.0.0\", \"name\": \"lazyjack\", \"plugins\": ["
			   "{\"type\": \"bridge\", \"bridge\": \"br0\", \"isDefaultGateway\": true,"
			   " \"ipam\": {\"type\": \"host-local\", \"dataDir\": \"/run/leases\","
			   "  \"ranges\": [[{\"subnet\": \"fd00:40:0:0:2::/80\"}]]}},"
			   "{\"type\": \"portmap\", \"capabilities\": {\"portMappings\": true}}]}";

static char *state_directory;

/* /etc is a file system of its own here: the list has its fixed place. */
static int set_up_machine(void **state)
{
	fixture_private_machine(state);
	assert_int_equal(mount("tmpfs", "/etc", "tmpfs", 0, "mode=755"), 0);
	assert_int_equal(file_make_directories(CNI_DIRECTORY, 0755, NULL), 1);
	state_directory = fixture_directory();
	return 0;
}

static int tear_down_machine(void **state)
{
	fixture_remove(state_directory);
	return 0;
}

static struct engine_settings settings(struct node *node)
{
	return (struct engine_settings){.node = node, .state_directory = state_directory, .kinds = step_kinds};
}

/* Nothing of a pod is left: no namespace, lease, record of its attachment, or journal. */
static void expect_nothing(void)
{
	assert_int_equal(access("/run/netns/pod", F_OK), -1);
	assert_int_equal(access(LEASES "/fd00:40::2:0:0:2", F_OK), -1);
	assert_int_equal(access(LEASES "/fd00:40::2:0:0:3", F_OK), -1);
	assert_int_equal(access("/run/lazyjack", F_OK), -1);
	assert_int_equal(access(state_directory, F_OK), -1);
}

static void test_make_and_undo(void **unused)
{
	struct node *node = node_new("");
	struct engine_settings engine = settings(node);
	char text[ADDRESS_TEXT_MAX];
	_cleanup_err_ struct err err = ERR_INIT;
	struct address address;

	fixture_write(CNI_FILE, list);
	if (pod_make(&engine, "verify", "pod", AF_INET6, &address, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(address_text(&address, text), "fd00:40::2:0:0:2");
	assert_int_equal(access("/run/netns/pod", F_OK), 0);
	assert_int_equal(pod_undo(&engine, "verify", NULL), 0);
	expect_nothing();
	node_free(node);
}

static void test_killed_run_is_cleaned_up_by_the_next(void **unused)
{
	struct node *node = node_new("");
	struct engine_settings engine = settings(node);
	_cleanup_err_ struct err err = ERR_INIT;
	struct address first, second;
	pid_t pid;

	fixture_write(CNI_FILE, list);
	assert_int_equal(access(state_directory, F_OK), -1);
	pid = fixture_fork();
	if (pid == 0) {
		pod_make(&engine, "verify", "pod", AF_INET6, &first, NULL);
		_exit(0); /* without undoing it */
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(access("/run/netns/pod", F_OK), 0);
	if (pod_make(&engine, "verify", "pod", AF_INET6, &second, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(pod_undo(&engine, "verify", NULL), 0);
	expect_nothing();
	node_free(node);
}

static void test_two_verbs_do_not_meet(void **unused)
{
	struct node *node = node_new("");
	struct engine_settings engine = settings(node);
	struct address one, two;

	fixture_write(CNI_FILE, list);
	assert_int_equal(pod_make(&engine, "serve", "pod2", AF_INET6, &two, NULL), 0);
	assert_int_equal(pod_make(&engine, "verify", "pod", AF_INET6, &one, NULL), 0);
	assert_false(address_equal(&one, &two));
	assert_int_equal(pod_undo(&engine, "verify", NULL), 0);
	assert_int_equal(access("/run/netns/pod2", F_OK), 0);
	assert_int_equal(access("/run/netns/pod", F_OK), -1);
	assert_int_equal(pod_undo(&engine, "serve", NULL), 0);
	expect_nothing();
	node_free(node);
}

static void test_failures_leave_nothing(void **unused)
{
	struct node *node = node_new("");
	struct engine_settings engine = settings(node);
	_cleanup_err_ struct err err = ERR_INIT;
	struct address address;

	assert_int_equal(unlink(CNI_FILE), 0);
	assert_int_equal(pod_make(&engine, "verify", "pod", AF_INET6, &address, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "run 'lazyjack up' first"));
	expect_nothing();
	fixture_write(CNI_FILE, list);
	assert_int_equal(pod_make(&engine, "verify", "pod", AF_INET, &address, &err), -EADDRNOTAVAIL);
	assert_non_null(strstr(err.msg, "no IPv4 address"));
	expect_nothing();
	node_free(node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make_and_undo),
		cmocka_unit_test(test_killed_run_is_cleaned_up_by_the_next),
		cmocka_unit_test(test_two_verbs_do_not_meet),
		cmocka_unit_test(test_failures_leave_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up_machine, tear_down_machine);
}
