/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/facts.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <net/route.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "preflight-fixture.h"

static struct facts gather(void)
{
	struct cluster *cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	_cleanup_err_ struct err err = ERR_INIT;
	struct facts facts;

	if (facts_gather(fixture_node, cluster, &cluster->nodes[0], &facts, &err) < 0)
		fail_msg("%s", err.msg);
	cluster_free(cluster);
	return facts;
}

static void test_bare_machine(void **state)
{
	struct facts facts = gather();

	assert_true(facts.self[0] == '/');
	assert_string_equal(facts.hosts_file, "/etc/hosts");
	assert_false(facts.resolved);
	assert_false(facts.kubelet_unit);
	assert_null(facts.cri_socket);
	assert_null(facts.accept_ra);
	assert_null(facts.cni_others);
	assert_null(facts.kubeadm_version);
	assert_int_equal(facts.kubeadm_minor, 0);
	facts_done(&facts);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", FIXTURE_ROOT, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void test_kubernetes(void **state)
{
	struct facts facts;

	preflight_directory("/etc/systemd/system");
	fixture_write(FIXTURE_ROOT "/etc/systemd/system/kubelet.service", "[Service]\n");
	assert_int_equal(symlink("../run/systemd/resolve/stub-resolv.conf", FIXTURE_ROOT "/etc/resolv.conf"), 0);
	preflight_program("/usr/local/bin/kubeadm", "v1.20.2");
	make_socket("/run/containerd/containerd.sock");
	facts = gather();
	assert_true(facts.kubelet_unit);
	assert_true(facts.resolved);
	assert_string_equal(facts.kubeadm_version, "v1.20.2");
	assert_int_equal(facts.kubeadm_minor, 20);
	assert_string_equal(facts.cri_socket, "/run/containerd/containerd.sock");
	facts_done(&facts);
}

/* The highest version that all plugins share and that runtimes read. */
static void test_cni_version(void **state)
{
	struct facts facts;

	preflight_program(
		"/opt/cni/bin/bridge", "{\"supportedVersions\": [\"0.3.1\", \"0.4.0\", \"1.0.0\", \"1.1.0\"]}");
	preflight_program(
		"/opt/cni/bin/host-local", "{\"supportedVersions\": [\"0.3.1\", \"0.4.0\", \"1.0.0\", \"1.1.0\"]}");
	preflight_program("/opt/cni/bin/portmap", "{\"supportedVersions\": [\"0.3.0\", \"0.3.1\", \"0.4.0\"]}");
	facts = gather();
	assert_string_equal(facts.cni_bin, "/opt/cni/bin");
	assert_string_equal(facts.cni_version, "0.4.0");
	facts_done(&facts);

	preflight_program("/opt/cni/bin/portmap", "{\"supportedVersions\": [\"0.2.0\"]}");
	facts = gather();
	assert_null(facts.cni_version);
	facts_done(&facts);
}

/* `up` renames them; the fact has to stay, or a second run would put them back. */
static void test_cni_others(void **state)
{
	static const char *const names[] = {"87-podman.conflist", "10-lazyjack.conflist", "05-old.conf.lazyjack-aside",
		"notes.txt", "notes.txt.lazyjack-aside"};
	struct facts facts;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = mem_printf(FIXTURE_ROOT "/etc/cni/net.d/%s", names[i]);

		fixture_write(path, "{}\n");
	}
	facts = gather();
	assert_string_equal(facts.cni_others[0], "/etc/cni/net.d/05-old.conf");
	assert_string_equal(facts.cni_others[1], "/etc/cni/net.d/87-podman.conflist");
	assert_null(facts.cni_others[2]);
	facts_done(&facts);
}

/* The kernel marks its routes from advertisements RTF_ADDRCONF; the old ioctl is the one way to make such a route. */
static void test_advertisements(void **state)
{
	struct in6_rtmsg route = {
		.rtmsg_flags = RTF_UP | RTF_GATEWAY | RTF_DEFAULT | RTF_ADDRCONF, .rtmsg_metric = 1024};
	struct facts facts;
	int fd;

	RUN_QUIET("ip", "link", "add", "up1", "type", "veth", "peer", "name", "up2");
	RUN_QUIET("ip", "link", "set", "up1", "up");
	RUN_QUIET("ip", "link", "set", "up2", "up");
	facts = gather();
	assert_null(facts.accept_ra);
	facts_done(&facts);

	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inet_pton(AF_INET6, "fe80::1234", &route.rtmsg_gateway);
	route.rtmsg_ifindex = (int)if_nametoindex("up1");
	assert_int_equal(ioctl(fd, SIOCADDRT, &route), 0);
	close(fd);
	facts = gather();
	assert_non_null(facts.accept_ra);
	assert_string_equal(facts.accept_ra[0], "up1");
	assert_null(facts.accept_ra[1]);
	facts_done(&facts);
	/* Both at once is one fact. */
	RUN_QUIET("sysctl", "-w", "net.ipv6.conf.up1.accept_ra=2");
	facts = gather();
	assert_string_equal(facts.accept_ra[0], "up1");
	assert_null(facts.accept_ra[1]);
	facts_done(&facts);
}

/* While the router is away there is no such route, but what listens for it has to go on listening. */
static void test_router_away(void **state)
{
	struct facts facts;

	RUN_QUIET("ip", "link", "add", "up1", "type", "veth", "peer", "name", "up2");
	RUN_QUIET("sysctl", "-w", "net.ipv6.conf.up1.accept_ra=2");
	facts = gather();
	assert_non_null(facts.accept_ra);
	assert_string_equal(facts.accept_ra[0], "up1");
	assert_null(facts.accept_ra[1]);
	facts_done(&facts);
	/* Where that is the default, it says nothing about any interface. */
	RUN_QUIET("sysctl", "-w", "net.ipv6.conf.default.accept_ra=2");
	facts = gather();
	assert_null(facts.accept_ra);
	facts_done(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bare_machine, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_kubernetes, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_cni_version, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_cni_others, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_advertisements, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_router_away, preflight_setup, fixture_teardown),
	};

	return RUN_TESTS(tests);
}
