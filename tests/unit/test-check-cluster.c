/* SPDX-License-Identifier: Apache-2.0 */
/* A kubectl of the test's own says what an API server would. */
#include "verify/checks.h"

#include <sys/stat.h>

#include "node-fixture.h"
#include "verify-fixture.h"

#define LIST "/api/v1/nodes?limit=100"

/* `$5` is the path: says what answers/PATH has, or on standard error (and fails) what failures/PATH has. Once a file of
 * that name in then/ is there, it takes the answer's place for the next time. */
static const char script[] = "#!/bin/sh\n"
			     "echo \"$*\" >>/run/asked\n"
			     "name=$(echo \"$5\" | tr '/?&=' ....)\n"
			     "[ -e /run/failures/$name ] && cat /run/failures/$name >&2 && exit 1\n"
			     "cat /run/answers/$name || exit 1\n"
			     "[ ! -e /run/then/$name ] || mv /run/then/$name /run/answers/$name\n";

static int set_up_machine(void **state)
{
	fixture_private_machine(state);
	assert_int_equal(mount("tmpfs", "/usr/local/sbin", "tmpfs", 0, "mode=755"), 0);
	fixture_write("/usr/local/sbin/kubectl", script);
	assert_int_equal(chmod("/usr/local/sbin/kubectl", 0755), 0);
	return 0;
}

static int set_up(void **unused)
{
	assert_int_equal(mkdir("/run/answers", 0755), 0);
	assert_int_equal(mkdir("/run/failures", 0755), 0);
	assert_int_equal(mkdir("/run/then", 0755), 0);
	return 0;
}

static int tear_down(void **unused)
{
	assert_int_equal(file_remove_tree("/run/answers", NULL), 0);
	assert_int_equal(file_remove_tree("/run/failures", NULL), 0);
	assert_int_equal(file_remove_tree("/run/then", NULL), 0);
	return unlink("/run/asked");
}

static void say(const char *how, const char *path, const char *text)
{
	_cleanup_free_ char *file = mem_printf("/run/%s/%s", how, path);
	char *p;

	for (p = file + strlen("/run/") + strlen(how) + 1; *p; p++)
		if (strchr("/?&=", *p))
			*p = '.';
	fixture_write(file, text);
}

/* Look from the node with that index, waiting at most `settle_ms` for a better answer. */
static void check(size_t self, int settle_ms, struct verdicts *ret)
{
	struct cluster_node nodes[3];
	struct cluster cluster;
	struct checks checks = {.node = node_new("/no/root"), .cluster = &cluster, .self = &nodes[self]};

	fixture_nodes(nodes, 3, &cluster);
	/* One that only translates is no node of Kubernetes. */
	nodes[2].roles = ROLE_DNS64 | ROLE_NAT64;
	checks.settle = clock_ms() + settle_ms;
	check_cluster(&checks, ret);
	node_free(checks.node);
}

static void expect(
	const struct verdict *verdict, const char *name, const char *from, const char *to, bool ok, const char *said)
{
	assert_string_equal(verdict->check, name);
	assert_string_equal(verdict->from, from);
	assert_string_equal(verdict->to, to);
	if (verdict->ok != ok || strstr(verdict->detail, said) == NULL)
		fail_msg("%d %s", verdict->ok, verdict->detail);
}

#define MASTER NODE("master", INTERNAL("fd00:20::2"), READY)
#define MINION NODE("minion-1", INTERNAL("fd00:20::3"), READY)
#define LATE NODE("minion-1", INTERNAL("fd00:20::3"), CONDITION("Ready", "False", "KubeletNotReady", "no network"))

static void test_master(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_free_ char *asked = NULL;

	say("answers", "/readyz", "ok");
	say("answers", LIST, NODES(MASTER "," MINION "," NODE("stranger", INTERNAL("::1"), READY)));
	check(0, 0, &verdicts);
	assert_int_equal(verdicts.n, 3);
	expect(&verdicts.items[0], "api", "master", "master", true, "'/readyz'");
	expect(&verdicts.items[1], "ready", "master", "master", true,
		"Ready, fd00:20::2; Kubernetes also has nodes that the configuration does not know: stranger");
	expect(&verdicts.items[2], "ready", "master", "minion-1", true, "Ready, fd00:20::3");
	asked = fixture_read("/run/asked");
	assert_string_equal(asked,
		"--kubeconfig=/no/root/etc/kubernetes/admin.conf --request-timeout=10s get --raw /readyz\n"
		"--kubeconfig=/no/root/etc/kubernetes/admin.conf --request-timeout=10s get --raw " LIST "\n");
}

static void test_minion_asks_for_health_only(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_free_ char *asked = NULL;

	say("answers", "/readyz", "ok");
	check(1, 0, &verdicts);
	assert_int_equal(verdicts.n, 1);
	expect(&verdicts.items[0], "api", "minion-1", "master", true, "'/readyz'");
	asked = fixture_read("/run/asked");
	assert_string_equal(
		asked, "--kubeconfig=/no/root/etc/kubernetes/kubelet.conf --request-timeout=10s get --raw /readyz\n");
}

static void test_old_api_server(void **unused)
{
	static const char *const refusals[] = {
		"Error from server (NotFound): the server could not find the requested resource\n",
		"Error from server (Forbidden): forbidden: User \"system:node:minion-1\" cannot get path "
		"\"/readyz\"\n"};
	size_t i;

	say("answers", "/healthz", "ok");
	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

		say("failures", "/readyz", refusals[i]);
		check(1, 0, &verdicts);
		expect(&verdicts.items[0], "api", "minion-1", "master", true, "'/healthz'");
	}
	unlink("/run/answers/.healthz");
	say("failures", "/healthz", "The connection to the server [fd00:20::2]:6443 was refused\n");
	{
		_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

		check(1, 0, &verdicts);
		expect(&verdicts.items[0], "api", "minion-1", "master", false, "'/healthz': The connection to");
	}
}

static void test_api_fails(void **unused)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"W1101 klog says something\nThe connection to the server [fd00:20::2]:6443 was refused\n\n",
			"kubectl get --raw '/readyz': The connection to the server [fd00:20::2]:6443 was refused: look "
			"at"},
		{"Error from server (InternalError): an error on the server (\"[+]ping ok\\n[-]etcd failed: reason "
		 "withheld\\n[+]log ok",
			"'/readyz': [-]etcd failed: reason withheld"},
		{"", "no word about why"},
		{"bad \xff\x01 octets", "bad ?  octets"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

		say("failures", "/readyz", cases[i].text);
		check(0, 0, &verdicts);
		assert_int_equal(verdicts.n, 3);
		expect(&verdicts.items[0], "api", "master", "master", false, cases[i].said);
		expect(&verdicts.items[1], "ready", "master", "master", false, "see the 'api' check");
		expect(&verdicts.items[2], "ready", "master", "minion-1", false, "see the 'api' check");
	}
}

static void test_long_complaint_is_cut(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_free_ char *text = mem_printf("%05000d", 0);

	say("failures", "/readyz", text);
	check(1, 0, &verdicts);
	expect(&verdicts.items[0], "api", "minion-1", "master", false, "000...: look at");
	assert_true(strlen(verdicts.items[0].detail) < 700);
}

static void test_list_cannot_be_had(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

	say("answers", "/readyz", "ok");
	say("answers", LIST, "<html>");
	check(0, 0, &verdicts);
	assert_int_equal(verdicts.n, 3);
	expect(&verdicts.items[1], "ready", "master", "master", false, "not a list of nodes");
	expect(&verdicts.items[2], "ready", "master", "minion-1", false, "not a list of nodes");
}

static void test_pages_are_put_together(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

	say("answers", "/readyz", "ok");
	say("answers", LIST, "{\"metadata\":{\"continue\":\"abc\"},\"items\":[" MASTER "]}");
	say("answers", LIST "&continue=abc", NODES(MINION));
	check(0, 0, &verdicts);
	assert_int_equal(verdicts_failed(&verdicts), 0);
}

static void test_starting_is_waited_for(void **unused)
{
	_cleanup_verdicts_ struct verdicts early = VERDICTS_INIT, patient = VERDICTS_INIT;

	say("answers", "/readyz", "ok");
	say("answers", LIST, NODES(MASTER "," LATE));
	check(0, 0, &early);
	expect(&early.items[2], "ready", "master", "minion-1", false, "no network");
	say("then", LIST, NODES(MASTER "," MINION));
	check(0, 20000, &patient);
	assert_int_equal(patient.n, 3);
	expect(&patient.items[2], "ready", "master", "minion-1", true, "Ready");
}

static void test_missing_is_not_waited_for(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	int64_t begin = clock_ms();

	say("answers", "/readyz", "ok");
	say("answers", LIST, NODES(LATE));
	check(0, 60000, &verdicts);
	assert_true(clock_ms() - begin < 30000);
	expect(&verdicts.items[1], "ready", "master", "master", false, "no node of this name");
	expect(&verdicts.items[2], "ready", "master", "minion-1", false, "no network");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_master),
		TEST(test_minion_asks_for_health_only),
		TEST(test_old_api_server),
		TEST(test_api_fails),
		TEST(test_long_complaint_is_cut),
		TEST(test_list_cannot_be_had),
		TEST(test_pages_are_put_together),
		TEST(test_starting_is_waited_for),
		TEST(test_missing_is_not_waited_for),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up_machine, NULL);
}
