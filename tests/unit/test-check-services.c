/* SPDX-License-Identifier: Apache-2.0 */
/* From a pod that reaches, through a veth pair, the addresses of service, cluster DNS and NAT64 on this machine's lo.
 */
#include "verify/checks.h"
#include "verify/dns.h"

#include <errno.h>

#include "verify-fixture.h"

#define SERVICE "fd00:30::1"
#define CLUSTER_DNS "fd00:30::a"
#define KUBERNETES "kubernetes.default.svc.cluster.local"

enum { SILENT = 100 }; /* instead of a response code: no answer */

struct entry {
	const char *name;
	const char *address; /* NULL: no record */
	uint8_t rcode;
	uint8_t busy; /* so many questions get SERVFAIL first */
};

static const struct entry usual[] = {
	{KUBERNETES, SERVICE, 0, 0},
	{"www.test", "fd00:64::cb00:7150", 0, 0},
	{"ipv4only.arpa", "fd00:64::c000:aa", 0, 0},
	{"native.test", "2001:db8::1", 0, 0},
	{"bare.test", NULL, 0, 0},
	{"inside.test.default.svc.cluster.local", SERVICE, 0, 0},
	{"inside.test", "fd00:64::cb00:7150", 0, 0},
	{"broken.test.svc.cluster.local", NULL, 2, 0},
	{"broken.test", "fd00:64::cb00:7150", 0, 0},
	{"a.b.c.d.e.test.svc.cluster.local", NULL, 2, 0},
	{"a.b.c.d.e.test", "fd00:64::cb00:7150", 0, 0},
};

/* Answer one question about `table`: a name that is not in it does not exist. Returns the length; 0: be silent. */
static size_t answer(uint8_t *message, size_t len, struct entry *table, size_t n)
{
	static const uint8_t record[] = {0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 1, 0, 16};
	struct entry *entry = NULL;
	char name[DNS_NAME_MAX + 1] = "";
	struct address address;
	size_t used = 0, at, i;

	for (at = 12; message[at] && used + message[at] + 2 < sizeof(name); at += 1U + message[at])
		used += (size_t)sprintf(
			name + used, "%s%.*s", used ? "." : "", message[at], (const char *)message + at + 1);
	for (i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			entry = &table[i];
	message[2] = 0x81;
	message[3] = 0x83;
	if (entry == NULL)
		return len;
	message[3] = (uint8_t)(0x80 | entry->rcode);
	if (entry->rcode == SILENT)
		return 0;
	if (entry->busy) {
		entry->busy--;
		message[3] = 0x82;
	} else if (entry->address && message[len - 3] == DNS_AAAA) {
		address = fixture_address(entry->address);
		message[7] = 1;
		memcpy(message + len, record, sizeof(record));
		memcpy(message + len + sizeof(record), address.bytes, 16);
		len += sizeof(record) + 16;
	}
	return len;
}

static _Noreturn void serve_dns(int fd, const struct entry *entries, size_t n)
{
	struct entry table[ARRAY_SIZE(usual)];

	memcpy(table, entries, n * sizeof(*table));
	for (;;) {
		uint8_t message[600];
		struct sockaddr_storage from;
		socklen_t from_len = sizeof(from);
		ssize_t got = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &from_len);
		size_t len;

		if (got < 18)
			_exit(1);
		len = answer(message, (size_t)got, table, n);
		if (len)
			sendto(fd, message, len, 0, (struct sockaddr *)&from, from_len);
	}
}

static pid_t start_dns(const struct entry *entries, size_t n)
{
	int fd = fixture_server(SOCK_DGRAM, CLUSTER_DNS, DNS_PORT);
	pid_t pid;

	assert_true(n <= ARRAY_SIZE(usual));
	pid = fixture_fork();
	if (pid == 0)
		serve_dns(fd, entries, n);
	close(fd);
	return pid;
}

static pid_t start_http(void)
{
	static const char page[] = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok";
	int listener = fixture_server(SOCK_STREAM, "fd00:64::cb00:7150", 80);
	pid_t pid = fixture_fork();

	while (pid == 0) {
		int fd = accept(listener, NULL, NULL);
		char request[2000];

		if (recv(fd, request, sizeof(request), 0) <= 0 || send(fd, page, sizeof(page) - 1, MSG_NOSIGNAL) < 0)
			_exit(1);
		close(fd);
	}
	close(listener);
	return pid;
}

static int set_up_network(void **state)
{
	fixture_private_machine(state);
	fixture_run("ip addr add " SERVICE "/128 dev lo nodad");
	fixture_run("ip addr add " CLUSTER_DNS "/128 dev lo nodad");
	fixture_run("ip addr add fd00:64::cb00:7150/128 dev lo nodad");
	fixture_run("ip netns add pod");
	fixture_run("sysctl -qw net.ipv6.conf.default.accept_dad=0");
	fixture_run("ip netns exec pod sysctl -qw net.ipv6.conf.default.accept_dad=0");
	fixture_run("ip link add eth1 type veth peer name eth0 netns pod");
	fixture_run("ip addr add fd00:41::1/64 dev eth1 nodad");
	fixture_run("ip -n pod addr add fd00:41::2/64 dev eth0 nodad");
	fixture_run("ip link set eth1 up");
	fixture_run("ip -n pod link set eth0 up");
	fixture_run("ip -n pod route add default via fd00:41::1");
	return 0;
}

struct fixture {
	struct cluster_node self;
	struct cluster cluster;
	struct url url;
	struct checks checks;
	struct verdicts verdicts;
	int service; /* listens */
	pid_t dns, http;
};

static int set_up(void **state)
{
	static char name[] = "here";
	struct fixture *fixture = mem_new(1, sizeof(*fixture));

	fixture->self = (struct cluster_node){.name = name, .roles = ROLE_MASTER | ROLE_DNS64 | ROLE_NAT64};
	fixture->cluster = (struct cluster){.nodes = &fixture->self,
		.n_nodes = 1,
		.families = 1,
		.mtu = 1500,
		.cluster_dns = {fixture_address(CLUSTER_DNS)}};
	assert_int_equal(prefix_parse("fd00:30::/110", &fixture->cluster.service[0]), 0);
	assert_int_equal(prefix_parse("fd00:64::/96", &fixture->cluster.dns64.prefix), 0);
	assert_int_equal(url_parse("http://www.test/", &fixture->url, NULL), 0);
	fixture->checks = (struct checks){.node = node_new(""),
		.cluster = &fixture->cluster,
		.self = &fixture->self,
		.pod = "pod",
		.url = &fixture->url};
	fixture->http = start_http();
	fixture->service = fixture_server(SOCK_STREAM, SERVICE, 443); /* last: no child must hold it */
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->dns)
		fixture_kill(fixture->dns);
	fixture_kill(fixture->http);
	if (fixture->service >= 0)
		close(fixture->service);
	verdicts_done(&fixture->verdicts);
	node_free(fixture->checks.node);
	free(fixture);
	return 0;
}

/* Run them; the verdicts are: service of node and pod, cluster-dns, name. */
static void run(struct fixture *fixture, int settle_ms)
{
	verdicts_done(&fixture->verdicts);
	fixture->checks.settle = clock_ms() + settle_ms;
	check_services(&fixture->checks, &fixture->verdicts);
	assert_int_equal(fixture->verdicts.n, 4);
}

static void expect(
	const struct fixture *fixture, size_t i, const char *check, const char *from, bool ok, const char *said)
{
	const struct verdict *v = &fixture->verdicts.items[i];

	assert_string_equal(v->check, check);
	assert_string_equal(v->from, from);
	if (v->ok != ok || strstr(v->detail, said) == NULL)
		fail_msg("%s: %d %s", check, v->ok, v->detail);
}

static void test_all_well(void **state)
{
	struct fixture *fixture = *state;

	fixture->dns = start_dns(usual, ARRAY_SIZE(usual));
	run(fixture, 0);
	expect(fixture, 0, "service", "here", true, "[fd00:30::1]:443 accepts connections");
	expect(fixture, 1, "service", "here/pod", true, "[fd00:30::1]:443 accepts connections");
	expect(fixture, 2, "cluster-dns", "here/pod", true, "fd00:30::1, says fd00:30::a");
	expect(fixture, 3, "name", "here/pod", true, "[fd00:64::cb00:7150]:80: HTTP status 200");
	assert_string_equal(fixture->verdicts.items[0].to, "kubernetes");
	assert_string_equal(fixture->verdicts.items[2].to, KUBERNETES);
	assert_string_equal(fixture->verdicts.items[3].to, "www.test");
}

static void test_nothing_answers(void **state)
{
	struct fixture *fixture = *state;

	close(fixture->service);
	fixture->service = -1;
	run(fixture, 0);
	expect(fixture, 0, "service", "here", false, "[fd00:30::1]:443: connection refused: kube-proxy on here");
	expect(fixture, 1, "service", "here/pod", false, "connection refused");
	expect(fixture, 2, "cluster-dns", "here/pod", false,
		"cannot ask the name server fd00:30::a: Connection refused");
	expect(fixture, 3, "name", "here/pod", false, "see the 'cluster-dns' check");
}

static void test_no_route(void **state)
{
	struct fixture *fixture = *state;

	fixture->dns = start_dns(usual, ARRAY_SIZE(usual));
	fixture->cluster.service[0].address = fixture_address("2001:db8::");
	run(fixture, 0);
	expect(fixture, 0, "service", "here", false, "[2001:db8::1]:443: unreachable");
	expect(fixture, 2, "cluster-dns", "here/pod", false, "is fd00:30::1 instead of 2001:db8::1");
}

static void test_dns_starts_late(void **state)
{
	struct entry table[] = {{KUBERNETES, SERVICE, 0, 2}, {"www.test", "fd00:64::cb00:7150", 0, 1}};
	struct fixture *fixture = *state;

	fixture->dns = start_dns(table, 2);
	run(fixture, 0);
	expect(fixture, 2, "cluster-dns", "here/pod", false, "'" KUBERNETES "': SERVFAIL");
	run(fixture, 20000);
	expect(fixture, 2, "cluster-dns", "here/pod", true, SERVICE);
	expect(fixture, 3, "name", "here/pod", true, "HTTP status 200");
}

static void test_dns_comes_up_while_waited_for(void **state)
{
	struct fixture *fixture = *state;
	pid_t late = fixture_fork();

	if (late == 0) {
		clock_pause(700);
		serve_dns(fixture_server(SOCK_DGRAM, CLUSTER_DNS, DNS_PORT), usual, ARRAY_SIZE(usual));
	}
	run(fixture, 20000);
	fixture_kill(late);
	expect(fixture, 2, "cluster-dns", "here/pod", true, SERVICE);
	expect(fixture, 3, "name", "here/pod", true, "HTTP status 200");
}

static void test_cluster_dns_faults(void **state)
{
	static const struct {
		struct entry entry;
		const char *said;
	} cases[] = {
		{{KUBERNETES, "fd00:30::2", 0, 0}, "is fd00:30::2 instead of fd00:30::1"},
		{{KUBERNETES, NULL, 0, 0}, "knows no AAAA record"},
		{{"other", NULL, 0, 0}, "knows no AAAA record"},
		{{KUBERNETES, NULL, 5, 0}, "REFUSED"},
		{{KUBERNETES, NULL, SILENT, 0}, "did not answer in 5 s"},
	};
	struct fixture *fixture = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		fixture->dns = start_dns(&cases[i].entry, 1);
		run(fixture, 0);
		fixture_kill(fixture->dns);
		fixture->dns = 0;
		expect(fixture, 2, "cluster-dns", "here/pod", false, cases[i].said);
		expect(fixture, 3, "name", "here/pod", false, "see the 'cluster-dns' check");
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *url;
		bool ok;
		const char *said;
	} cases[] = {
		{"http://native.test/", false,
			"'native.test' resolves to 2001:db8::1, which is not in dns64.cidr fd00:64::/96"},
		{"http://bare.test/", false, "'bare.test' has no AAAA record"},
		{"http://absent.test/", false, "'absent.test' does not exist"},
		/* A pod asks below its own domains first. */
		{"http://inside.test/", false, "'inside.test.default.svc.cluster.local' resolves to fd00:30::1"},
		{"http://broken.test/", false, "'broken.test.svc.cluster.local': SERVFAIL"},
		{"http://inside.test./", true, "HTTP status 200"},
		{"http://a.b.c.d.e.test/", true, "HTTP status 200"},
	};
	struct fixture *fixture = *state;
	size_t i;

	fixture->dns = start_dns(usual, ARRAY_SIZE(usual));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(url_parse(cases[i].url, &fixture->url, NULL), 0);
		run(fixture, 0);
		expect(fixture, 3, "name", "here/pod", cases[i].ok, cases[i].said);
	}
}

/* What waiting does not cure is told at once. */
static void test_wrong_answers_are_final(void **state)
{
	struct fixture *fixture = *state;
	int64_t begin = clock_ms();

	fixture->dns = start_dns(usual, ARRAY_SIZE(usual));
	assert_int_equal(url_parse("http://native.test/", &fixture->url, NULL), 0);
	run(fixture, 60000);
	expect(fixture, 3, "name", "here/pod", false, "not in dns64.cidr");
	assert_true(clock_ms() - begin < 10000);
}

static void test_native_address_may_be_allowed(void **state)
{
	struct fixture *fixture = *state;

	fixture->dns = start_dns(usual, ARRAY_SIZE(usual));
	fixture->cluster.dns64.allow_aaaa = true;
	assert_int_equal(url_parse("http://native.test/", &fixture->url, NULL), 0);
	run(fixture, 0);
	expect(fixture, 3, "name", "here/pod", true, "'ipv4only.arpa' is fd00:64::c000:aa; not fetched");
}

static void test_without_pod(void **state)
{
	struct fixture *fixture = *state;

	fixture->checks.pod = NULL;
	fixture->checks.pod_problem = "no pod today";
	run(fixture, 0);
	expect(fixture, 0, "service", "here", true, "accepts");
	expect(fixture, 1, "service", "here/pod", false, "no pod today");
	expect(fixture, 2, "cluster-dns", "here/pod", false, "no pod today");
	expect(fixture, 3, "name", "here/pod", false, "no pod today");
}

/* In a child, since an interruption lasts. */
static void test_a_signal_ends_the_waiting(void **state)
{
	struct fixture *fixture = *state;
	int64_t begin = clock_ms();
	int status;
	pid_t pid = fixture_fork();

	if (pid == 0) {
		run_catch_signals();
		if (fixture_fork() == 0) {
			clock_pause(300);
			kill(getppid(), SIGINT);
			_exit(0);
		}
		fixture->checks.settle = clock_ms() + 60000;
		check_services(&fixture->checks, &fixture->verdicts);
		_exit(run_interrupted() && verdicts_failed(&fixture->verdicts) > 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(clock_ms() - begin < 10000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_well),
		TEST(test_nothing_answers),
		TEST(test_no_route),
		TEST(test_dns_starts_late),
		TEST(test_dns_comes_up_while_waited_for),
		TEST(test_cluster_dns_faults),
		TEST(test_names),
		TEST(test_wrong_answers_are_final),
		TEST(test_native_address_may_be_allowed),
		TEST(test_without_pod),
		TEST(test_a_signal_ends_the_waiting),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up_network, NULL);
}
