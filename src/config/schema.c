/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"

#include <stddef.h>
#include <sys/socket.h>

#include "base/str.h"
#include "config/config.h"

#define AT(member) offsetof(struct config, member)
#define HOST(member) offsetof(struct config_host, member)

static const char *const plugins[] = {"bridge", "ptp", "calico", "cilium", "none", NULL};
const char *const schema_modes[] = {"ipv6", "ipv4", "dual-stack", NULL}; /* in the order of IN_IPV6 ... */
static const char *const runtimes[] = {"host", "docker", "podman", NULL};
static const char *const engines[] = {"tayga", "ebpf", "auto", NULL};

static const struct schema_key general_keys[] = {
	{"plugin", VALUE_CHOICE, AT(general.plugin), .choices = plugins, .default_text = "bridge", .allowed = IN_ALL,
		.top_level = true, .help = "the CNI plugin that attaches pods to a node's network",
		.detail = "`bridge` and `ptp` are set up by lazyjack; `calico`, `cilium` and `none` stand for one that "
			  "brings its own network"},
	{"plugin-manifest", VALUE_PATH, AT(general.plugin_manifest), .allowed = IN_ALL,
		.help = "the manifest of a plugin that brings its own network, on the master",
		.detail = "Applied by `up` there after `kubeadm init`. Refused with `bridge` and `ptp`"},
	{"mode", VALUE_CHOICE, AT(general.mode), .choices = schema_modes, .default_text = "ipv6", .allowed = IN_ALL,
		.help = "the IP families of the cluster"},
	{"work-area", VALUE_PATH, AT(general.work_area), .default_text = "/var/lib/lazyjack/work-area",
		.allowed = IN_ALL, .help = "the directory for certificates and `kubeadm.conf`; only root may enter it",
		.detail = "Mode 0700. A place where everybody may write (`/tmp`, `/var/tmp`, `/dev/shm`, `/run/lock`) "
			  "gives a warning"},
	{"kubernetes-version", VALUE_VERSION, AT(general.kubernetes_version), .default_text = "latest",
		.allowed = IN_ALL, .help = "the Kubernetes version, for `kubeadm.conf`",
		.detail = "With `latest` it is the version of the kubeadm found on the master"},
	{"insecure", VALUE_FLAG, AT(general.insecure), .default_text = "false", .allowed = IN_ALL,
		.help = "join nodes without checking the cluster's certificate; for trials only",
		.detail = "They need no token of their own then, and `init` has nothing to do"},
	{"token", VALUE_TOKEN, AT(general.token), .allowed = IN_ALL, .top_level = true,
		.help = "the bootstrap token; `lazyjack init` writes it", .detail = "`<anything>` counts as empty"},
	{"token-cert-hash", VALUE_HASH, AT(general.token_cert_hash), .allowed = IN_ALL, .top_level = true,
		.help = "SHA-256 of the public key of the cluster's certificate; `lazyjack init` writes it",
		.detail = "`<anything>` counts as empty"},
	{"control-plane-endpoint", VALUE_ENDPOINT, AT(general.endpoint), .default_text = "the master's own address",
		.default_derived = true, .allowed = IN_ALL,
		.help = "where the API servers of several masters answer as one",
		.detail =
			"A load balancer in front of them, or an address that moves among them; not lazyjack's to "
			"make. Without a port it is 6443. In quotes when it begins with a bracket. Needed with several "
			"masters, and kept for the life of a cluster",
		.samples = {"[fd00:20::100]:6443", "10.192.0.100:6443"}},
	{"certificate-key", VALUE_SECRET, AT(general.certificate_key), .allowed = IN_ALL,
		.help = "what the masters encrypt the cluster's keys with on their way to each other; `lazyjack init` "
			"writes it where there are several",
		.detail = "`<anything>` counts as empty"},
	{"runtime", VALUE_CHOICE, AT(general.runtime), .choices = runtimes, .default_text = "host", .allowed = IN_ALL,
		.help = "what runs DNS64 and NAT64: systemd units of the host, or a container engine"},
	{"cri-socket", VALUE_SOCKET, AT(general.cri_socket), .default_text = "the node's only one",
		.default_derived = true, .allowed = IN_ALL,
		.help = "the socket of the container runtime, where a node has several",
		.detail = "Not `docker.sock`, which does not speak CRI",
		.samples = {"/run/containerd/containerd.sock"}},
	{"kubeadm-timeout", VALUE_NUMBER, AT(general.kubeadm_timeout), .min = 1, .max = 86400, .unit = "seconds",
		.default_text = "600", .allowed = IN_ALL, .help = "after this time a kubeadm that got stuck is ended",
		.detail = "kubeadm's own waits for the control plane and for the cluster's discovery are half of it, "
			  "so that it gives up first and says why"},
	{NULL},
};

static const struct schema_key host_keys[] = {
	{"interface", VALUE_INTERFACE, HOST(interface), .needed = IN_ALL, .allowed = IN_ALL,
		.help = "the link that leads to the other nodes", .samples = {"eth1", "eth1"}},
	{"id", VALUE_NUMBER, HOST(id), .min = 1, .max = 4294967295, .needed = IN_ALL, .allowed = IN_ALL,
		.help = "host part of the node's address, and number of its pod subnet",
		.detail = "Unique. 1 gives a warning: a router usually has that address"},
	{"opmodes", VALUE_WORDS, HOST(opmodes), .needed = IN_ALL, .allowed = IN_ALL,
		.help = "the node's roles: `master` (or `control-plane`), `minion` (or `worker`), `dns64`, `nat64`",
		.detail = "Capitals don't matter"},
	{"address", VALUE_PREFIX, HOST(address), AF_UNSPEC, .allowed = IN_ALL,
		.help = "the management address with its length, where the interface has one already",
		.values = "address with its length", .detail = "lazyjack then sets none",
		.samples = {"fd00:20::2/64", "10.192.0.2/16"}},
	{NULL},
};

static const struct schema_key mgmt_keys[] = {
	{"cidr", VALUE_PREFIX, AT(mgmt_net.cidr), AF_UNSPEC, .needed = IN_ALL, .allowed = IN_ALL,
		.help = "the network of the nodes' management addresses", .detail = "At least 2 host bits",
		.samples = {"fd00:20::/64", "10.192.0.0/16"}},
	{"cidr2", VALUE_PREFIX, AT(mgmt_net.cidr2), AF_UNSPEC, .needed = IN_DUAL, .allowed = IN_DUAL,
		.help = "the management network of the other family", .samples = {"fd00:20::/64", "10.192.0.0/16"}},
	{"subnet", VALUE_OLD_NETWORK, AT(mgmt_net.old.network), .modern = "cidr", .part = PART_NETWORK},
	{"size", VALUE_NUMBER, AT(mgmt_net.old.length), .max = 128, .modern = "cidr", .part = PART_LENGTH},
	{NULL},
};

static const struct schema_key pod_keys[] = {
	{"cidr", VALUE_PREFIX, AT(pod_net.cidr), AF_UNSPEC, .needed = IN_ALL, .allowed = IN_ALL,
		.help = "the network that the nodes' pod subnets are cut from",
		.detail = "IPv6 at most /124, IPv4 at most /28", .samples = {"fd00:40::/72", "10.244.0.0/16"}},
	{"cidr2", VALUE_PREFIX, AT(pod_net.cidr2), AF_UNSPEC, .needed = IN_DUAL, .allowed = IN_DUAL,
		.help = "the pod network of the other family", .samples = {"fd00:40::/72", "10.244.0.0/16"}},
	{"mtu", VALUE_NUMBER, AT(pod_net.mtu), .min = 1280, .max = 65535, .unit = "octets", .default_text = "1500",
		.allowed = IN_ALL, .help = "the largest packet between nodes",
		.detail = "Set on the nodes' interface, the bridges and in pods"},
	{"node_size", VALUE_NUMBER, AT(pod_net.node_size), .min = 1, .max = 128,
		.default_text = "8 bits longer than `cidr`", .default_derived = true, .allowed = IN_IPV6 | IN_IPV4,
		.help = "the prefix length of a node's pod subnet", .values = "length of `cidr` + 1 to 126 (IPv4: 30)",
		.samples = {"80", "24"}},
	{"prefix", VALUE_OLD_NETWORK, AT(pod_net.old.network), .modern = "cidr", .part = PART_NETWORK},
	{"size", VALUE_NUMBER, AT(pod_net.old.length), .min = 17, .max = 128, .modern = "node_size",
		.part = PART_LENGTH},
	{NULL},
};

static const struct schema_key service_keys[] = {
	{"cidr", VALUE_PREFIX, AT(service_net.cidr), AF_UNSPEC, .needed = IN_ALL, .allowed = IN_ALL,
		.help = "the network of the cluster's service addresses",
		.detail = "IPv6 /108 to /124, IPv4 /12 to /23; the tenth address is the cluster DNS",
		.samples = {"fd00:30::/110", "10.96.0.0/12"}},
	{"cidr2", VALUE_PREFIX, AT(service_net.cidr2), AF_UNSPEC, .allowed = IN_DUAL,
		.help = "the service network of the other family", .samples = {"fd00:30::/110", "10.96.0.0/12"}},
	{NULL},
};

static const struct schema_key support_keys[] = {
	{"cidr", VALUE_PREFIX, AT(support_net.cidr), AF_INET6, .needed = IN_IPV6, .allowed = IN_IPV6,
		.help = "the IPv6 network of the DNS64 and NAT64 servers", .detail = "At most /126",
		.samples = {"fd00:10::/64"}},
	{"v4cidr", VALUE_PREFIX, AT(support_net.v4cidr), AF_INET, .needed = IN_IPV6, .allowed = IN_IPV6,
		.help = "the IPv4 network of the NAT64 server", .detail = "At most /28", .samples = {"172.18.0.0/16"}},
	{"subnet", VALUE_OLD_NETWORK, AT(support_net.old.network), .modern = "cidr", .part = PART_NETWORK},
	{"size", VALUE_NUMBER, AT(support_net.old.length), .max = 128, .modern = "cidr", .part = PART_LENGTH},
	{NULL},
};

static const struct schema_key nat64_keys[] = {
	{"v4_cidr", VALUE_PREFIX, AT(nat64.v4_cidr), AF_INET, .needed = IN_IPV6, .allowed = IN_IPV6,
		.help = "the IPv4 addresses that stand for IPv6 hosts",
		.detail = "Inside `support_net.v4cidr`, without its first address", .samples = {"172.18.0.128/25"}},
	{"v4_ip", VALUE_ADDRESS, AT(nat64.v4_ip), AF_INET, .needed = IN_IPV6, .allowed = IN_IPV6,
		.help = "the NAT64 server's own IPv4 address", .detail = "Inside `support_net.v4cidr`",
		.samples = {"172.18.0.200"}},
	{"ip", VALUE_ADDRESS, AT(nat64.ip), AF_INET6, .needed = IN_IPV6, .allowed = IN_IPV6,
		.help = "the NAT64 server's own IPv6 address", .detail = "Inside `support_net.cidr`",
		.samples = {"fd00:10::200"}},
	{"engine", VALUE_CHOICE, AT(nat64.engine), .choices = engines, .default_text = "auto", .allowed = IN_IPV6,
		.help = "what translates: the program tayga, or eBPF programs in the kernel",
		.detail = "`auto`: `ebpf` where the kernel can do it and `general.runtime` is `host`, else `tayga`; "
			  "`prepare` says why"},
	{"overflow_cidr", VALUE_PREFIX, AT(nat64.overflow_cidr), AF_INET, .default_text = NAT64_OVERFLOW_DEFAULT,
		.allowed = IN_IPV6, .help = "more such addresses, for the hosts that find `v4_cidr` used up",
		.detail = "For the engine `ebpf`; nobody but the NAT64 node sees them. /8 to /30",
		.samples = {NAT64_OVERFLOW_DEFAULT}},
	{"deny", VALUE_NETWORKS, AT(nat64.deny), AF_INET, .default_text = NAT64_DENY_DEFAULT, .allowed = IN_IPV6,
		.help = "IPv4 networks that nobody reaches through NAT64, such as a machine's metadata service",
		.detail = "For the engine `ebpf`; `support_net.v4cidr` is denied always"},
	{"image", VALUE_IMAGE, AT(nat64.image), .default_text = NAT64_IMAGE, .allowed = IN_IPV6,
		.help = "the image of its container, with the runtimes `docker` and `podman`",
		.detail = "As `dns64.image`"},
	{NULL},
};

static const struct schema_key dns64_keys[] = {
	{"remote_server", VALUE_ADDRESS, AT(dns64.remote_server), AF_INET, .needed = IN_IPV6, .allowed = IN_IPV6,
		.help = "the IPv4 name server that queries are forwarded to, through NAT64",
		.detail = "Not a loopback or multicast address, not inside `support_net.v4cidr`",
		.samples = {"8.8.8.8"}},
	{"cidr", VALUE_PREFIX, AT(dns64.cidr), AF_INET6, .needed = IN_IPV6, .allowed = IN_IPV6,
		.help = "the prefix that IPv4 addresses are embedded in (RFC 6052)",
		.detail = "/32, /40, /48, /56, /64 or /96; in a /96 bits 64 to 71 are zero",
		.samples = {"fd00:10:64:ff9b::/96"}},
	{"ip", VALUE_ADDRESS, AT(dns64.ip), AF_INET6, .needed = IN_IPV6, .allowed = IN_IPV6,
		.help = "the DNS64 server's own address", .detail = "Inside `support_net.cidr`, other than `nat64.ip`",
		.samples = {"fd00:10::100"}},
	{"allow_aaaa_use", VALUE_FLAG, AT(dns64.allow_aaaa_use), .default_text = "false", .allowed = IN_IPV6,
		.help = "pass on a name's own IPv6 addresses instead of synthesised ones",
		.detail = "Only where they can be reached"},
	{"image", VALUE_IMAGE, AT(dns64.image), .default_text = DNS64_IMAGE, .allowed = IN_IPV6,
		.help = "the image of its container, with the runtimes `docker` and `podman`",
		.detail = "The default one is built where it is missing, any other one pulled"},
	{"allow_ipv6_use", VALUE_FLAG, AT(dns64.allow_aaaa_use), .modern = "allow_aaaa_use"},
	{"prefix", VALUE_OLD_NETWORK, AT(dns64.old.network), .modern = "cidr", .part = PART_NETWORK},
	{"prefix_size", VALUE_NUMBER, AT(dns64.old.length), .max = 128, .modern = "cidr", .part = PART_LENGTH},
	{NULL},
};

const struct schema_section schema_sections[] = {
	{"general", "What holds for the whole cluster.", false, general_keys},
	{"topology", "The nodes, by host name.", true, host_keys,
		"Below it one block a node, with its host name as key: labels of letters, digits and `-`, separated by "
		"dots, 63 characters at most; capitals are read as small letters."},
	{"mgmt_net", "The network between the nodes.", false, mgmt_keys},
	{"pod_net", "The network of the pods.", false, pod_keys},
	{"service_net", "The network of the services.", false, service_keys},
	{"support_net", "Where the DNS64 and NAT64 servers are (mode ipv6).", false, support_keys,
		"The first address of each network is the bridge's."},
	{"nat64", "The way to IPv4 hosts (mode ipv6).", false, nat64_keys},
	{"dns64", "The name server that makes IPv6 addresses of IPv4 ones (mode ipv6).", false, dns64_keys},
	{NULL},
};

bool schema_is_secret(const struct schema_key *key)
{
	return key->type == VALUE_TOKEN || key->type == VALUE_SECRET;
}

const struct schema_section *schema_section(const char *name)
{
	const struct schema_section *section;

	for (section = schema_sections; section->name; section++)
		if (str_eq(section->name, name))
			return section;
	return NULL;
}

const struct schema_key *schema_key(const struct schema_section *section, const char *name)
{
	const struct schema_key *key;

	for (key = section->keys; key->name; key++)
		if (str_eq(key->name, name))
			return key;
	return NULL;
}

const struct schema_section *schema_home(const char *name)
{
	const struct schema_section *section, *home = NULL;

	for (section = schema_sections; section->name; section++) {
		const struct schema_key *key = section->hosts ? NULL : schema_key(section, name);

		if (key == NULL || !schema_is_modern(key))
			continue;
		if (home)
			return NULL;
		home = section;
	}
	return home;
}

const struct schema_key *schema_top_level(const char *name, const struct schema_section **ret_section)
{
	const struct schema_section *section = schema_home(name);
	const struct schema_key *key = section ? schema_key(section, name) : NULL;

	if (key == NULL || !key->top_level)
		return NULL;
	*ret_section = section;
	return key;
}
