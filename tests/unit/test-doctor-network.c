/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "doctor-fixture.h"

static struct cluster *cluster;

static int setup(void **state)
{
	cluster = plan_cluster("master dns64 nat64", "minion", "minion");
	return preflight_setup(state);
}

static int teardown(void **state)
{
	findings_done(&found);
	cluster_free(cluster);
	return fixture_teardown(state);
}

static struct seen_address address(const char *interface, const char *prefix, unsigned int flags, long age, long valid)
{
	struct seen_address seen = {.prefix = fixture_prefix(prefix), .flags = flags, .age = age, .valid = valid};

	snprintf(seen.interface, sizeof(seen.interface), "%s", interface);
	return seen;
}

static void test_judge_addresses(void **state)
{
	struct seen_address items[] = {address("eth1", "fd00:20::2/64", IFA_F_PERMANENT, 500, -1),
		address("eth1", "fe80::1/64", IFA_F_TENTATIVE, 3, -1)};
	struct seen_addresses seen = {items, 2, 2};

	judge_duplicate(&seen, &row, &found);
	judge_tentative(&seen, &row, &found);
	finds_nothing();
	items[1].age = 60;
	judge_tentative(&seen, &row, &found);
	finds(SEVERITY_WARNING, "'fe80::1' on 'eth1' has been tentative for 60 s");
	items[0].flags = IFA_F_TENTATIVE | IFA_F_DADFAILED;
	items[0].age = 60;
	items[1].age = 1;
	judge_tentative(&seen, &row, &found);
	finds_nothing();
	judge_duplicate(&seen, &row, &found);
	finds(SEVERITY_ERROR, "failed for 'fd00:20::2' on 'eth1'");
}

static void test_judge_own_address(void **state)
{
	struct cluster_node *self = &cluster->nodes[0];
	struct seen_address item = address("eth1", "fd00:20::2/64", 0, 1, -1);
	struct seen_addresses seen = {&item, 1, 1}, none = {0};

	judge_own_address(&seen, self, true, &row, &found);
	judge_own_address(&none, self, false, &row, &found);
	finds_nothing();
	judge_own_address(&none, self, true, &row, &found);
	finds(SEVERITY_ERROR, "was prepared, but its management address 'fd00:20::2' is not on 'eth1'");
	self->address_exists = true;
	judge_own_address(&none, self, false, &row, &found);
	finds(SEVERITY_ERROR, "does not have the address 'fd00:20::2' that the configuration says");
	item = address("eth2", "fd00:20::2/64", 0, 1, -1);
	judge_own_address(&seen, self, true, &row, &found);
	finds(SEVERITY_ERROR, "is on the interface 'eth2' of this node, not on 'eth1'");
}

static void test_judge_ssh(void **state)
{
	struct seen_address items[] = {
		address("eth0", "192.0.2.7/24", 0, 1, -1), address("eth1", "fd00:20::2/64", 0, 1, -1)};
	struct seen_addresses seen = {items, 2, 2};
	const struct cluster_node *self = &cluster->nodes[0];

	judge_ssh(&seen, "192.0.2.7", self, &row, &found);
	judge_ssh(&seen, "fe80::1%eth0", self, &row, &found);
	judge_ssh(&seen, "rubbish", self, &row, &found);
	finds_nothing();
	judge_ssh(&seen, "fd00:20::2", self, &row, &found);
	finds(SEVERITY_WARNING, "came in over 'eth1' to 'fd00:20::2'");
	judge_ssh(&seen, "fe80::1%eth1", self, &row, &found);
	finds(SEVERITY_WARNING, "came in over 'eth1' to 'fe80::1'");
}

static void add_link(void)
{
	RUN_QUIET("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "far");
	RUN_QUIET("ip", "link", "set", "eth1", "up");
	RUN_QUIET("ip", "link", "set", "far", "up");
}

static void test_look_addresses(void **state)
{
	struct doctor what = doctor_of(cluster, 0);

	doctor_prepare();
	add_link();
	diagnose(diagnose_own_address, &what);
	finds(SEVERITY_ERROR, "is not on 'eth1'");
	RUN_QUIET("ip", "addr", "add", "fd00:20::2/64", "dev", "eth1", "nodad");
	diagnose(diagnose_own_address, &what);
	finds_nothing();
	diagnose(diagnose_duplicate, &what);
	finds_nothing();
	diagnose(diagnose_tentative, &what);
	finds_nothing();
	diagnose(diagnose_ssh, &what);
	finds_nothing();
	what.ssh_server = "fd00:20::2";
	diagnose(diagnose_ssh, &what);
	finds(SEVERITY_WARNING, "came in over 'eth1'");
}

/* Another machine on the link: a namespace with the other end. */
static void test_conflict(void **state)
{
	struct step netns = step_netns("other"), veth = step_veth(NULL, "eth1", NULL, "other", "far", 1500);
	struct doctor what = doctor_of(cluster, 0);

	diagnose(diagnose_conflict, &what);
	finds_nothing();
	fixture_apply(&netns);
	fixture_apply(&veth);
	RUN_QUIET("ip", "link", "set", "eth1", "up");
	RUN_QUIET("ip", "addr", "add", "fd00:20::2/64", "dev", "eth1", "nodad");
	free(RUN_IN("other", "ip", "link", "set", "far", "address", "02:00:00:00:be:ef", "up"));
	diagnose(diagnose_conflict, &what);
	finds_nothing();
	free(RUN_IN("other", "ip", "addr", "add", "fd00:20::2/64", "dev", "far", "nodad"));
	diagnose(diagnose_conflict, &what);
	finds(SEVERITY_ERROR, "hardware address 02:00:00:00:be:ef on 'eth1' as well");
	step_done(&netns);
	step_done(&veth);
}

static void test_judge_ra(void **state)
{
	struct seen_route route = {.interface = "eth0", .protocol = RTPROT_RA, .expires = 1200};
	struct seen_address learned = address("eth0", "2001:db8::5/64", 0, 10, 3600);
	struct seen_listener seen = {"eth0", 1, 1, &route, NULL};

	judge_ra(&seen, &row, &found);
	assert_non_null(strstr(found.items[0].cure, "net.ipv6.conf.eth0.accept_ra=2"));
	finds(SEVERITY_ERROR, "its default route goes in 1200 s");
	seen.route = NULL;
	seen.learned = &learned;
	judge_ra(&seen, &row, &found);
	finds(SEVERITY_WARNING, "learned that way goes in 3600 s");
	seen.accept_ra = 2;
	judge_ra(&seen, &row, &found);
	seen.accept_ra = 0; /* another program listens */
	judge_ra(&seen, &row, &found);
	seen.accept_ra = 1;
	seen.forwarding = 0;
	judge_ra(&seen, &row, &found);
	finds_nothing();
}

static void test_look_ra(void **state)
{
	struct doctor what = doctor_of(NULL, 0);

	add_link();
	RUN_QUIET("ip", "addr", "add", "2001:db8::5/64", "dev", "eth1", "nodad");
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.eth1.accept_ra=1", "net.ipv6.conf.eth1.forwarding=1");
	RUN_QUIET("ip", "-6", "route", "add", "default", "via", "2001:db8::1", "dev", "eth1", "proto", "static");
	diagnose(diagnose_ra, &what);
	finds_nothing();
	RUN_QUIET("ip", "-6", "route", "del", "default");
	RUN_QUIET("ip", "-6", "route", "add", "default", "via", "2001:db8::1", "dev", "eth1", "proto", "ra", "expires",
		"900");
	diagnose(diagnose_ra, &what);
	if (!strstr(found.items[0].message, " 900 s") && !strstr(found.items[0].message, " 899 s"))
		fail_msg("%s", found.items[0].message);
	finds(SEVERITY_ERROR, "'eth1' ignores router advertisements");
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.eth1.accept_ra=2");
	diagnose(diagnose_ra, &what);
	finds_nothing();
	RUN_QUIET("ip", "-6", "route", "del", "default");
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.eth1.accept_ra=1");
	diagnose(diagnose_ra, &what);
	finds_nothing();
	RUN_QUIET("ip", "addr", "change", "2001:db8::5/64", "dev", "eth1", "valid_lft", "600", "preferred_lft", "300");
	diagnose(diagnose_ra, &what);
	finds(SEVERITY_WARNING, "the address that it learned");
}

static void test_judge_ipv4_default(void **state)
{
	struct seen_route item = {.interface = "eth0", .via = fixture_address("10.0.2.2"), .expires = -1};
	struct seen_routes one = {&item, 1, 1}, none = {0};

	judge_ipv4_default(&none, false, false, &row, &found);
	judge_ipv4_default(&one, true, false, &row, &found);
	judge_ipv4_default(&one, false, true, &row, &found);
	finds_nothing();
	judge_ipv4_default(&one, false, false, &row, &found);
	finds(SEVERITY_WARNING, "IPv4 default route via '10.0.2.2' on 'eth0'");
	judge_ipv4_default(&none, true, true, &row, &found);
	finds(SEVERITY_ERROR, "translates to IPv4, but has no IPv4 default route");
}

static void test_look_ipv4(void **state)
{
	struct doctor nat64 = doctor_of(cluster, 0), minion = doctor_of(cluster, 1);

	diagnose(diagnose_ipv4_default, &minion);
	finds_nothing();
	add_link();
	RUN_QUIET("ip", "addr", "add", "192.0.2.2/24", "dev", "eth1");
	RUN_QUIET("ip", "addr", "add", "198.51.100.2/24", "dev", "far");
	RUN_QUIET("ip", "route", "add", "default", "via", "192.0.2.1");
	diagnose(diagnose_ipv4_default, &nat64);
	finds_nothing();
	diagnose(diagnose_ipv4_default, &minion);
	finds(SEVERITY_WARNING, "via '192.0.2.1' on 'eth1'");
	place("/var/lib/kubelet/kubeadm-flags.env", "KUBELET_KUBEADM_ARGS=\"--node-ip=fd00:20::3\"\n");
	diagnose(diagnose_ipv4_default, &minion);
	finds_nothing();

	RUN_QUIET("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=1");
	diagnose(diagnose_rp_filter, &nat64);
	finds_nothing();
	RUN_QUIET("ip", "route", "add", "default", "via", "198.51.100.1", "metric", "5");
	RUN_QUIET("sysctl", "-qw", "net.ipv4.conf.far.rp_filter=2");
	diagnose(diagnose_rp_filter, &nat64);
	finds(SEVERITY_WARNING, "'eth1' drops answers");
	diagnose(diagnose_rp_filter, &minion);
	finds_nothing();
	RUN_QUIET("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.eth1.rp_filter=0");
	diagnose(diagnose_rp_filter, &nat64);
	finds_nothing();
}

static void test_judge_mtu(void **state)
{
	struct seen_link items[] = {{2, 1500, 0, "eth1", ""}, {3, 1500, 0, "br0", "bridge"},
		{4, 1500, 3, "veth1", "veth"}, {5, 9000, 0, "veth2", "veth"}};
	struct seen_links seen = {items, 4, 4};
	const struct cluster_node *self = &cluster->nodes[0];

	judge_mtu(&seen, cluster, self, &row, &found);
	judge_mtu(&seen, NULL, NULL, &row, &found);
	finds_nothing();
	items[0].mtu = 1400;
	judge_mtu(&seen, cluster, self, &row, &found);
	finds(SEVERITY_ERROR, "the MTU of 'eth1' is 1400, less than 'pod_net.mtu' (1500)");
	items[0].mtu = 9000;
	items[1].mtu = 1450;
	judge_mtu(&seen, cluster, self, &row, &found);
	finds(SEVERITY_ERROR, "bridge 'br0' is 1450, but 'pod_net.mtu' is 1500");
	items[1].mtu = 1500;
	items[3].master = 3;
	judge_mtu(&seen, cluster, self, &row, &found);
	finds(SEVERITY_WARNING, "1 pod on 'br0' does not have the MTU 1500 ('veth2' has 9000)");
}

static void test_look_mtu(void **state)
{
	struct doctor what = doctor_of(cluster, 0);

	add_link();
	RUN_QUIET("ip", "link", "set", "eth1", "mtu", "1300");
	diagnose(diagnose_mtu, &what);
	finds_nothing();
	doctor_prepare();
	diagnose(diagnose_mtu, &what);
	finds(SEVERITY_ERROR, "the MTU of 'eth1' is 1300");
}

static void test_path_mtu(void **state)
{
	struct doctor what = doctor_of(cluster, 0);

	judge_path_mtu(what.self, 0, 1500, &row, &found);
	judge_path_mtu(what.self, 1500, 1500, &row, &found);
	finds_nothing();
	add_link();
	RUN_QUIET("ip", "addr", "add", "fd00:20::2/64", "dev", "eth1", "nodad");
	diagnose(diagnose_path_mtu, &what);
	finds_nothing();
	RUN_QUIET("ip", "-6", "route", "add", "fd00:20::3/128", "dev", "eth1", "mtu", "1400");
	diagnose(diagnose_path_mtu, &what);
	finds(SEVERITY_ERROR, "packets of 1400 octets at most reach node 'minion-1', but 'pod_net.mtu' is 1500");
}

static void resolver(const char *text, bool prepared)
{
	findings_done(&found);
	judge_resolver("/etc/resolv.conf", text, cluster, prepared, &row, &found);
}

static void test_judge_resolver(void **state)
{
	resolver("# made by hand\nnameserver fd00:10::100\nnameserver\t2001:db8::53\nsearch a b c\n", true);
	finds_nothing();
	resolver("nameserver fd00:10::100\nnameserver 192.0.2.53\n", true);
	finds(SEVERITY_WARNING, "has IPv4 name servers (192.0.2.53)");
	resolver("nameserver 192.0.2.53\nnameserver 192.0.2.54", false);
	finds(SEVERITY_WARNING, "has IPv4 name servers (192.0.2.53, 192.0.2.54)");
	resolver("nameserver 192.0.2.53\n", true);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.items[0].severity, SEVERITY_ERROR);
	resolver("options edns0\nnameserver 127.0.0.53\n", false);
	finds(SEVERITY_ERROR, "names this machine itself as name server (127.0.0.53)");
	resolver("nameserver ::1\n", false);
	finds(SEVERITY_ERROR, "(::1)");
	resolver("nameserver 2001:db8::53\nnameserver fd00:10::100\n", false);
	finds_nothing();
	resolver("nameserver 2001:db8::53\nnameserver fd00:10::100\n", true);
	finds(SEVERITY_ERROR, "begins with name server '2001:db8::53', not with the DNS64 server 'fd00:10::100'");
	resolver("nameserver fd00:10::100\nnameserver fd00::2\nnameserver fd00::3\nnameserver 192.0.2.1\n", true);
	finds(SEVERITY_WARNING, "has 4 name servers");
	resolver("nameserver fd00:10::100\nsearch a b c d\n", true);
	finds(SEVERITY_WARNING, "search list of 4 domains");
	resolver("nameserver fd00:10::100\nsearch a b c d\nsearch x\n", true);
	finds_nothing();
	resolver("\n", true);
	finds(SEVERITY_ERROR, "names no name server");
	/* Not of an IPv6-only cluster: only what holds for any machine. */
	judge_resolver("/etc/resolv.conf", "nameserver 192.0.2.53\n", NULL, false, &row, &found);
	finds_nothing();
}

static void test_look_resolver(void **state)
{
	struct doctor what = doctor_of(cluster, 0);

	diagnose(diagnose_resolver, &what);
	finds(SEVERITY_ERROR, "there is no '/etc/resolv.conf'");
	place("/etc/resolv.conf", "nameserver 127.0.0.53\n");
	diagnose(diagnose_resolver, &what);
	finds(SEVERITY_ERROR, "'/etc/resolv.conf', which pods get, names this machine itself");
	/* Where systemd-resolved runs, kubeadm's settings name the file with its real servers. */
	place("/run/systemd/resolve/resolv.conf", "nameserver fd00:10::100\n");
	diagnose(diagnose_resolver, &what);
	finds_nothing();
	place("/var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n");
	diagnose(diagnose_resolver, &what);
	finds(SEVERITY_ERROR, "'/etc/resolv.conf', which pods get, names this machine itself");
	place("/var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\nresolvConf: \"/run/real.conf\"\n");
	diagnose(diagnose_resolver, &what);
	finds(SEVERITY_ERROR, "there is no '/run/real.conf'");
	place("/run/real.conf", "nameserver fd00:10::100\n");
	diagnose(diagnose_resolver, &what);
	finds_nothing();
	/* The flag goes before the file, which may be the master's. */
	place("/var/lib/kubelet/kubeadm-flags.env",
		"KUBELET_KUBEADM_ARGS=\"--node-ip=fd00:20::3 --resolv-conf=/run/own.conf\"\n");
	diagnose(diagnose_resolver, &what);
	finds(SEVERITY_ERROR, "there is no '/run/own.conf'");
	place("/run/own.conf", "nameserver fd00:10::100\n");
	diagnose(diagnose_resolver, &what);
	finds_nothing();
}

static void test_localhost(void **state)
{
	struct doctor what = doctor_of(NULL, 0);

	judge_localhost("127.0.0.1\tlocalhost\n::1 ip6-localhost localhost # both\n", &row, &found);
	finds_nothing();
	judge_localhost("127.0.0.1 localhost\n::1 ip6-localhost # localhost\n", &row, &found);
	finds(SEVERITY_WARNING, "'::1 localhost'");
	place("/etc/hosts", "::1 localhost\n");
	diagnose(diagnose_localhost, &what);
	finds(SEVERITY_WARNING, "'127.0.0.1 localhost'");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_judge_addresses),
		TEST(test_judge_own_address),
		TEST(test_judge_ssh),
		TEST(test_look_addresses),
		TEST(test_conflict),
		TEST(test_judge_ra),
		TEST(test_look_ra),
		TEST(test_judge_ipv4_default),
		TEST(test_look_ipv4),
		TEST(test_judge_mtu),
		TEST(test_look_mtu),
		TEST(test_path_mtu),
		TEST(test_judge_resolver),
		TEST(test_look_resolver),
		TEST(test_localhost),
	};

	return RUN_TESTS(tests);
}
