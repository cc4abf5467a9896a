/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/api-server.h"

#include <errno.h>
#include <sys/socket.h>

#include "netns-fixture.h"

static int listen_on(const char *host, unsigned int port)
{
	struct sockaddr_storage at;
	struct address address;
	socklen_t len;
	int fd;

	assert_int_equal(address_parse(host, &address), 0);
	len = address_sockaddr(&address, (uint16_t)port, &at);
	fd = socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static int attempt(const char *text, const char *words)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct endpoint endpoint;
	int r;

	assert_int_equal(endpoint_parse(text, &endpoint), 0);
	r = api_server_connect(&endpoint, &err);
	if (words && !strstr(r < 0 ? err.msg : "", words))
		fail_msg("'%s' isn't in: %s", words, r < 0 ? err.msg : "nothing");
	return r;
}

static void test_address(void **state)
{
	int v6 = listen_on("::1", 6443), v4 = listen_on("127.0.0.1", 8443);

	assert_int_equal(attempt("[::1]", NULL), 0);
	assert_int_equal(attempt("127.0.0.1:8443", NULL), 0);
	assert_int_equal(attempt("[::1]:8443", "no connection to '::1' port 8443"), -ECONNREFUSED);
	assert_int_equal(attempt("[fd00::1]", "no connection to 'fd00::1' port 6443"), -ENETUNREACH);
	close(v6);
	close(v4);
}

/* A name may have addresses of which only a later one answers. */
static void test_name(void **state)
{
	static const char hosts[] = "192.0.2.1 api.test\n127.0.0.1 api.test\n";
	const struct file_attr attr = {.mode = 0644};
	int fd = listen_on("127.0.0.1", 6443);

	assert_int_equal(file_replace(FIXTURE_ROOT "/hosts", hosts, strlen(hosts), &attr, NULL), 0);
	assert_int_equal(mount(FIXTURE_ROOT "/hosts", "/etc/hosts", NULL, MS_BIND, NULL), 0);
	assert_int_equal(attempt("api.test", NULL), 0);
	assert_int_equal(attempt("other.test", "the name 'other.test' is not known"), -ENXIO);
	assert_int_equal(umount("/etc/hosts"), 0);
	close(fd);
}

/* Nobody takes the packets: it comes to an end all the same. */
static void test_silence(void **state)
{
	RUN_QUIET("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "far");
	RUN_QUIET("ip", "link", "set", "far", "up");
	RUN_QUIET("ip", "link", "set", "eth1", "up");
	RUN_QUIET("ip", "address", "add", "192.0.2.2/24", "dev", "eth1");
	RUN_QUIET("ip", "neighbour", "add", "192.0.2.1", "lladdr", "02:00:00:00:00:01", "dev", "eth1");
	assert_int_equal(attempt("192.0.2.1", "timed out"), -ETIMEDOUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_address, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_name, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_silence, fixture_setup, fixture_teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
