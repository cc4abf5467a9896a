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

static const char dual[] = "{\"cniVersion\": \"1.0.0\", \"name\": \"lazyjack\", \"plugins\": ["
			   "{\"type\": \"ptp\", \"mtu\": 1400,"
			   " \"ipam\": {\"type\": \"host-local\", \"dataDir\": \"/run/leases\","
			   "  \"ranges\": [[{\"subnet\": \"10.244.2.0/24\"}], [{\"subnet\": \"fd00:40:0:0:2::/80\"}]],"
			   "  \"routes\": [{\"dst\": \"0.0.0.0/0\"}, {\"dst\": \"::/0\"}]}}]}";

static char *state_directory;

static struct pod pod_of(const char *name, int family)
{
	return (struct pod){.name = name, .conflist = CNI_FILE, .families = 1, .family = {family}};
}

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
	struct pod pod = pod_of("pod", AF_INET6);

	fixture_write(CNI_FILE, list);
	if (pod_make(&engine, "verify", &pod, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(address_text(&pod.address[0], text), "fd00:40::2:0:0:2");
	assert_int_equal(pod.mtu, 1500);
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
	struct pod first = pod_of("pod", AF_INET6), second = first;
	pid_t pid;

	fixture_write(CNI_FILE, list);
	assert_int_equal(access(state_directory, F_OK), -1);
	pid = fixture_fork();
	if (pid == 0) {
		pod_make(&engine, "verify", &first, NULL);
		_exit(0); /* without undoing it */
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(access("/run/netns/pod", F_OK), 0);
	if (pod_make(&engine, "verify", &second, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(pod_undo(&engine, "verify", NULL), 0);
	expect_nothing();
	node_free(node);
}

static void test_two_verbs_do_not_meet(void **unused)
{
	struct node *node = node_new("");
	struct engine_settings engine = settings(node);
	struct pod one = pod_of("pod", AF_INET6), two = pod_of("pod2", AF_INET6);

	fixture_write(CNI_FILE, list);
	assert_int_equal(pod_make(&engine, "serve", &two, NULL), 0);
	assert_int_equal(pod_make(&engine, "verify", &one, NULL), 0);
	assert_false(address_equal(&one.address[0], &two.address[0]));
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
	struct pod v6 = pod_of("pod", AF_INET6), v4 = pod_of("pod", AF_INET);

	assert_int_equal(unlink(CNI_FILE), 0);
	assert_int_equal(pod_make(&engine, "verify", &v6, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "run 'lazyjack up' first"));
	expect_nothing();
	fixture_write(CNI_FILE, list);
	assert_int_equal(pod_make(&engine, "verify", &v4, &err), -EADDRNOTAVAIL);
	assert_non_null(strstr(err.msg, "no IPv4 address"));
	expect_nothing();
	node_free(node);
}

static void test_two_families(void **unused)
{
	struct node *node = node_new("");
	struct engine_settings engine = settings(node);
	char text[ADDRESS_TEXT_MAX];
	_cleanup_err_ struct err err = ERR_INIT;
	struct pod pod = {.name = "pod", .conflist = CNI_FILE, .families = 2, .family = {AF_INET6, AF_INET}};

	fixture_write(CNI_FILE, dual);
	if (pod_make(&engine, "verify", &pod, &err) < 0)
		fail_msg("%s", err.msg);
	assert_string_equal(address_text(&pod.address[0], text), "fd00:40::2:0:0:2");
	assert_string_equal(address_text(&pod.address[1], text), "10.244.2.2");
	assert_int_equal(pod.mtu, 1400);
	assert_int_equal(pod_undo(&engine, "verify", NULL), 0);
	expect_nothing();
	node_free(node);
}

/* lazyjack's own by its name; another's as a runtime finds it, and only if it could be called. */
static void test_whose_list(void **unused)
{
	static char own[] = "bridge", foreign[] = "none";
	struct cluster cluster = {.plugin = own};
	struct node *node = node_new("");
	_cleanup_err_ struct err err = ERR_INIT;
	char *path;

	assert_int_equal(pod_conflist(node, &cluster, &path, &err), 0);
	assert_string_equal(path, CNI_FILE);
	free(path);
	cluster.plugin = foreign;
	assert_int_equal(unlink(CNI_FILE), 0);
	assert_int_equal(pod_conflist(node, &cluster, &path, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "no CNI configuration"));
	err_done(&err);
	fixture_write(CNI_DIRECTORY "/20-b.conflist", dual);
	fixture_write(CNI_DIRECTORY "/00-a.conflist.away", dual);
	assert_int_equal(pod_conflist(node, &cluster, &path, &err), 0);
	assert_string_equal(path, CNI_DIRECTORY "/20-b.conflist");
	free(path);
	fixture_write(CNI_DIRECTORY "/10-c.conf", "{\"cniVersion\": \"0.3.1\", \"name\": \"x\", \"type\": \"ptp\"}");
	assert_int_equal(pod_conflist(node, &cluster, &path, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "10-c.conf"));
	err_done(&err);
	fixture_write(CNI_DIRECTORY "/05-d.conflist",
		"{\"cniVersion\": \"1.0.0\", \"name\": \"x\", \"plugins\": [{\"type\": \"no-such-plugin\"}]}");
	assert_int_equal(pod_conflist(node, &cluster, &path, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "'no-such-plugin'"));
	node_free(node);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make_and_undo),
		cmocka_unit_test(test_killed_run_is_cleaned_up_by_the_next),
		cmocka_unit_test(test_two_verbs_do_not_meet),
		cmocka_unit_test(test_failures_leave_nothing),
		cmocka_unit_test(test_two_families),
		cmocka_unit_test(test_whose_list),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up_machine, tear_down_machine);
}
