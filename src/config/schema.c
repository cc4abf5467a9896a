/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"

#include <stddef.h>
#include <sys/socket.h>

#include "base/str.h"
#include "config/config.h"

#define AT(member) offsetof(struct config, member)
#define HOST(member) offsetof(struct config_host, member)

static const char *const plugins[] = {"bridge", "ptp", NULL};
static const char *const modes[] = {"ipv6", "ipv4", "dual-stack", NULL};
static const char *const runtimes[] = {"host", "docker", "podman", NULL};
static const char *const engines[] = {"tayga", "ebpf", "auto", NULL};

static const struct schema_key general_keys[] = {
	{"plugin", VALUE_CHOICE, AT(general.plugin), .choices = plugins, .default_text = "bridge",
		.help = "The CNI plugin that attaches pods to a node's network."},
	{"mode", VALUE_CHOICE, AT(general.mode), .choices = modes, .default_text = "ipv6",
		.help = "The IP families that the cluster speaks."},
	{"work-area", VALUE_PATH, AT(general.work_area), .default_text = "/var/lib/lazyjack/work-area",
		.help = "The directory for certificates and generated files; only root may enter it."},
	{"kubernetes-version", VALUE_VERSION, AT(general.kubernetes_version), .default_text = "latest",
		.help = "The Kubernetes version for kubeadm: \"latest\" or \"v1.2.3\"."},
	{"insecure", VALUE_FLAG, AT(general.insecure), .default_text = "false",
		.help = "Join nodes without checking the cluster's certificate; for trials only."},
	{"token", VALUE_TOKEN, AT(general.token), .help = "The bootstrap token; `lazyjack init` writes it."},
	{"token-cert-hash", VALUE_HASH, AT(general.token_cert_hash),
		.help = "SHA-256 of the cluster certificate's public key; `lazyjack init` writes it."},
	{"runtime", VALUE_CHOICE, AT(general.runtime), .choices = runtimes, .default_text = "host",
		.help = "What runs DNS64 and NAT64: systemd units of this host, or a container engine."},
	{"kubeadm-timeout", VALUE_NUMBER, AT(general.kubeadm_timeout), .min = 1, .max = 86400, .default_text = "600",
		.help = "Seconds after which a kubeadm that got stuck is ended."},
	{NULL},
};

static const struct schema_key host_keys[] = {
	{"interface", VALUE_INTERFACE, HOST(interface), .help = "The link that leads to the other nodes."},
	{"id", VALUE_NUMBER, HOST(id), .min = 1, .max = 4294967295,
		.help = "The node's number: the host part of its address and the number of its pod subnet."},
	{"opmodes", VALUE_WORDS, HOST(opmodes),
		.help = "The node's roles with blanks between them: master (or control-plane), minion (or worker), "
			"dns64, nat64."},
	{"address", VALUE_PREFIX, HOST(address), AF_UNSPEC,
		.help = "The management address with its length, where the interface has one already."},
	{NULL},
};

static const struct schema_key support_keys[] = {
	{"cidr", VALUE_PREFIX, AT(support_net.cidr), AF_INET6, .help = "IPv6 network of the DNS64 and NAT64 servers."},
	{"v4cidr", VALUE_PREFIX, AT(support_net.v4cidr), AF_INET, .help = "IPv4 network behind the NAT64 server."},
	{NULL},
};

static const struct schema_key mgmt_keys[] = {
	{"cidr", VALUE_PREFIX, AT(mgmt_net.cidr), AF_UNSPEC, .help = "The network that the nodes' addresses are in."},
	{"cidr2", VALUE_PREFIX, AT(mgmt_net.cidr2), AF_UNSPEC, .help = "The same for the other family (dual-stack)."},
	{NULL},
};

static const struct schema_key pod_keys[] = {
	{"cidr", VALUE_PREFIX, AT(pod_net.cidr), AF_UNSPEC, .help = "The network that holds every node's pod subnet."},
	{"cidr2", VALUE_PREFIX, AT(pod_net.cidr2), AF_UNSPEC, .help = "The same for the other family (dual-stack)."},
	{"mtu", VALUE_NUMBER, AT(pod_net.mtu), .min = 1280, .max = 65535, .default_text = "1500",
		.help = "Octets in the largest packet between nodes and pods."},
	{"node_size", VALUE_NUMBER, AT(pod_net.node_size), .min = 1, .max = 128,
		.default_text = "8 bits longer than cidr", .help = "The prefix length of a node's pod subnet."},
	{NULL},
};

static const struct schema_key service_keys[] = {
	{"cidr", VALUE_PREFIX, AT(service_net.cidr), AF_UNSPEC, .help = "The network of service addresses."},
	{"cidr2", VALUE_PREFIX, AT(service_net.cidr2), AF_UNSPEC,
		.help = "The same for the other family (dual-stack)."},
	{NULL},
};

static const struct schema_key nat64_keys[] = {
	{"v4_cidr", VALUE_PREFIX, AT(nat64.v4_cidr), AF_INET,
		.help = "IPv4 addresses that stand for IPv6 hosts; inside support_net.v4cidr."},
	{"v4_ip", VALUE_ADDRESS, AT(nat64.v4_ip), AF_INET, .help = "The translator's own IPv4 address."},
	{"ip", VALUE_ADDRESS, AT(nat64.ip), AF_INET6, .help = "The NAT64 server's address in support_net.cidr."},
	{"engine", VALUE_CHOICE, AT(nat64.engine), .choices = engines, .default_text = "tayga",
		.help = "What translates packets."},
	{NULL},
};

static const struct schema_key dns64_keys[] = {
	{"remote_server", VALUE_ADDRESS, AT(dns64.remote_server), AF_INET,
		.help = "The IPv4 name server that DNS64 asks, through NAT64."},
	{"cidr", VALUE_PREFIX, AT(dns64.cidr), AF_INET6,
		.help = "The prefix of synthesised addresses (RFC 6052): 32, 40, 48, 56, 64 or 96 bits."},
	{"ip", VALUE_ADDRESS, AT(dns64.ip), AF_INET6, .help = "The DNS64 server's address in support_net.cidr."},
	{"allow_aaaa_use", VALUE_FLAG, AT(dns64.allow_aaaa_use), .default_text = "false",
		.help = "Pass on a name's own AAAA records in place of synthesised ones."},
	{"allow_ipv6_use", VALUE_FLAG, AT(dns64.allow_aaaa_use), .modern = "allow_aaaa_use", .help = "The old name."},
	{NULL},
};

const struct schema_section schema_sections[] = {
	{"general", "What holds for the whole cluster.", false, general_keys},
	{"topology", "The nodes, by host name.", true, host_keys},
	{"support_net", "The network of the DNS64 and NAT64 servers (ipv6 mode).", false, support_keys},
	{"mgmt_net", "The network between the nodes.", false, mgmt_keys},
	{"pod_net", "The network of the pods.", false, pod_keys},
	{"service_net", "The network of the services.", false, service_keys},
	{"nat64", "The way to IPv4 hosts (ipv6 mode).", false, nat64_keys},
	{"dns64", "The name server that makes IPv6 addresses of IPv4 ones (ipv6 mode).", false, dns64_keys},
	{NULL},
};

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

		if (key == NULL || key->modern)
			continue;
		if (home)
			return NULL;
		home = section;
	}
	return home;
}
