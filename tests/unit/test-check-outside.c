/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/checks.h"
#include "verify/dns.h"

#include "verify-fixture.h"

#define A_RECORD(a, b, c, d) 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, a, b, c, d
#define AAAA_START 0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 1, 0, 16
#define IN_PREFIX(a, b, c, d) 0xfd, 0, 0, 0x64, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d
#define ELSEWHERE 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1

static const uint8_t v4[] = {A_RECORD(203, 0, 113, 80)};
static const uint8_t good[] = {AAAA_START, IN_PREFIX(203, 0, 113, 80)};
static const uint8_t wrong[] = {AAAA_START, IN_PREFIX(203, 0, 113, 81)};
static const uint8_t native[] = {AAAA_START, ELSEWHERE};

/* What the name server says to a question for a name that begins with this. */
static const struct {
	const char *name;
	unsigned int rcode;
	const uint8_t *aaaa;
} zone[] = {
	{"good", 0, good},
	{"wrong", 0, wrong},
	{"native", 0, native},
	{"ipv4only", 0, good},
	{"bare", 0, NULL},
	{"fail", 2, NULL},
};

static pid_t start_dns(void)
{
	int fd = fixture_server(SOCK_DGRAM, "fd00:10::100", DNS_PORT);
	pid_t pid = fixture_fork();

	while (pid == 0) {
		uint8_t message[600];
		struct sockaddr_storage from;
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, message, 512, 0, (struct sockaddr *)&from, &from_len);
		const uint8_t *record;
		size_t i = 0, len = (size_t)n;

		if (n < 18)
			_exit(1);
		while (i < ARRAY_SIZE(zone) - 1 &&
			(message[12] != strlen(zone[i].name) || memcmp(message + 13, zone[i].name, message[12]) != 0))
			i++;
		message[2] = 0x81;
		message[3] = (uint8_t)(0x80 | zone[i].rcode);
		record = message[n - 3] == DNS_AAAA ? zone[i].aaaa : v4;
		if (record && zone[i].rcode == 0) {
			size_t size = record == v4 ? sizeof(v4) : sizeof(good);

			message[7] = 1;
			memcpy(message + len, record, size);
			len += size;
		}
		sendto(fd, message, len, 0, (struct sockaddr *)&from, from_len);
	}
	close(fd);
	return pid;
}

static const char *page = "";
static size_t page_size;

static pid_t start_http(const char *address)
{
	int listener = fixture_server(SOCK_STREAM, address, 80);
	pid_t pid = fixture_fork();

	while (pid == 0) {
		int fd = accept(listener, NULL, NULL);
		char request[2000];

		if (recv(fd, request, sizeof(request), 0) <= 0 || send(fd, page, page_size, MSG_NOSIGNAL) < 0)
			_exit(1);
		close(fd);
	}
	close(listener);
	return pid;
}

static int set_up_network(void **state)
{
	fixture_private_machine(state);
	fixture_run("ip addr add fd00:10::100/128 dev lo nodad");
	fixture_run("ip addr add fd00:64::cb00:7150/128 dev lo nodad");
	fixture_run("ip addr add 203.0.113.80/32 dev lo");
	return 0;
}

/* Run both checks for a name and hand out the node's own two verdicts; the pod's have its problem. */
static void check(const char *name, bool allow_aaaa, struct verdicts *ret)
{
	char self[] = "here";
	struct cluster_node nodes[] = {{.name = self, .roles = ROLE_DNS64 | ROLE_NAT64}};
	struct cluster cluster = {.nodes = nodes, .n_nodes = 1, .mtu = 1500};
	_cleanup_free_ char *text = mem_printf("http://%s.test/", name);
	struct checks checks = {.node = node_new(""), .cluster = &cluster, .self = nodes, .pod_problem = "no pod"};
	struct url url;
	pid_t dns, http;

	assert_int_equal(url_parse(text, &url, NULL), 0);
	assert_int_equal(prefix_parse("fd00:64::/96", &cluster.dns64.prefix), 0);
	cluster.dns64.v6 = fixture_address("fd00:10::100");
	cluster.dns64.allow_aaaa = allow_aaaa;
	checks.url = &url;
	dns = start_dns();
	http = start_http("fd00:64::cb00:7150");
	check_outside(&checks, ret);
	fixture_kill(dns);
	fixture_kill(http);
	node_free(checks.node);
	assert_int_equal(ret->n, 4);
	assert_string_equal(ret->items[0].check, "dns64");
	assert_string_equal(ret->items[1].check, "nat64");
	assert_string_equal(ret->items[3].from, "here/pod");
	assert_string_equal(ret->items[3].detail, "no pod");
	assert_false(ret->items[2].ok || ret->items[3].ok);
}

static void expect(const struct verdict *verdict, bool ok, const char *said)
{
	if (verdict->ok != ok || strstr(verdict->detail, said) == NULL)
		fail_msg("%s: %d %s", verdict->check, verdict->ok, verdict->detail);
}

#define SMALL_PAGE "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static void set_page(const char *text)
{
	page = text;
	page_size = strlen(text);
}

static void test_good(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;
	_cleanup_free_ char *large = mem_printf("HTTP/1.0 200 OK\r\nContent-Length: 20000\r\n\r\n%020000d", 0);

	set_page(large);
	check("good", false, &verdicts);
	expect(&verdicts.items[0], true, "fd00:64::cb00:7150");
	expect(&verdicts.items[1], true, "HTTP status 200, 20000 octets");
	assert_null(strstr(verdicts.items[1].detail, "too few"));
	set_page(SMALL_PAGE);
	verdicts_done(&verdicts);
	check("good", false, &verdicts);
	expect(&verdicts.items[1], true, "too few to prove full-size packets");
}

static void test_resolver_faults(void **unused)
{
	static const struct {
		const char *name, *said;
	} cases[] = {
		{"wrong", "resolves to fd00:64::cb00:7151 instead of fd00:64::cb00:7150"},
		{"native", "resolves to 2001:db8::1 instead of"},
		{"bare", "has no AAAA record"},
		{"fail", "SERVFAIL"},
	};
	size_t i;

	set_page(SMALL_PAGE);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

		check(cases[i].name, false, &verdicts);
		expect(&verdicts.items[0], false, cases[i].said);
		/* With an A record, NAT64 is judged on its own. */
		if (strcmp(cases[i].name, "fail") == 0)
			expect(&verdicts.items[1], false, "see the 'dns64' check");
		else
			expect(&verdicts.items[1], true, "HTTP status 200");
	}
}

static void test_native_address_may_be_allowed(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

	set_page(SMALL_PAGE);
	check("native", true, &verdicts);
	expect(&verdicts.items[0], true, "'ipv4only.arpa' is fd00:64::cb00:7150");
}

static void test_web_server_faults(void **unused)
{
	static const struct {
		const char *page, *said;
	} cases[] = {
		{"", "closed without an answer"},
		{"SSH-2.0-OpenSSH\r\n", "not HTTP"},
		{"HTTP/1.0 404 Not Found\r\n\r\nno", "HTTP status 404"},
		{"HTTP/1.0 200 OK\r\nContent-Length: 5000\r\n\r\nfew", "full-size packets are lost"},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

		set_page(cases[i].page);
		check("good", false, &verdicts);
		expect(&verdicts.items[0], true, "");
		expect(&verdicts.items[1], false, cases[i].said);
	}
}

/* Over plain routes, with this text as resolv.conf (NULL: none), in mode ipv4 or (two families) dual-stack. */
static void check_plain(const char *name, unsigned int families, const char *resolv_conf, struct verdicts *ret)
{
	char self[] = "here", *directory = fixture_directory(), *etc = mem_printf("%s/etc", directory),
	     *path = mem_printf("%s/resolv.conf", etc), *text = mem_printf("http://%s.test/", name);
	struct cluster_node nodes[] = {{.name = self, .roles = ROLE_MASTER}};
	struct cluster cluster = {
		.mode = families > 1 ? MODE_DUAL_STACK : MODE_IPV4, .families = families, .nodes = nodes, .n_nodes = 1};
	struct checks checks = {
		.node = node_new(directory), .cluster = &cluster, .self = nodes, .pod_problem = "no pod"};
	struct url url;
	pid_t dns, http;

	cluster.mgmt[0].address.family = AF_INET;
	cluster.mgmt[1].address.family = AF_INET6;
	assert_int_equal(url_parse(text, &url, NULL), 0);
	checks.url = &url;
	assert_true(file_make_directories(etc, 0755, NULL) >= 0);
	if (resolv_conf)
		fixture_write(path, resolv_conf);
	set_page(SMALL_PAGE);
	dns = start_dns();
	http = start_http("203.0.113.80");
	check_outside(&checks, ret);
	fixture_kill(dns);
	fixture_kill(http);
	node_free(checks.node);
	fixture_remove(directory);
	free(etc);
	free(path);
	free(text);
}

#define SERVER "# nobody\nsearch test\nnameserver fe80::1%eth0\nnameserver  fd00:10::100\nnameserver 192.0.2.1\n"

static void test_plain(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

	check_plain("good", 1, SERVER, &verdicts);
	assert_int_equal(verdicts.n, 2);
	assert_int_equal(verdicts.n_remarks, 0);
	assert_string_equal(verdicts.items[0].check, "outside");
	expect(&verdicts.items[0], true, "203.0.113.80:80: HTTP status 200");
	assert_string_equal(verdicts.items[1].from, "here/pod");
	expect(&verdicts.items[1], false, "no pod");
}

/* What is outside has one of the two families only: that is no fault of the cluster. */
static void test_plain_family_that_is_not_there(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

	check_plain("bare", 2, SERVER, &verdicts);
	assert_int_equal(verdicts.n, 2);
	expect(&verdicts.items[0], true, "HTTP status 200");
	assert_int_equal(verdicts.n_remarks, 1);
	assert_non_null(strstr(verdicts.remarks[0], "IPv6 is left out: 'bare.test' has no AAAA record"));
}

static void test_plain_no_way_out(void **unused)
{
	static const struct {
		const char *name, *resolv_conf, *said;
		unsigned int families;
	} cases[] = {
		{"good", NULL, "/etc/resolv.conf", 1},
		{"good", "options timeout:2\n", "names no server", 1},
		{"good", "nameserver 192.0.2.1\n", "no route to the name server 192.0.2.1", 1},
		{"native", SERVER, "no route to 2001:db8::1", 2},
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

		check_plain(cases[i].name, cases[i].families, cases[i].resolv_conf, &verdicts);
		assert_int_equal(verdicts.n_remarks, 1);
		assert_int_equal(verdicts.n, cases[i].families == 2 ? 2 : 0);
		if (strstr(verdicts.remarks[0], cases[i].said) == NULL)
			fail_msg("'%s' isn't in: %s", cases[i].said, verdicts.remarks[0]);
	}
}

/* A name server that is there and fails is a fault. */
static void test_plain_resolver_fails(void **unused)
{
	_cleanup_verdicts_ struct verdicts verdicts = VERDICTS_INIT;

	check_plain("fail", 1, SERVER, &verdicts);
	assert_int_equal(verdicts.n, 2);
	assert_int_equal(verdicts.n_remarks, 0);
	expect(&verdicts.items[0], false, "SERVFAIL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_resolver_faults),
		cmocka_unit_test(test_native_address_may_be_allowed),
		cmocka_unit_test(test_web_server_faults),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_plain_family_that_is_not_there),
		cmocka_unit_test(test_plain_no_way_out),
		cmocka_unit_test(test_plain_resolver_fails),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up_network, NULL);
}
