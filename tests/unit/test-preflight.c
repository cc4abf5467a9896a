/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/preflight.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "preflight-fixture.h"

struct machine {
	struct cluster *cluster;
	struct facts facts;
	const char *state_directory;
	size_t node;
	bool kubeadm, member;
};

static struct machine machine(void)
{
	return (struct machine){plan_cluster("master dns64 nat64", "minion", "minion"), plan_facts(), "/run/state", 0};
}

static void machine_done(struct machine *machine)
{
	cluster_free(machine->cluster);
	facts_done(&machine->facts);
}

/* The finding of this id, as "error: message" or "warning: message"; NULL when there is none. */
static char *finding(const struct machine *machine, const char *verb, const char *id)
{
	const struct preflight what = {
		.node = fixture_node,
		.cluster = machine->cluster,
		.self = &machine->cluster->nodes[machine->node],
		.facts = &machine->facts,
		.state_directory = machine->state_directory,
		.kubeadm = machine->kubeadm,
		.member = machine->member,
	};
	_cleanup_findings_ struct findings findings = FINDINGS_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	unsigned int errors = 0;
	char *found = NULL;
	size_t i;
	int r;

	r = preflight_run(&what, verb, &findings, &err);
	if (r < 0)
		fail_msg("%s", err.msg);
	for (i = 0; i < findings.n; i++) {
		const struct finding *item = &findings.items[i];

		errors += item->severity == SEVERITY_ERROR;
		if (!found && str_eq(item->id, id))
			found = mem_printf(
				"%s: %s", item->severity == SEVERITY_ERROR ? "error" : "warning", item->message);
	}
	assert_int_equal(r, errors);
	return found;
}

static void finds(const struct machine *machine, const char *verb, const char *id, const char *words)
{
	_cleanup_free_ char *text = finding(machine, verb, id);

	if (text == NULL || strstr(text, words) == NULL)
		fail_msg("'%s' isn't in: %s", words, text ? text : "nothing");
}

static void finds_nothing(const struct machine *machine, const char *verb, const char *id)
{
	_cleanup_free_ char *text = finding(machine, verb, id);

	if (text)
		fail_msg("%s", text);
}

static void add_link(void)
{
	RUN_QUIET("ip", "link", "add", "eth1", "type", "veth", "peer", "name", "far");
}

static void test_interface(void **state)
{
	struct machine m = machine();

	RUN_QUIET("ip", "link", "add", "enp7s0", "type", "bridge");
	finds(&m, "prepare", "interface", "enp7s0");
	add_link();
	finds(&m, "prepare", "interface", "error: the interface 'eth1' is down");
	RUN_QUIET("ip", "link", "set", "eth1", "up");
	finds_nothing(&m, "up", "interface");
	machine_done(&m);
}

static void test_mtu(void **state)
{
	struct machine m = machine();

	RUN_QUIET("ip", "tuntap", "add", "eth1", "mode", "tap");
	finds_nothing(&m, "prepare", "mtu");
	m.cluster->mtu = 65535;
	finds(&m, "prepare", "mtu", "can do an MTU of 65521 at most");
	machine_done(&m);
}

static void test_own_address(void **state)
{
	struct machine m = machine();

	add_link();
	finds_nothing(&m, "prepare", "own-address");
	m.cluster->nodes[0].address_exists = true;
	finds(&m, "prepare", "own-address", "does not have the address 'fd00:20::2'");
	RUN_QUIET("ip", "addr", "add", "fd00:20::2/64", "dev", "far", "nodad");
	finds(&m, "prepare", "own-address", "error: the management address 'fd00:20::2' is on the interface 'far'");
	RUN_QUIET("ip", "addr", "del", "fd00:20::2/64", "dev", "far");
	RUN_QUIET("ip", "addr", "add", "fd00:20::2/64", "dev", "eth1", "nodad");
	finds_nothing(&m, "prepare", "own-address");
	machine_done(&m);
}

/* Another machine on the link: a namespace with the other end. */
static void add_neighbour(void)
{
	struct step netns = step_netns("other"), veth = step_veth(NULL, "eth1", NULL, "other", "far", 1500);

	fixture_apply(&netns);
	fixture_apply(&veth);
	free(RUN_IN("other", "ip", "link", "set", "far", "address", "02:00:00:00:be:ef"));
	step_done(&netns);
	step_done(&veth);
}

static void test_address_in_use(void **state)
{
	struct machine m = machine();

	add_neighbour();
	RUN_QUIET("ip", "link", "set", "eth1", "up");
	free(RUN_IN("other", "ip", "link", "set", "far", "up"));
	finds_nothing(&m, "prepare", "address-in-use");
	free(RUN_IN("other", "ip", "addr", "add", "fd00:20::2/64", "dev", "far", "nodad"));
	finds(&m, "prepare", "address-in-use",
		"error: the management address 'fd00:20::2' is in use already by the machine with hardware address "
		"02:00:00:00:be:ef");
	/* Another node's address is no clash with that. */
	m.node = 1;
	finds_nothing(&m, "prepare", "address-in-use");
	machine_done(&m);
}

/* IPv4's own way to ask, and both families of a dual-stack cluster. */
static void test_ipv4_address_in_use(void **state)
{
	struct machine m = machine();

	cluster_free(m.cluster);
	m.cluster = plan_mode_cluster("dual-stack", true, "");
	add_neighbour();
	RUN_QUIET("ip", "link", "set", "eth1", "up");
	free(RUN_IN("other", "ip", "link", "set", "far", "up"));
	finds_nothing(&m, "prepare", "address-in-use");
	free(RUN_IN("other", "ip", "addr", "add", "10.20.0.3/16", "dev", "far"));
	finds_nothing(&m, "prepare", "address-in-use");
	free(RUN_IN("other", "ip", "addr", "add", "10.20.0.2/16", "dev", "far"));
	finds(&m, "prepare", "address-in-use",
		"error: the management address '10.20.0.2' is in use already by the machine with hardware address "
		"02:00:00:00:be:ef");
	RUN_QUIET("ip", "link", "add", "elsewhere", "type", "veth", "peer", "name", "end");
	RUN_QUIET("ip", "addr", "add", "10.20.0.2/16", "dev", "elsewhere");
	finds(&m, "prepare", "own-address", "'10.20.0.2' is on the interface 'elsewhere' of this node, not on 'eth1'");
	machine_done(&m);
}

static void test_plugins_of_others(void **state)
{
	struct machine m = machine();

	cluster_free(m.cluster);
	facts_done(&m.facts);
	m.cluster = plan_mode_cluster("ipv4", false, "    plugin: none\n    plugin-manifest: /root/net.yaml\n");
	finds_nothing(&m, "up", "cni-plugins");
	finds(&m, "up", "plugin-manifest", "warning: the plugin's manifest '/root/net.yaml' is no file");
	m.kubeadm = true;
	finds(&m, "up", "plugin-manifest", "error: ");
	m.facts.manifest_sha256 = mem_strdup("00");
	finds_nothing(&m, "up", "plugin-manifest");
	machine_done(&m);
	m = machine();
	free(m.cluster->plugin);
	m.cluster->plugin = mem_strdup("ptp");
	facts_done(&m.facts);
	finds(&m, "up", "cni-plugins", "'ptp', 'host-local', 'portmap'");
	machine_done(&m);
}

static void test_state_directory(void **state)
{
	struct machine m = machine();

	finds_nothing(&m, "prepare", "state-directory");
	preflight_directory("/small");
	assert_int_equal(mount("none", FIXTURE_ROOT "/small", "tmpfs", 0, "size=512k"), 0);
	m.state_directory = "/small/lib/lazyjack";
	finds(&m, "prepare", "state-directory", "is full");
	assert_int_equal(mount("none", FIXTURE_ROOT "/small", "none", MS_REMOUNT | MS_RDONLY, NULL), 0);
	finds(&m, "up", "state-directory", "is read-only");
	assert_int_equal(umount(FIXTURE_ROOT "/small"), 0);
	machine_done(&m);
}

static void test_programs(void **state)
{
	struct machine m = machine();

	finds_nothing(&m, "prepare", "named");
	finds_nothing(&m, "prepare", "tayga");
	finds_nothing(&m, "up", "cni-plugins");
	facts_done(&m.facts);
	finds(&m, "prepare", "named", "error: there is no program 'named'");
	finds(&m, "prepare", "tayga", "error: there is no program 'tayga'");
	finds(&m, "up", "cni-plugins", "error: neither '/opt/cni/bin' nor '/usr/lib/cni' has all of");
	finds(&m, "up", "bridge-netfilter", "warning: ");
	/* Only where they are needed. */
	m.node = 1;
	finds_nothing(&m, "prepare", "named");
	finds_nothing(&m, "prepare", "tayga");
	machine_done(&m);
}

/* tayga is needed only where it translates, and why it does is told. */
static void test_nat64_engine(void **state)
{
	struct machine m = machine();

	finds_nothing(&m, "prepare", "nat64-engine");
	m.facts.nat64_lacks = mem_strdup("the system call bpf(2) (Operation not permitted)");
	finds(&m, "prepare", "nat64-engine",
		"warning: the eBPF translator can't run here, so tayga translates, several times slower; missing: the "
		"system call bpf(2)");
	free(m.cluster->nat64.engine);
	m.cluster->nat64.engine = mem_strdup("ebpf");
	finds(&m, "prepare", "nat64-engine", "error: the eBPF translator can't run here; missing: the system call");
	free(m.cluster->nat64.engine);
	m.cluster->nat64.engine = mem_strdup("tayga");
	finds_nothing(&m, "prepare", "nat64-engine");
	free(m.facts.tayga);
	m.facts.tayga = NULL;
	finds(&m, "prepare", "tayga", "error: there is no program 'tayga'");
	free(m.cluster->nat64.engine);
	m.cluster->nat64.engine = mem_strdup("auto");
	m.facts.nat64_ebpf = true;
	finds_nothing(&m, "prepare", "tayga");
	machine_done(&m);
}

/* In the private mount namespace; an engine that says `text` and ends with `status`. */
static void put_engine(const char *text, int status)
{
	_cleanup_free_ char *script = mem_printf("#!/bin/sh\necho '%s' >&2\nexit %d\n", text, status);

	fixture_write("/usr/local/sbin/podman", script);
	assert_int_equal(chmod("/usr/local/sbin/podman", 0755), 0);
}

static void test_container_engine(void **state)
{
	struct machine m = machine();

	finds_nothing(&m, "prepare", "container-engine");
	free(m.cluster->runtime);
	m.cluster->runtime = mem_strdup("podman");
	free(m.facts.named);
	m.facts.named = NULL;
	finds_nothing(&m, "prepare", "named"); /* the image brings it */
	finds(&m, "prepare", "container-engine", "error: there is no program 'podman'");
	finds_nothing(&m, "prepare", "container-image");

	m.facts.engine = mem_strdup("/usr/local/sbin/podman");
	assert_int_equal(mount("none", "/usr/local/sbin", "tmpfs", 0, NULL), 0);
	put_engine("no storage", 125);
	finds(&m, "prepare", "container-engine", "error: the container engine 'podman' does not answer: ");
	finds(&m, "prepare", "container-engine", "no storage");
	finds_nothing(&m, "prepare", "container-image");

	/* `image inspect` of a real one fails when there is no such image; `image ls` does not. */
	fixture_write("/usr/local/sbin/podman", "#!/bin/sh\n[ $2 = ls ]\n");
	finds_nothing(&m, "prepare", "container-engine");
	finds(&m, "prepare", "container-image",
		"warning: podman has no image 'localhost/lazyjack-nat64:1': it will be built");
	free(m.cluster->nat64.image);
	m.cluster->nat64.image = mem_strdup("registry.test/tayga");
	finds(&m, "prepare", "container-image", "'registry.test/tayga': it will be pulled");
	fixture_write("/usr/local/sbin/podman", "#!/bin/sh\necho '[{}]'\n");
	finds_nothing(&m, "prepare", "container-image");

	/* Where no service is, no engine matters. */
	put_engine("no storage", 125);
	m.node = 1;
	finds_nothing(&m, "prepare", "container-engine");
	umount2("/usr/local/sbin", MNT_DETACH);
	machine_done(&m);
}

/* A docker of this version that has one network besides its own. */
static void put_docker(const char *version, const char *network)
{
	_cleanup_free_ char *script =
		mem_printf("#!/bin/sh\ncase \"$1 $2\" in\n"
			   "'version --format') echo '%s';;\n"
			   "'network ls') printf '1\\n2\\n';;\n"
			   "'network inspect') [ $3 = 1 ] && [ $4 = 2 ] && echo '[{\"Name\":\"host\","
			   "\"IPAM\":{\"Config\":null}},%s]';;\nesac\n",
			version, network);

	fixture_write("/usr/local/sbin/docker", script);
	assert_int_equal(chmod("/usr/local/sbin/docker", 0755), 0);
}

#define NETWORK(labels, subnet)                                                                                        \
	"{\"Name\":\"web\",\"Labels\":" labels ",\"IPAM\":{\"Config\":[{},{\"Subnet\":\"" subnet "\"}]}}"

static void test_docker_networks(void **state)
{
	static const char *const harmless[] = {NETWORK("{}", "172.17.0.0/16"), NETWORK("{}", "fd00:11::/64"),
		NETWORK("{\"lazyjack\":\"1\"}", "172.18.0.0/16"), NETWORK("{}", "rubbish"), "1", "{}", ""};
	struct machine m = machine();
	size_t i;

	free(m.cluster->runtime);
	m.cluster->runtime = mem_strdup("docker");
	m.facts.engine = mem_strdup("/usr/local/sbin/docker");
	assert_int_equal(mount("none", "/usr/local/sbin", "tmpfs", 0, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(harmless); i++) {
		put_docker("20.10.24+dfsg1", harmless[i]);
		finds_nothing(&m, "prepare", "container-engine");
	}
	put_docker("20.10.24", NETWORK("null", "172.18.5.0/24"));
	finds(&m, "prepare", "container-engine", "error: Docker's network 'web' has '172.18.5.0/24', which overlaps");
	put_docker("20.10.24", NETWORK("{}", "fd00:10::/48"));
	finds(&m, "prepare", "container-engine", "'fd00:10::/48', which overlaps the support network 'fd00:10::/64'");
	umount2("/usr/local/sbin", MNT_DETACH);
	machine_done(&m);
}

/* Without "ip6tables": false in daemon.json newer ones are no good. */
static void test_docker_rules(void **state)
{
	static const char *const versions[] = {"27.0.1", "28.5.2-ce", "100.1"}, *const older[] = {"26.1.5", "v", ""},
				 *const wrong[] = {"", "{", "[]", "{\"ip6tables\": true}", "{\"ip6tables\": null}"};
	struct machine m = machine();
	size_t i;

	free(m.cluster->runtime);
	m.cluster->runtime = mem_strdup("docker");
	m.facts.engine = mem_strdup("/usr/local/sbin/docker");
	assert_int_equal(mount("none", "/usr/local/sbin", "tmpfs", 0, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(older); i++) {
		put_docker(older[i], "{}");
		finds_nothing(&m, "prepare", "container-engine");
	}
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		put_docker(versions[i], "{}");
		finds(&m, "prepare", "container-engine", "drops what other nodes send");
	}
	preflight_directory("/etc/docker");
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		fixture_write(FIXTURE_ROOT "/etc/docker/daemon.json", wrong[i]);
		finds(&m, "prepare", "container-engine", "error: Docker 100 drops what other nodes send");
	}
	fixture_write(FIXTURE_ROOT "/etc/docker/daemon.json", "{\"ip6tables\": false, \"debug\": true}");
	finds_nothing(&m, "prepare", "container-engine");
	umount2("/usr/local/sbin", MNT_DETACH);
	machine_done(&m);
}

static void test_kubernetes(void **state)
{
	struct machine m = machine();

	finds(&m, "prepare", "kubernetes", "warning: there is no working 'kubeadm'");
	m.facts.kubeadm_version = mem_strdup("v1.20.2");
	preflight_program("/usr/local/bin/kubelet", "Kubernetes v1.20.2");
	preflight_program("/usr/local/bin/kubectl", "clientVersion:\n  gitVersion: v1.20.9");
	finds_nothing(&m, "prepare", "kubernetes");
	preflight_program("/usr/local/bin/kubelet", "Kubernetes v1.21.0");
	finds(&m, "prepare", "kubernetes",
		"error: 'kubelet' is v1.21.0, but another of Kubernetes' programs here is 1.20");
	preflight_program("/usr/local/bin/kubelet", "Kubernetes v1.12.3");
	finds(&m, "up", "kubernetes", "error: 'kubelet' is v1.12.3, which is too old");
	machine_done(&m);
}

static void test_kubernetes_for_kubeadm(void **state)
{
	struct machine m = machine();

	m.kubeadm = true;
	finds(&m, "up", "kubernetes", "error: there is no working 'kubeadm'");
	m.facts.kubeadm_version = mem_strdup("v1.20.2");
	m.facts.kubeadm_minor = 20;
	preflight_program("/usr/local/bin/kubelet", "Kubernetes v1.20.2");
	preflight_program("/usr/local/bin/kubectl", "clientVersion:\n  gitVersion: v1.20.9");
	finds(&m, "up", "kubernetes", "error: there is no unit 'kubelet.service'");
	m.facts.kubelet_unit = true;
	finds_nothing(&m, "up", "kubernetes");
	free(m.cluster->kubernetes_version);
	m.cluster->kubernetes_version = mem_strdup("v1.19.16");
	finds(&m, "up", "kubernetes", "error: the configuration wants Kubernetes v1.19.16, but 'kubeadm' is v1.20.2");
	m.kubeadm = false;
	finds(&m, "up", "kubernetes", "warning: the configuration wants Kubernetes v1.19.16");
	free(m.cluster->kubernetes_version);
	m.cluster->kubernetes_version = mem_strdup("v1.20.0");
	finds_nothing(&m, "up", "kubernetes");
	machine_done(&m);
}

#define CONF FIXTURE_ROOT "/var/lib/lazyjack/work-area/kubeadm.conf"

static void put_conf(const char *text)
{
	preflight_directory("/var/lib/lazyjack/work-area");
	fixture_write(CONF, text);
}

#define V1BETA2 "apiVersion: \"kubeadm.k8s.io/v1beta2\"\n"

/* Prepared before there was a kubeadm, or with another. */
static void test_kubeadm_conf_version(void **state)
{
	struct machine m = machine();

	m.kubeadm = true;
	m.facts.kubeadm_minor = 20;
	finds_nothing(&m, "up", "kubeadm-conf");
	put_conf("apiVersion: \"kubeadm.k8s.io/v1beta4\"\nkind: \"InitConfiguration\"\n");
	finds_nothing(&m, "prepare", "kubeadm-conf");
	finds(&m, "up", "kubeadm-conf", "error: '/var/lib/lazyjack/work-area/kubeadm.conf' was made for another");
	finds(&m, "up", "kubeadm-conf", "'kubeadm.k8s.io/v1beta4', but kubeadm 1.20 is given 'kubeadm.k8s.io/v1beta2'");
	/* kubeadm reads one version more than its own. */
	put_conf("apiVersion: kubeadm.k8s.io/v1beta1\nkind: InitConfiguration\n");
	finds(&m, "up", "kubeadm-conf", "warning: '/var/lib/lazyjack/work-area/kubeadm.conf' was made for another");
	m.facts.kubeadm_minor = 23;
	finds(&m, "up", "kubeadm-conf", "error: '/var/lib/lazyjack/work-area/kubeadm.conf' was made for another");
	m.facts.kubeadm_minor = 20;
	put_conf("apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n");
	m.kubeadm = false;
	finds(&m, "up", "kubeadm-conf", "warning: ");
	m.member = true;
	finds_nothing(&m, "up", "kubeadm-conf");
	m.member = false;
	m.facts.kubeadm_minor = 0;
	finds_nothing(&m, "up", "kubeadm-conf");
	/* The person's own order and quotes. */
	m.facts.kubeadm_minor = 20;
	put_conf("apiVersion: kubelet.config.k8s.io/v1beta1\n---\nkind: JoinConfiguration\n"
		 "apiVersion: kubeadm.k8s.io/v1beta2\nkubernetesVersion: v1.20.2\n");
	finds_nothing(&m, "up", "kubeadm-conf");
	put_conf(V1BETA2);
	finds(&m, "up", "kubeadm-conf", "warning: '/var/lib/lazyjack/work-area/kubeadm.conf' names no 'kubernetesV");
	m.node = 1;
	finds_nothing(&m, "up", "kubeadm-conf");
	machine_done(&m);
}

/* Prepared before there was a container runtime, or with another. */
static void test_kubeadm_conf_runtime(void **state)
{
	struct machine m = machine();

	m.node = 1;
	m.kubeadm = true;
	m.facts.kubeadm_minor = 20;
	m.facts.cri_socket = mem_strdup("/run/containerd/containerd.sock");
	put_conf(V1BETA2 "  criSocket: \"unix:///run/containerd/containerd.sock\"\n");
	finds_nothing(&m, "up", "kubeadm-conf");
	put_conf(V1BETA2 "  criSocket: \"/run/crio/crio.sock\"\n");
	finds(&m, "up", "kubeadm-conf", "socket '/run/crio/crio.sock', which is not there; '/run/containerd/");
	/* The person's choice among several. */
	preflight_directory("/run/crio");
	fixture_write(FIXTURE_ROOT "/run/crio/crio.sock", "");
	finds_nothing(&m, "up", "kubeadm-conf");

	m.facts.cgroup_driver = mem_strdup("cgroupfs");
	finds(&m, "up", "kubeadm-conf",
		"warning: '/var/lib/lazyjack/work-area/kubeadm.conf' gives the kubelet the cgroup driver '(none)'");
	put_conf(V1BETA2 "    cgroup-driver: \"systemd\"\n");
	finds(&m, "up", "kubeadm-conf", "driver 'systemd', but the container runtime has 'cgroupfs'");
	put_conf(V1BETA2 "    cgroup-driver: \"cgroupfs\"\n");
	finds_nothing(&m, "up", "kubeadm-conf");
	/* Kubelets that ask. */
	m.facts.kubeadm_minor = 31;
	put_conf("apiVersion: \"kubeadm.k8s.io/v1beta4\"\n");
	finds_nothing(&m, "up", "kubeadm-conf");
	machine_done(&m);
}

/* A root without this machine's programs. */
static void only_programs(const char *const *names)
{
	assert_int_equal(mount("none", FIXTURE_ROOT "/usr", "tmpfs", 0, NULL), 0);
	for (; *names; names++) {
		_cleanup_free_ char *path = mem_printf("/usr/local/bin/%s", *names);

		preflight_directory("/usr/local/bin");
		preflight_program(path, "");
	}
}

static void test_kubeadm_programs(void **state)
{
	static const char *const names[] = {"ip", "mount", "nsenter", "iptables", NULL};
	struct machine m = machine();

	only_programs(names);
	m.facts.cri_socket = mem_strdup("/run/containerd/containerd.sock");
	m.facts.kubeadm_minor = 30;
	finds_nothing(&m, "up", "kubeadm-programs");
	m.kubeadm = true;
	finds(&m, "up", "kubeadm-programs", "error: there is no program 'crictl', without which kubeadm 1.30");
	m.facts.kubeadm_minor = 31;
	finds(&m, "up", "kubeadm-programs", "error: there is no program 'conntrack', without which kubeadm 1.31");
	m.facts.kubeadm_minor = 32;
	finds_nothing(&m, "up", "kubeadm-programs");
	/* Docker is not asked over CRI. */
	m.facts.kubeadm_minor = 17;
	free(m.facts.cri_socket);
	m.facts.cri_socket = mem_strdup("/var/run/dockershim.sock");
	finds_nothing(&m, "up", "kubeadm-programs");
	assert_int_equal(unlink(FIXTURE_ROOT "/usr/local/bin/iptables"), 0);
	finds(&m, "up", "kubeadm-programs", "error: there is no program 'iptables'");
	assert_int_equal(umount2(FIXTURE_ROOT "/usr", MNT_DETACH), 0);
	machine_done(&m);
}

static int make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s%s", FIXTURE_ROOT, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void test_container_runtime(void **state)
{
	struct machine m = machine();
	int fd;

	finds(&m, "prepare", "container-runtime", "warning: no container runtime answers");
	m.kubeadm = true;
	finds(&m, "up", "container-runtime", "error: no container runtime answers");
	fd = make_socket("/run/docker.sock");
	finds(&m, "up", "container-runtime", "error: Docker alone is no container runtime");
	close(fd);

	m.facts.cri_socket = mem_strdup("/run/containerd/containerd.sock");
	finds(&m, "up", "container-runtime",
		"error: there is no socket '/run/containerd/containerd.sock', which general.cri-socket names");
	fd = make_socket("/run/containerd/containerd.sock");
	finds(&m, "up", "container-runtime",
		"error: nobody answers at the container runtime's socket '/run/containerd/containerd.sock': "
		"Connection refused");
	m.kubeadm = false;
	finds(&m, "prepare", "container-runtime", "warning: nobody answers");
	assert_int_equal(listen(fd, 1), 0);
	finds_nothing(&m, "prepare", "container-runtime");
	m.facts.cri_disabled = true;
	finds(&m, "prepare", "container-runtime", "warning: the configuration of containerd turns off its CRI plugin");
	close(fd);
	machine_done(&m);
}

/* It is asked where dockershim will ask it. */
static void test_docker(void **state)
{
	struct machine m = machine();
	int fd = make_socket("/run/docker.sock");

	m.facts.cri_socket = mem_strdup("/var/run/dockershim.sock");
	finds(&m, "up", "container-runtime", "warning: nobody answers");
	assert_int_equal(listen(fd, 1), 0);
	finds_nothing(&m, "up", "container-runtime");
	close(fd);
	machine_done(&m);
}

static void test_two_container_runtimes(void **state)
{
	struct machine m = machine();

	m.facts.cri_sockets = plan_list("/run/containerd/containerd.sock", "/run/crio/crio.sock");
	finds(&m, "prepare", "container-runtime",
		"error: this node has several container runtimes: '/run/containerd/containerd.sock', "
		"'/run/crio/crio.sock'");
	m.facts.cri_socket = mem_strdup("/run/crio/crio.sock");
	finds(&m, "prepare", "container-runtime", "warning: there is no socket '/run/crio/crio.sock'");
	machine_done(&m);
}

static void test_localhost(void **state)
{
	static const struct {
		const char *hosts;
		bool found;
	} rows[] = {
		{"::1 localhost\n", true},
		{"127.0.1.1 machine # localhost\n  ::1\tip6-localhost localhost", true},
		{"127.0.0.1 localhosts\n::1 localhost\n", true},
		{"127.0.0.1 localhost\n::1 localhost\n", false},
		{"127.0.0.1\tmachine  localhost # x\n::1 localhost\n", false},
		{"::1 ip6-localhost\n", false},
		{"", false},
	};
	struct machine m = machine();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		fixture_write(FIXTURE_ROOT "/etc/hosts", rows[i].hosts);
		m.kubeadm = true;
		m.facts.kubeadm_minor = 30;
		if (rows[i].found)
			finds(&m, "up", "localhost", "warning: 'localhost' is '::1' alone in '/etc/hosts'");
		else
			finds_nothing(&m, "up", "localhost");
		m.facts.kubeadm_minor = 31;
		finds_nothing(&m, "up", "localhost");
		m.facts.kubeadm_minor = 30;
		m.kubeadm = false;
		finds_nothing(&m, "up", "localhost");
	}
	machine_done(&m);
}

static void test_other_cluster(void **state)
{
	struct machine m = machine();

	preflight_directory("/etc/kubernetes/pki/etcd");
	preflight_directory("/etc/kubernetes/manifests");
	m.kubeadm = true;
	finds_nothing(&m, "up", "other-cluster");
	fixture_write(FIXTURE_ROOT "/etc/kubernetes/pki/ca.crt", "");
	finds(&m, "up", "other-cluster", "error: '/etc/kubernetes/pki/ca.crt' is there, where 'kubeadm reset' would");
	fixture_write(FIXTURE_ROOT "/etc/kubernetes/kubelet.conf", "");
	finds(&m, "up", "other-cluster",
		"error: '/etc/kubernetes/kubelet.conf' is there: this node belongs to a cluster that lazyjack did not "
		"make");
	m.member = true;
	finds_nothing(&m, "up", "other-cluster");
	/* The second node of the cluster, and how kubeadm came to its end there. */
	m.node = 1;
	preflight_directory("/var/lib/kubelet");
	fixture_write(FIXTURE_ROOT "/var/lib/kubelet/lazyjack",
		"{\"action\":\"join\",\"address\":\"fd00:20::3\",\"server\":\"fd00:20::2\"}");
	finds_nothing(&m, "up", "other-cluster");
	fixture_write(FIXTURE_ROOT "/var/lib/kubelet/lazyjack",
		"{\"action\":\"join\",\"address\":\"fd00:21::3\",\"server\":\"fd00:20::2\"}");
	finds(&m, "up", "other-cluster", "with 'fd00:21::3' as its address; the configuration says 'fd00:20::3' now");
	fixture_write(FIXTURE_ROOT "/var/lib/kubelet/lazyjack",
		"{\"action\":\"join\",\"address\":\"fd00:20::3\",\"server\":\"fd00:20::9\"}");
	finds(&m, "up", "other-cluster", "with 'fd00:20::9' as its master's address; the configuration says");
	/* A node that joined at one address does not follow when there is another, nor does the first master. */
	m.cluster->endpoint = mem_strdup("[fd00:20::100]:6443");
	finds(&m, "up", "other-cluster",
		"'fd00:20::9' as general.control-plane-endpoint; the configuration says '[fd00");
	fixture_write(FIXTURE_ROOT "/var/lib/kubelet/lazyjack",
		"{\"action\":\"join\",\"address\":\"fd00:20::3\",\"server\":\"[fd00:20::100]:6443\"}");
	finds_nothing(&m, "up", "other-cluster");
	m.node = 0;
	fixture_write(FIXTURE_ROOT "/var/lib/kubelet/lazyjack", "{\"action\":\"init\",\"address\":\"fd00:20::2\"}");
	finds(&m, "up", "other-cluster", "'(none)' as general.control-plane-endpoint; the configuration says");
	m.member = m.kubeadm = false;
	finds_nothing(&m, "up", "other-cluster");
	machine_done(&m);
}

/* What the cluster is to be found at has to be there before kubeadm; that nobody listens yet is as it should be. */
static void test_endpoint(void **state)
{
	struct machine m = machine();

	finds_nothing(&m, "up", "control-plane-endpoint");
	m.kubeadm = true;
	finds_nothing(&m, "up", "control-plane-endpoint");
	m.cluster->endpoint = mem_strdup("[::1]:9");
	finds_nothing(&m, "up", "control-plane-endpoint");
	free(m.cluster->endpoint);
	m.cluster->endpoint = mem_strdup("[fd00:99::1]:6443");
	finds(&m, "up", "control-plane-endpoint",
		"warning: general.control-plane-endpoint: no connection to 'fd00:99::1'");
	free(m.cluster->endpoint);
	m.cluster->endpoint = mem_strdup("no-such-name.invalid:6443");
	finds(&m, "up", "control-plane-endpoint",
		"error: general.control-plane-endpoint: the name 'no-such-name.invalid'");
	m.member = true;
	finds_nothing(&m, "up", "control-plane-endpoint");
	m.member = false;
	m.node = 1;
	finds_nothing(&m, "up", "control-plane-endpoint");
	machine_done(&m);
}

/* A process that listens on a port, as the kernel tells it; `place` in the table, from 1 to 9. */
static void add_listener(const char *table, unsigned int port, int place, const char *process)
{
	_cleanup_free_ char *line = mem_printf("   0: 0100007F:%04X 00000000:0000 0A 00000000:00000000 00:00000000 "
					       "00000000     0        0 %d 1 0 100 0 "
					       "0 10 0\n",
		port, place);
	_cleanup_free_ char *path = mem_printf(FIXTURE_ROOT "/proc/net/%s", table);
	_cleanup_free_ char *fds = mem_printf("/proc/%d/fd", place);
	_cleanup_free_ char *link = mem_printf(FIXTURE_ROOT "%s/3", fds), *target = mem_printf("socket:[%d]", place);
	_cleanup_free_ char *comm = mem_printf(FIXTURE_ROOT "/proc/%d/comm", place);

	preflight_directory("/proc/net");
	fixture_write(path, line);
	if (process == NULL)
		return;
	preflight_directory(fds);
	assert_int_equal(symlink(target, link), 0);
	fixture_write(comm, process);
}

static void test_ports(void **state)
{
	struct machine m = machine();

	m.kubeadm = true;
	finds_nothing(&m, "up", "port");
	add_listener("tcp", 10259, 7, "nginx\n");
	finds(&m, "up", "port", "error: 'nginx' (process 7) holds port 10259, which the scheduler needs");
	finds_nothing(&m, "prepare", "port");
	m.node = 1;
	finds_nothing(&m, "up", "port");
	add_listener("tcp6", 10250, 8, NULL);
	finds(&m, "up", "port", "error: something holds port 10250, which the kubelet needs");
	add_listener("tcp6", 10250, 9, "kubelet\n");
	finds(&m, "up", "port", "error: 'kubelet' (process 9) holds port 10250 without kubeadm's configuration");
	/* kubeadm's own, finished or not; or not to be run at all. */
	m.member = true;
	finds_nothing(&m, "up", "port");
	m.member = m.kubeadm = false;
	finds_nothing(&m, "up", "port");
	m.kubeadm = true;
	preflight_directory("/etc/kubernetes");
	fixture_write(FIXTURE_ROOT "/etc/kubernetes/kubelet.conf", "");
	finds_nothing(&m, "up", "port");
	machine_done(&m);
}

/* All that are needed, and no other. */
static void test_ports_of_a_master(void **state)
{
	static const unsigned int needed[] = {6443, 10257, 10259, 2379, 2380, 10250}, others[] = {22, 6444, 10251};
	struct machine m = machine();
	size_t i;

	m.kubeadm = true;
	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		_cleanup_free_ char *words = mem_printf("holds port %u, which ", needed[i]);

		add_listener("tcp", needed[i], 5, NULL);
		finds(&m, "up", "port", words);
	}
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		add_listener("tcp", others[i], 5, NULL);
		finds_nothing(&m, "up", "port");
	}
	machine_done(&m);
}

static void test_swap(void **state)
{
	static const char heading[] = "Filename\tType\tSize\tUsed\tPriority\n";
	struct machine m = machine();

	fixture_write(FIXTURE_ROOT "/swaps", heading);
	assert_int_equal(mount(FIXTURE_ROOT "/swaps", "/proc/swaps", "none", MS_BIND, NULL), 0);
	finds_nothing(&m, "up", "swap");
	fixture_write(FIXTURE_ROOT "/swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/sda2 partition 9 0 -2\n");
	finds(&m, "up", "swap", "warning: swap is on ('/dev/sda2')");
	m.kubeadm = true;
	finds(&m, "up", "swap", "error: swap is on ('/dev/sda2')");
	assert_int_equal(umount2("/proc/swaps", MNT_DETACH), 0);
	machine_done(&m);
}

static void test_bridge_netfilter(void **state)
{
	struct machine m = machine();

	m.kubeadm = true;
	finds_nothing(&m, "up", "bridge-netfilter");
	m.facts.bridge_netfilter = false;
	finds(&m, "up", "bridge-netfilter", "error: bridged packets don't pass ip6tables");
	m.kubeadm = false;
	finds(&m, "prepare", "bridge-netfilter", "warning: ");
	machine_done(&m);
}

static void test_ipv6(void **state)
{
	struct machine m = machine();

	finds_nothing(&m, "prepare", "ipv6");
	add_link();
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.eth1.disable_ipv6=1");
	finds(&m, "prepare", "ipv6", "error: IPv6 is off on the interface 'eth1'");
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.eth1.disable_ipv6=0");
	RUN_QUIET("sysctl", "-qw", "net.ipv6.conf.lo.disable_ipv6=1");
	finds(&m, "up", "ipv6", "error: IPv6 is off on the interface 'lo'");
	m.cluster->mode = MODE_IPV4;
	finds_nothing(&m, "prepare", "ipv6");
	machine_done(&m);
}

static void test_ipv4_default_route(void **state)
{
	struct machine m = machine();

	finds(&m, "prepare", "ipv4-default-route",
		"warning: this node translates to IPv4, but has no IPv4 default route");
	m.node = 1;
	finds_nothing(&m, "prepare", "ipv4-default-route");
	add_link();
	RUN_QUIET("ip", "link", "set", "eth1", "up");
	RUN_QUIET("ip", "addr", "add", "192.0.2.2/24", "dev", "eth1");
	RUN_QUIET("ip", "route", "add", "default", "via", "192.0.2.1");
	finds(&m, "prepare", "ipv4-default-route", "warning: the IPv4 default route via '192.0.2.1' on 'eth1'");
	m.node = 0;
	finds_nothing(&m, "prepare", "ipv4-default-route");
	machine_done(&m);
}

static void test_tun(void **state)
{
	struct machine m = machine();

	finds_nothing(&m, "prepare", "tun");
	assert_int_equal(unlink(FIXTURE_ROOT "/dev/net/tun"), 0);
	finds(&m, "prepare", "tun", "error: there is no device '/dev/net/tun'");
	machine_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_interface, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_mtu, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_own_address, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_address_in_use, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_ipv4_address_in_use, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_plugins_of_others, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_state_directory, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_programs, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_nat64_engine, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_container_engine, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_kubernetes, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_kubernetes_for_kubeadm, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_kubeadm_conf_version, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_kubeadm_conf_runtime, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_kubeadm_programs, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_container_runtime, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_docker_networks, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_docker_rules, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_docker, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_two_container_runtimes, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_localhost, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_other_cluster, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_endpoint, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_ports, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_ports_of_a_master, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_swap, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_bridge_netfilter, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_ipv6, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_ipv4_default_route, preflight_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_tun, preflight_setup, fixture_teardown),
	};

	return RUN_TESTS(tests);
}
