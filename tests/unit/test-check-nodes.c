/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/checks.h"

#include "verify-fixture.h"
#include "verify/responder.h"

enum { PORT = 7000 };

/*
 * Three nodes: "here" and "there" have addresses on lo, "gone" has none. The pod here is the namespace "pod", connected
 * by a veth pair with a narrow MTU; that of "there" is on lo.
 */
struct fixture {
	struct node *node;
	struct cluster_node nodes[3];
	struct cluster cluster;
	struct url url;
	struct checks checks;
	struct verdicts verdicts;
	pid_t responder;
};

static pid_t start_responder(struct node *node, const char *name)
{
	struct address mgmt[] = {fixture_address("fd00:20::2"), fixture_address("10.20.0.2")};
	struct address pods[] = {fixture_address("fd00:40::2"), fixture_address("10.40.0.2")};
	struct listener listeners[4];
	pid_t pid;
	size_t i;

	for (i = 0; i < 4; i++) {
		listeners[i].pod = &pods[i / 2];
		assert_int_equal(
			responder_listen(node, NULL, i % 2 ? &pods[i / 2] : &mgmt[i / 2], PORT, &listeners[i].fd, NULL),
			0);
	}
	pid = fixture_fork();
	if (pid == 0) {
		responder_run(listeners, 4, name, 0);
		_exit(0);
	}
	for (i = 0; i < 4; i++)
		close(listeners[i].fd);
	return pid;
}

static int set_up_network(void **state)
{
	fixture_private_machine(state);
	fixture_run("ip addr add fd00:20::1/128 dev lo nodad");
	fixture_run("ip addr add fd00:20::2/128 dev lo nodad");
	fixture_run("ip addr add fd00:40::2/128 dev lo nodad");
	fixture_run("ip addr add 10.20.0.1/32 dev lo");
	fixture_run("ip addr add 10.20.0.2/32 dev lo");
	fixture_run("ip addr add 10.40.0.2/32 dev lo");
	fixture_run("ip netns add pod");
	fixture_run("sysctl -qw net.ipv6.conf.default.accept_dad=0");
	fixture_run("ip netns exec pod sysctl -qw net.ipv6.conf.default.accept_dad=0");
	fixture_run("ip link add eth1 type veth peer name eth0 netns pod");
	fixture_run("ip addr add fd00:41::1/64 dev eth1 nodad");
	fixture_run("ip -n pod addr add fd00:41::2/64 dev eth0 nodad");
	fixture_run("ip link set eth1 up");
	fixture_run("ip -n pod link set eth0 up mtu 1400");
	fixture_run("ip -n pod route add default via fd00:41::1");
	fixture_run("ip addr add 10.41.0.1/24 dev eth1");
	fixture_run("ip -n pod addr add 10.41.0.2/24 dev eth0");
	fixture_run("ip -n pod route add default via 10.41.0.1");
	return 0;
}

static int set_up(void **state)
{
	static char names[3][8] = {"here", "there", "gone"};
	struct fixture *fixture = mem_new(1, sizeof(*fixture));
	size_t i;

	for (i = 0; i < 3; i++) {
		_cleanup_free_ char *text = mem_printf("fd00:20::%zu", i + 1), *v4 = mem_printf("10.20.0.%zu", i + 1);

		fixture->nodes[i].mgmt[1] = (struct prefix){fixture_address(v4), 24};
		fixture->nodes[i].name = names[i];
		fixture->nodes[i].mgmt[0] = (struct prefix){fixture_address(text), 64};
	}
	fixture->node = node_new("");
	fixture->cluster = (struct cluster){.nodes = fixture->nodes, .n_nodes = 3, .families = 1, .mtu = 1500};
	fixture->checks = (struct checks){.node = fixture->node,
		.cluster = &fixture->cluster,
		.self = &fixture->nodes[0],
		.port = PORT,
		.pod_mtu = 1500,
		.pod_problem = "none today",
		.url = &fixture->url};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->responder)
		fixture_kill(fixture->responder);
	verdicts_done(&fixture->verdicts);
	node_free(fixture->node);
	free(fixture);
	return 0;
}

/* The verdict, of which there has to be exactly one. */
static const struct verdict *find(const struct fixture *fixture, const char *check, const char *from, const char *to)
{
	const struct verdict *found = NULL;
	size_t i;

	for (i = 0; i < fixture->verdicts.n; i++) {
		const struct verdict *v = &fixture->verdicts.items[i];

		if (str_eq(v->check, check) && str_eq(v->from, from) && str_eq(v->to, to)) {
			assert_null(found);
			found = v;
		}
	}
	if (found == NULL)
		fail_msg("no verdict: %s %s %s", check, from, to);
	return found;
}

static void expect(
	const struct fixture *fixture, const char *check, const char *from, const char *to, bool ok, const char *said)
{
	const struct verdict *v = find(fixture, check, from, to);

	if (v->ok != ok || strstr(v->detail, said) == NULL)
		fail_msg("%s %s %s: %d %s", check, from, to, v->ok, v->detail);
}

static void test_all_kinds(void **state)
{
	struct fixture *fixture = *state;

	fixture->responder = start_responder(fixture->node, "there");
	fixture->checks.pod = "pod";
	check_nodes(&fixture->checks, &fixture->verdicts);
	expect(fixture, "mgmt", "here", "here", true, "fd00:20::1 answered");
	expect(fixture, "mgmt", "here", "there", true, "fd00:20::2 answered");
	expect(fixture, "mgmt", "here", "gone", false, "look at 'lazyjack status' on gone");
	expect(fixture, "mtu", "here", "there", true, "1500 octets");
	expect(fixture, "mtu", "here", "gone", false, "1500 octets");
	expect(fixture, "pod", "here/pod", "there/pod", true, "[fd00:40::2]:7000 answered");
	expect(fixture, "pod", "here/pod", "gone/pod", false, "is 'lazyjack verify --serve' running on gone?");
	expect(fixture, "mtu", "here/pod", "there/pod", false, "does not take 1500 octets");
	expect(fixture, "mtu", "here/pod", "gone/pod", false, "see the 'pod' check");
	assert_int_equal(fixture->verdicts.n, 9);
}

static void test_mtu_that_fits(void **state)
{
	struct fixture *fixture = *state;

	fixture->responder = start_responder(fixture->node, "there");
	fixture->checks.pod = "pod";
	fixture->cluster.mtu = fixture->checks.pod_mtu = 1400;
	fixture->cluster.n_nodes = 2;
	check_nodes(&fixture->checks, &fixture->verdicts);
	assert_int_equal(verdicts_failed(&fixture->verdicts), 0);
	assert_int_equal(fixture->verdicts.n, 5);
}

static void test_the_wrong_node_answers(void **state)
{
	struct fixture *fixture = *state;

	fixture->responder = start_responder(fixture->node, "impostor");
	fixture->checks.pod = "pod";
	fixture->cluster.n_nodes = 2;
	check_nodes(&fixture->checks, &fixture->verdicts);
	expect(fixture, "pod", "here/pod", "there/pod", false, "'impostor' answered instead of 'there'");
}

static void test_without_pod(void **state)
{
	struct fixture *fixture = *state;

	fixture->checks.pod_problem = "run 'lazyjack up' first";
	fixture->cluster.n_nodes = 2;
	check_nodes(&fixture->checks, &fixture->verdicts);
	expect(fixture, "pod", "here/pod", "there/pod", false, "run 'lazyjack up' first");
	expect(fixture, "mtu", "here/pod", "there/pod", false, "see the 'pod' check");
	assert_int_equal(fixture->verdicts.n, 5);
}

static void test_alone(void **state)
{
	struct fixture *fixture = *state;

	fixture->checks.pod = "pod";
	fixture->cluster.n_nodes = 1;
	check_nodes(&fixture->checks, &fixture->verdicts);
	expect(fixture, "mgmt", "here", "here", true, "answered");
	assert_int_equal(fixture->verdicts.n, 1);
}

/* Every family, each with the addresses of its own. */
static void test_two_families(void **state)
{
	struct fixture *fixture = *state;
	unsigned int i, v4 = 0;

	fixture->responder = start_responder(fixture->node, "there");
	fixture->checks.pod = "pod";
	fixture->cluster.mtu = fixture->checks.pod_mtu = 1400;
	fixture->cluster.n_nodes = 2;
	fixture->cluster.families = 2;
	check_nodes(&fixture->checks, &fixture->verdicts);
	assert_int_equal(verdicts_failed(&fixture->verdicts), 0);
	assert_int_equal(fixture->verdicts.n, 10);
	for (i = 0; i < fixture->verdicts.n; i++)
		v4 += strstr(fixture->verdicts.items[i].detail, "10.20.0.") ||
		      strstr(fixture->verdicts.items[i].detail, "10.40.0.2");
	assert_int_equal(v4, 5);
}

static void test_ipv4_faults(void **state)
{
	struct fixture *fixture = *state;
	size_t i;

	for (i = 0; i < 3; i++)
		fixture->nodes[i].mgmt[0] = fixture->nodes[i].mgmt[1];
	fixture->responder = start_responder(fixture->node, "there");
	fixture->checks.pod = "pod";
	check_nodes(&fixture->checks, &fixture->verdicts);
	expect(fixture, "mgmt", "here", "there", true, "10.20.0.2 answered");
	expect(fixture, "mgmt", "here", "gone", false, "look at 'lazyjack status' on gone");
	expect(fixture, "mtu", "here", "there", true, "1500 octets pass to 10.20.0.2");
	expect(fixture, "pod", "here/pod", "there/pod", true, "10.40.0.2:7000 answered");
	expect(fixture, "mtu", "here/pod", "there/pod", false, "does not take 1500 octets");
}

/* A plugin of others, of which no pod is to be had: nothing is said about pods. */
static void test_no_pods_to_be_had(void **state)
{
	struct fixture *fixture = *state;

	fixture->checks.pod_problem = NULL;
	fixture->cluster.n_nodes = 2;
	check_nodes(&fixture->checks, &fixture->verdicts);
	assert_int_equal(fixture->verdicts.n, 3);
	assert_int_equal(verdicts_failed(&fixture->verdicts), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_kinds),
		TEST(test_mtu_that_fits),
		TEST(test_the_wrong_node_answers),
		TEST(test_without_pod),
		TEST(test_alone),
		TEST(test_two_families),
		TEST(test_ipv4_faults),
		TEST(test_no_pods_to_be_had),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up_network, NULL);
}
