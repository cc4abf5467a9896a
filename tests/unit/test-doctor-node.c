/* SPDX-License-Identifier: Apache-2.0 */
/* Kubernetes, leftovers, the kernel, the machine, lazyjack's own. */
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "doctor-fixture.h"
#include "kube/ca-files.h"
#include "kube/pki.h"
#include "preflight/listener.h"

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

static void test_node_ip(void **state)
{
	struct address wanted = fixture_address("fd00:20::3");
	struct doctor what = doctor_of(cluster, 1);

	assert_int_equal(kubelet_node_ip("ARGS=\"--v=2 --node-ip=fd00:20::3 --x\"", &wanted), 1);
	assert_int_equal(kubelet_node_ip("--node-ip=10.0.0.3,fd00:20:0::3", &wanted), 1);
	assert_int_equal(kubelet_node_ip("--node-ip fd00:20::3", &wanted), 1);
	assert_int_equal(kubelet_node_ip("--node-ip=fd00:20::33", &wanted), 0);
	assert_int_equal(kubelet_node_ip("--node-ips=fd00:20::3 --node-ip=", &wanted), 0);
	diagnose(diagnose_node_ip, &what);
	finds_nothing();
	place("/var/lib/kubelet/kubeadm-flags.env", "KUBELET_KUBEADM_ARGS=\"--node-ip=fd00:20::3\"\n");
	diagnose(diagnose_node_ip, &what);
	finds_nothing();
	place("/var/lib/kubelet/kubeadm-flags.env", "KUBELET_KUBEADM_ARGS=\"--network-plugin=cni\"\n");
	diagnose(diagnose_node_ip, &what);
	finds(SEVERITY_ERROR, "does not set '--node-ip=fd00:20::3'");
}

#define NODE(addresses) "{\"status\":{\"addresses\":[" addresses "{\"type\":\"Hostname\",\"address\":\"minion-1\"}]}}"

static void test_node_address(void **state)
{
	struct doctor what = doctor_of(cluster, 1);

	diagnose(diagnose_node_address, &what);
	finds_nothing();
	place("/etc/kubernetes/kubelet.conf", "kind: Config\n");
	preflight_program("/usr/local/bin/kubectl", NODE("{\"type\":\"InternalIP\",\"address\":\"fd00:20::3\"},"));
	diagnose(diagnose_node_address, &what);
	finds_nothing();
	preflight_program("/usr/local/bin/kubectl", NODE("{\"type\":\"InternalIP\",\"address\":\"10.0.2.15\"},"));
	diagnose(diagnose_node_address, &what);
	finds(SEVERITY_ERROR, "by '10.0.2.15', not by its management address 'fd00:20::3'");
	preflight_program("/usr/local/bin/kubectl", "rubbish");
	diagnose(diagnose_node_address, &what);
	finds(SEVERITY_ERROR, "by no InternalIP");
	place("/usr/local/bin/kubectl", "#!/bin/sh\necho 'connection refused' >&2\nexit 1\n");
	diagnose(diagnose_node_address, &what);
	finds(SEVERITY_WARNING, "connection refused");
}

static const char tcp6[] = "  sl  local_address                         remote_address                        st "
			   "tx_queue rx_queue tr tm->when "
			   "retrnsmt   uid  timeout inode\n"
			   "   0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A "
			   "00000000:00000000 00:00000000 "
			   "00000000     0        0 111 1 0000000000000000 100 0 0 10 0\n"
			   "   1: 000000FD000000000000000002000000:280A 000000FD000000000000000003000000:C001 01 "
			   "00000000:00000000 00:00000000 "
			   "00000000     0        0 222 1 0000000000000000 100 0 0 10 0\n"
			   "   2: 00000000000000000000000000000000:280A 00000000000000000000000000000000:0000 0A "
			   "00000000:00000000 00:00000000 "
			   "00000000     0        0 333 1 0000000000000000 100 0 0 10 0\n";

static void test_kubelet_port(void **state)
{
	struct doctor what = doctor_of(NULL, 0);

	assert_int_equal(listening_inode(tcp6, 10250), 333);
	assert_int_equal(listening_inode(tcp6, 8080), 111);
	assert_int_equal(listening_inode(tcp6, 49153), 0);
	assert_int_equal(listening_inode("rubbish\n\n", 10250), 0);
	diagnose(diagnose_kubelet_port, &what);
	finds_nothing();
	place("/proc/net/tcp6", tcp6);
	place("/proc/77/comm", "kubelet\n");
	place("/proc/78/comm", "other\n");
	preflight_directory("/proc/77/fd");
	assert_int_equal(symlink("socket:[333]", FIXTURE_ROOT "/proc/77/fd/5"), 0);
	diagnose(diagnose_kubelet_port, &what);
	finds(SEVERITY_ERROR, "'kubelet' (process 77) holds port 10250 without kubeadm's configuration");
	place("/var/lib/kubelet/config.yaml", "kind: KubeletConfiguration\n");
	diagnose(diagnose_kubelet_port, &what);
	finds_nothing();
	place("/proc/77/comm", "nginx\n");
	diagnose(diagnose_kubelet_port, &what);
	finds(SEVERITY_ERROR, "'nginx' (process 77) holds port 10250, which the kubelet needs");
}

static const char *client(const char *words)
{
	size_t len;
	_cleanup_free_ char *text = nul_separated(words, &len);

	return dhcp_client(text, len, "eth1");
}

static void test_dhcp(void **state)
{
	struct doctor what = doctor_of(cluster, 1);

	assert_string_equal(client("/sbin/dhclient|-4|-v|-i|-pf|/run/dhclient.eth1.pid|eth1|"), "dhclient");
	assert_string_equal(client("udhcpc|-b|-i|eth1|"), "udhcpc");
	assert_string_equal(client("dhcpcd: eth1 [ip4]|"), "dhcpcd");
	assert_string_equal(client("/usr/sbin/dhclient|"), "dhclient");
	assert_null(client("/sbin/dhclient|-4|eth0|"));
	assert_null(client("/sbin/dhclient|-6|eth1|"));
	assert_null(client("dhcpcd: eth0 [ip4]|"));
	assert_null(client("vi|dhclient|eth1|"));
	assert_null(client(""));
	diagnose(diagnose_dhcp, &what);
	finds_nothing();
	place("/proc/55/cmdline", "dhclient");
	diagnose(diagnose_dhcp, &what);
	finds(SEVERITY_WARNING, "'dhclient' serves 'eth1'");
	take_away("/proc/55/cmdline");
	RUN_QUIET("ip", "link", "add", "eth1", "index", "42", "type", "veth", "peer", "name", "far");
	place("/run/systemd/netif/leases/42", "ADDRESS=192.0.2.9\n");
	diagnose(diagnose_dhcp, &what);
	finds(SEVERITY_WARNING, "'systemd-networkd' serves 'eth1'");
}

static void test_judge_chains(void **state)
{
	_cleanup_json_ json_t *nft = json_make("{s:[s,s,s],s:[s]}", "ip6 nat", "PREROUTING", "KUBE-SERVICES",
		"KUBE-KUBELET-CANARY", "ip6 filter", "KUBE-X");
	_cleanup_json_ json_t *kube = json_make("{s:{},s:{s:[]}}", "iptables", "ip6tables", "nat");
	_cleanup_json_ json_t *cni = json_make("{s:{s:[s]},s:{}}", "iptables", "nat", "CNI-abc", "ip6tables");
	struct seen_chains seen = {nft, kube, cni};

	judge_old_chains(&seen, true, true, &row, &found);
	judge_mixed(&seen, &row, &found);
	finds_nothing();
	judge_old_chains(&seen, false, true, &row, &found);
	finds(SEVERITY_WARNING, "2 chains 'KUBE-*' of an earlier cluster (this node is no member of any) are left in "
				"iptables-nft (the first is 'KUBE-SERVICES' in table 'ip6 nat')");
	judge_old_chains(&seen, true, false, &row, &found);
	finds(SEVERITY_WARNING,
		"1 chain 'CNI-*' of CNI plugins (there is no CNI configuration here) is left in iptables-legacy");
	json_array_append_new(json_object_get(json_object_get(kube, "ip6tables"), "nat"), json_string("KUBE-SVC"));
	judge_mixed(&seen, &row, &found);
	finds(SEVERITY_WARNING, "in both of iptables' back ends (2 in nft, 1 in legacy)");
}

static void test_look_chains(void **state)
{
	struct doctor what = doctor_of(NULL, 0);

	diagnose(diagnose_old_chains, &what);
	finds_nothing();
	RUN_QUIET("ip6tables-nft", "-t", "nat", "-N", "KUBE-SERVICES");
	diagnose(diagnose_mixed, &what);
	finds_nothing();
	diagnose(diagnose_old_chains, &what);
	finds(SEVERITY_WARNING, "1 chain 'KUBE-*'");
	place("/etc/kubernetes/kubelet.conf", "kind: Config\n");
	diagnose(diagnose_old_chains, &what);
	finds_nothing();
	RUN_QUIET("ip6tables-legacy", "-t", "nat", "-N", "KUBE-SERVICES");
	place("/proc/net/ip6_tables_names", "nat\n");
	diagnose(diagnose_mixed, &what);
	finds(SEVERITY_WARNING, "(1 in nft, 1 in legacy)");
}

static void test_foreign_links(void **state)
{
	struct doctor what = doctor_of(NULL, 0);

	RUN_QUIET("ip", "link", "add", "docker0", "type", "bridge");
	diagnose(diagnose_foreign_links, &what);
	finds_nothing();
	RUN_QUIET("ip", "link", "add", "cni0", "type", "bridge");
	diagnose(diagnose_foreign_links, &what);
	assert_string_equal(found.items[0].cure, "'ip link delete cni0', if nothing uses it");
	finds(SEVERITY_WARNING, "the interface 'cni0' belongs to another pod network");
	RUN_QUIET("ip", "link", "del", "cni0");
	RUN_QUIET("ip", "link", "add", "br0", "type", "bridge");
	diagnose(diagnose_foreign_links, &what);
	finds(SEVERITY_WARNING, "an interface 'br0' that lazyjack did not make");
	place("/state/journal",
		"{\"lazyjack-journal\":1}\n{\"seq\":1,\"verb\":\"up\",\"kind\":\"bridge\",\"want\":{\"name\":"
		"\"br0\"},\"undo\":null,\"found\":false}\n{\"done\":1}\n");
	diagnose(diagnose_foreign_links, &what);
	finds_nothing();
}

static void test_cni_config(void **state)
{
	static const char *const late[] = {"10-lazyjack.conflist", "20-other.conf", NULL};
	static const char *const early[] = {"05-other.conf", "10-lazyjack.conflist", NULL};
	static const char *const aside[] = {"05-other.conf.lazyjack-aside", "10-lazyjack.conflist", NULL};
	static const char *const without[] = {"05-other.conf", NULL};
	struct doctor what = doctor_of(NULL, 0);

	judge_cni_config(NULL, &row, &found);
	judge_cni_config(late, &row, &found);
	judge_cni_config(aside, &row, &found);
	judge_cni_config(without, &row, &found);
	finds_nothing();
	judge_cni_config(early, &row, &found);
	finds(SEVERITY_ERROR, "'/etc/cni/net.d/05-other.conf' comes before lazyjack's");
	place("/etc/cni/net.d/10-lazyjack.conflist", "{}");
	diagnose(diagnose_cni_config, &what);
	finds_nothing();
	place("/etc/cni/net.d/00-cilium.conflist", "{}");
	diagnose(diagnose_cni_config, &what);
	finds(SEVERITY_ERROR, "00-cilium.conflist");
}

static void test_cni_leases(void **state)
{
	struct doctor what = doctor_of(NULL, 0);
	unsigned int i;

	judge_cni_leases("/d", 0, 0, &row, &found);
	judge_cni_leases("/d", 100, 256, &row, &found);
	judge_cni_leases("/d", 100000, UINT64_MAX, &row, &found);
	finds_nothing();
	judge_cni_leases("/d", 240, 256, &row, &found);
	finds(SEVERITY_ERROR, "'/d' has 240 leases, and the network has no more than 256 addresses");
	judge_cni_leases("/d", 3, 0, &row, &found);
	finds(SEVERITY_WARNING, "3 leases of a network that no CNI configuration names");

	place("/var/lib/cni/networks/pods/lock", "");
	place("/var/lib/cni/networks/pods/last_reserved_ip.0", "fd00::5");
	diagnose(diagnose_cni_leases, &what);
	finds_nothing();
	place("/var/lib/cni/networks/pods/fd00::5", "x");
	diagnose(diagnose_cni_leases, &what);
	finds(SEVERITY_WARNING, "'/var/lib/cni/networks/pods' has 1 leases");
	place("/etc/cni/net.d/20-pods.conflist", "{\"name\":\"pods\",\"plugins\":[{\"type\":\"bridge\",\"ipam\":{"
						 "\"ranges\":[[{\"subnet\":\"10.0.0.0/8\"}],"
						 "[{\"subnet\":\"fd00::/124\"}]]}}]}");
	diagnose(diagnose_cni_leases, &what);
	finds_nothing();
	for (i = 0; i < 16; i++) {
		_cleanup_free_ char *path = mem_printf("/var/lib/cni/networks/pods/fd00::%x", i + 1);

		place(path, "x");
	}
	diagnose(diagnose_cni_leases, &what);
	finds(SEVERITY_ERROR, "16 leases, and the network has no more than 16 addresses");
}

static void test_cni_room(void **state)
{
	_cleanup_json_ json_t *old = json_loads("{\"name\":\"a\",\"ipam\":{\"subnet\":\"10.0.0.0/24\"}}", 0, NULL);
	_cleanup_json_ json_t *wide = json_loads("{\"name\":\"b\",\"ipam\":{\"subnet\":\"fd00::/64\"}}", 0, NULL);
	_cleanup_json_ json_t *none = json_loads("{\"name\":\"c\",\"plugins\":[{\"type\":\"x\"}]}", 0, NULL);

	assert_int_equal(cni_room(old, "a"), 256);
	assert_int_equal(cni_room(old, "b"), 0);
	assert_true(cni_room(wide, "b") == UINT64_MAX);
	assert_true(cni_room(none, "c") == UINT64_MAX);
	assert_int_equal(cni_room(NULL, "c"), 0);
}

static void test_ipv6_off(void **state)
{
	_cleanup_json_ json_t *fine = json_make("{s:s}", "net/ipv6/conf/all/disable_ipv6", "0");
	_cleanup_json_ json_t *none = json_object();
	struct doctor what = doctor_of(cluster, 0);

	judge_ipv6_off(fine, &row, &found);
	finds_nothing();
	judge_ipv6_off(none, &row, &found);
	finds(SEVERITY_ERROR, "this kernel has no IPv6");
	RUN_QUIET("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "far");
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.far.disable_ipv6=1");
	diagnose(diagnose_ipv6_off, &what);
	finds_nothing();
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.eth1.disable_ipv6=1");
	diagnose(diagnose_ipv6_off, &what);
	finds(SEVERITY_ERROR, "IPv6 is off on the interface 'eth1'");
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.eth1.disable_ipv6=0", "net.ipv6.conf.default.disable_ipv6=1");
	diagnose(diagnose_ipv6_off, &what);
	finds(SEVERITY_ERROR, "IPv6 is off for 'default' interfaces");
}

static void test_forwarding_off(void **state)
{
	struct doctor what = doctor_of(NULL, 0);

	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.all.forwarding=0");
	diagnose(diagnose_forwarding_off, &what);
	finds_nothing();
	doctor_prepare();
	diagnose(diagnose_forwarding_off, &what);
	finds(SEVERITY_ERROR, "IPv6 forwarding is off");
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1");
	diagnose(diagnose_forwarding_off, &what);
	finds_nothing();
}

/* Where the kernel has no br_netfilter the parameter is missing. */
static void test_bridge_netfilter(void **state)
{
	struct doctor what = doctor_of(NULL, 0);

	if (access("/proc/sys/net/bridge/bridge-nf-call-ip6tables", F_OK) < 0) {
		diagnose(diagnose_bridge_netfilter, &what);
		finds(SEVERITY_WARNING, "'br_netfilter' is missing");
		return;
	}
	doctor_prepare();
	RUN_QUIET("sysctl", "-qw", "net.bridge.bridge-nf-call-ip6tables=1");
	diagnose(diagnose_bridge_netfilter, &what);
	finds_nothing();
	RUN_QUIET("sysctl", "-qw", "net.bridge.bridge-nf-call-ip6tables=0");
	diagnose(diagnose_bridge_netfilter, &what);
	finds(SEVERITY_WARNING, "bridge-nf-call-ip6tables is 0");
}

static void test_ipvs(void **state)
{
	static const char wanted[] = "kind: KubeProxyConfiguration\nclusterCIDR: x\nmode: \"ipvs\"\n";
	struct doctor what = doctor_of(cluster, 0);

	assert_true(wants_ipvs(wanted));
	assert_false(wants_ipvs("kind: KubeProxyConfiguration\nmode: iptables\n"));
	assert_false(wants_ipvs("  mode: ipvs\n"));
	diagnose(diagnose_ipvs, &what);
	finds_nothing();
	place("/var/lib/lazyjack/work-area/kubeadm.conf", wanted);
	preflight_directory("/sys/module/ip_vs");
	preflight_directory("/sys/module/ip_vs_rr");
	preflight_directory("/sys/module/nf_conntrack");
	diagnose(diagnose_ipvs, &what);
	finds(SEVERITY_ERROR, "not loaded: ip_vs_wrr ip_vs_sh");
	preflight_directory("/sys/module/ip_vs_wrr");
	preflight_directory("/sys/module/ip_vs_sh");
	diagnose(diagnose_ipvs, &what);
	finds_nothing();
}

static void test_machine(void **state)
{
	struct doctor what = doctor_of(cluster, 0);

	judge_memory("MemTotal:        2014220 kB\nMemFree: 1 kB\n", &row, &found);
	judge_memory("rubbish", &row, &found);
	finds_nothing();
	judge_memory("MemTotal:        1014220 kB\n", &row, &found);
	finds(SEVERITY_WARNING, "has 990 MiB of memory");
	place("/proc/meminfo", "MemTotal:  512000 kB\n");
	diagnose(diagnose_memory, &what);
	finds(SEVERITY_WARNING, "500 MiB");

	findings_done(&found);
	judge_clock(false, false, &row, &found);
	judge_clock(true, true, &row, &found);
	finds_nothing();
	judge_clock(true, false, &row, &found);
	finds(SEVERITY_WARNING, "clock");
	place("/run/systemd/timesync/synchronized", "");
	diagnose(diagnose_clock, &what);
	finds_nothing();

	diagnose(diagnose_work_area, &what);
	judge_work_area("/tmpfiles/x", &row, &found);
	finds_nothing();
	judge_work_area("/tmp/lazyjack", &row, &found);
	finds(SEVERITY_WARNING, "'/tmp/lazyjack' does not last");
}

static void test_swap(void **state)
{
	static const char heading[] = "Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n";
	_cleanup_free_ char *on = mem_printf("%s/dev/vda2 partition 1 0 -2\n", heading);
	struct doctor what = doctor_of(NULL, 0);

	judge_swap(heading, NULL, &row, &found);
	judge_swap("", NULL, &row, &found);
	judge_swap(on, "failSwapOn: false\n", &row, &found);
	finds_nothing();
	judge_swap(on, "failSwapOn: true\n", &row, &found);
	finds(SEVERITY_WARNING, "swap is on ('/dev/vda2')");
	place("/proc/swaps", on);
	diagnose(diagnose_swap, &what);
	finds(SEVERITY_WARNING, "swap is on");
}

static void fill(const char *path)
{
	FILE *out = fopen(path, "we");
	int i;

	assert_non_null(out);
	for (i = 0; i < (2 << 20); i++)
		putc('x', out);
	fclose(out); /* fails when it is full: just that is wanted */
}

static void test_disk(void **state)
{
	struct seen_disk seen = {"/var", 100ULL << 30, 20ULL << 30, 1000, 500};
	struct doctor what = doctor_of(NULL, 0);

	judge_disk(&seen, &row, &found);
	finds_nothing();
	seen.available = 9ULL << 30;
	judge_disk(&seen, &row, &found);
	finds(SEVERITY_WARNING, "'/var' is nearly full: 9216 MiB (9 %) are left");
	seen.available = 0;
	judge_disk(&seen, &row, &found);
	finds(SEVERITY_ERROR, "'/var' is full");
	seen.available = 50ULL << 30;
	seen.files_free = 3;
	judge_disk(&seen, &row, &found);
	finds(SEVERITY_WARNING, "room for 3 more files only");
	seen.files = seen.files_free = 0;
	judge_disk(&seen, &row, &found);
	finds_nothing();
	preflight_directory("/var");
	assert_int_equal(mount("none", FIXTURE_ROOT "/var", "tmpfs", 0, "size=2m"), 0);
	diagnose(diagnose_disk, &what);
	finds_nothing();
	fill(FIXTURE_ROOT "/var/filler");
	diagnose(diagnose_disk, &what);
	finds(SEVERITY_ERROR, "'/var' is full");
	assert_int_equal(umount(FIXTURE_ROOT "/var"), 0);
}

/* A certificate in PEM form that ends so many seconds from now; of an authority if its own is taken. */
static char *certificate(long seconds, size_t *ret_len)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x509 = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *data, *text;

	assert_true(key && x509 && bio && X509_set_version(x509, 2) && X509_set_pubkey(x509, key) &&
		    X509_gmtime_adj(X509_getm_notBefore(x509), -100000000) &&
		    X509_gmtime_adj(X509_getm_notAfter(x509), seconds) && X509_sign(x509, key, EVP_sha256()));
	/* The kubelet's file begins with its key. */
	assert_true(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) && PEM_write_bio_X509(bio, x509));
	*ret_len = (size_t)BIO_get_mem_data(bio, &data);
	text = mem_strndup(data, *ret_len);
	EVP_PKEY_free(key);
	X509_free(x509);
	BIO_free(bio);
	return text;
}

static void judged(long days)
{
	size_t len;
	_cleanup_free_ char *text = certificate(days * 86400 + 3600, &len);

	judge_certificate("/x.crt", text, len, time(NULL), &row, &found);
}

static void test_certificate(void **state)
{
	_cleanup_pki_ca_ struct pki_ca ca = {0};
	struct doctor what = doctor_of(cluster, 0);
	_cleanup_free_ char *soon = NULL;
	size_t len;

	judged(31);
	judge_certificate("/x.crt", "rubbish", 7, time(NULL), &row, &found);
	judge_certificate("/x.crt", "", 0, time(NULL), &row, &found);
	finds_nothing();
	judged(29);
	finds(SEVERITY_WARNING, "'/x.crt' expires in 29 days");
	judged(0);
	finds(SEVERITY_WARNING, "expires in 0 days");
	judged(-1);
	finds(SEVERITY_ERROR, "expired 1 day ago");
	judged(-100);
	finds(SEVERITY_ERROR, "ago");

	assert_int_equal(pki_ca_new(PKI_ECDSA, "test", &ca, NULL), 0);
	place("/var/lib/lazyjack/work-area/certs/ca.crt", ca.certificate);
	diagnose(diagnose_certificates, &what);
	finds_nothing();
	soon = certificate(5 * 86400 + 60, &len);
	place("/var/lib/kubelet/pki/kubelet-client-current.pem", soon);
	diagnose(diagnose_certificates, &what);
	finds(SEVERITY_WARNING, "'/var/lib/kubelet/pki/kubelet-client-current.pem' expires in 5 days");
	take_away("/var/lib/kubelet/pki/kubelet-client-current.pem");
	place("/etc/kubernetes/pki/etcd/server.crt", soon);
	diagnose(diagnose_certificates, &what);
	finds(SEVERITY_WARNING, "'/etc/kubernetes/pki/etcd/server.crt' expires in 5 days");
}

static void test_service(void **state)
{
	static const char unit[] = "lazyjack-nat64.service", restore[] = "lazyjack-restore.service";

	judge_service(unit, "loaded", "active", false, "", &row, &found);
	judge_service(unit, "not-found", "inactive", false, "", &row, &found);
	judge_service(restore, "loaded", "inactive", true, "", &row, &found);
	judge_service(restore, "loaded", "activating", true, "", &row, &found);
	finds_nothing();
	judge_service(unit, "loaded", "failed", false, "no such device", &row, &found);
	assert_non_null(strstr(found.items[0].cure, "journalctl -u lazyjack-nat64.service"));
	finds(SEVERITY_ERROR, "the unit 'lazyjack-nat64.service' failed: no such device");
	judge_service(unit, "loaded", "activating", false, "", &row, &found);
	finds(SEVERITY_ERROR, "is being started again and again");
	judge_service(unit, "loaded", "inactive", false, "", &row, &found);
	finds(SEVERITY_ERROR, "does not run");
	judge_service(restore, "loaded", "failed", true, "", &row, &found);
	assert_non_null(strstr(found.items[0].cure, "'lazyjack restore'"));
	finds(SEVERITY_ERROR, "'lazyjack-restore.service' failed");
}

static void test_container(void **state)
{
	judge_container("docker", "bind9", STEP_IN_PLACE, "", "", &row, &found);
	finds_nothing();
	judge_container("docker", "bind9", STEP_DRIFTED, "it does not run", "no such zone", &row, &found);
	assert_string_equal(found.items[0].cure, "'docker logs bind9' says what it did; then 'lazyjack prepare'");
	finds(SEVERITY_ERROR,
		"'bind9' of docker is not as lazyjack made it: it does not run; its last words: no such zone");
	judge_container("podman", "tayga", STEP_MISSING, "", "", &row, &found);
	finds(SEVERITY_ERROR, "'tayga' of podman is not as lazyjack made it: there is none");
}

/* One of the journal whose engine cannot be asked. */
static void test_containers(void **state)
{
	struct doctor what = doctor_of(NULL, 0);

	place("/state/journal",
		"{\"lazyjack-journal\":1}\n{\"seq\":1,\"verb\":\"prepare\",\"kind\":\"container\",\"want\":{\"engine\":"
		"\"no-such-engine\",\"name\":\"bind9\"},\"undo\":null,\"found\":false}\n{\"done\":1}\n");
	diagnose(diagnose_services, &what);
	finds(SEVERITY_ERROR, "'bind9' of no-such-engine is not as lazyjack made it: there is no program");
}

static void test_drift(void **state)
{
	struct doctor what = doctor_of(NULL, 0);

	judge_drift(0, NULL, &row, &found);
	diagnose(diagnose_drift, &what);
	finds_nothing();
	place("/state/journal",
		"{\"lazyjack-journal\":1}\n{\"seq\":1,\"verb\":\"up\",\"kind\":\"bridge\",\"want\":{\"name\":"
		"\"br0\"},\"undo\":null,\"found\":false}\n{\"done\":1}\n");
	diagnose(diagnose_drift, &what);
	finds(SEVERITY_ERROR, "1 thing is not as lazyjack left it (the first: bridge br0: missing)");
	RUN_QUIET("ip", "link", "add", "br0", "up", "type", "bridge");
	diagnose(diagnose_drift, &what);
	finds_nothing();
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_node_ip),
		TEST(test_node_address),
		TEST(test_kubelet_port),
		TEST(test_dhcp),
		TEST(test_judge_chains),
		TEST(test_look_chains),
		TEST(test_foreign_links),
		TEST(test_cni_config),
		TEST(test_cni_leases),
		TEST(test_cni_room),
		TEST(test_ipv6_off),
		TEST(test_forwarding_off),
		TEST(test_bridge_netfilter),
		TEST(test_ipvs),
		TEST(test_machine),
		TEST(test_swap),
		TEST(test_disk),
		TEST(test_certificate),
		TEST(test_service),
		TEST(test_container),
		TEST(test_containers),
		TEST(test_drift),
	};

	return RUN_TESTS(tests);
}
