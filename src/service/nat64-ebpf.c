/* SPDX-License-Identifier: Apache-2.0 */
#include "service/nat64-ebpf.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "nat64/loader.h"
#include "nat64/slots.h"
#include "nat64/time-outs.h"
#include "resource/kinds.h"
#include "service/host.h"
#include "service/nat64.h"
#include "service/service.h"
#include "service/support.h"
#include "service/unit-quote.h"

#define NETNS "lazyjack-nat64"
#define BPF_FILESYSTEM "/sys/fs/bpf"
#define UNIT_DIRECTORY "/etc/systemd/system/"
#define AGE_UNIT "lazyjack-nat64-age.service"
#define AGE_TIMER "lazyjack-nat64-age.timer"
#define MADE_BY "# Made by lazyjack; 'lazyjack clean' removes it.\n"

/*
 * The kernel forwards to the device and takes from it what it forwarded there, so it would tell hosts of a shorter way
 * to each other (ICMP redirects, ip_route_input_slow()); the stronger of "all" and the device's counts. The rest as for
 * tayga: what the program answers with the service's own IPv4 address comes in from the device.
 */
static const struct service_sysctl sysctls[] = {
	{"net.ipv6.conf.all.forwarding", "1"},
	{"net.ipv4.ip_forward", "1"},
	{"net.ipv4.conf.all.rp_filter", "0"},
	{"net.ipv4.conf." NAT64_DEVICE ".rp_filter", "0"},
	{"net.ipv4.conf." NAT64_DEVICE ".accept_local", "1"},
	{"net.ipv4.conf.all.send_redirects", "0"},
	{"net.ipv4.conf." NAT64_DEVICE ".send_redirects", "0"},
	{"net.ipv4.conf." SERVICE_INTERFACE ".rp_filter", "0"},
	{"net.ipv4.conf." SERVICE_INTERFACE ".send_redirects", "0"},
	{NULL, NULL},
};

/* The kernel cuts packets to the pools' MTU before they grow (nat64-abi.h). */
static void add_pool_routes(const struct cluster *cluster, struct service *service)
{
	size_t i;

	service_add_route(service, &cluster->nat64.overflow, NULL, NAT64_DEVICE);
	for (i = 0; i < service->n_routes; i++)
		if (prefix_equal(&service->routes[i].destination, &cluster->nat64.pool) ||
			prefix_equal(&service->routes[i].destination, &cluster->nat64.overflow))
			service->routes[i].mtu = NAT64_POOL_MTU(cluster->mtu);
}

static void add_prefix(struct prefix *list, size_t *n, const struct prefix *prefix)
{
	if (*n < NAT64_SETUP_LIST_MAX && prefix->address.family != AF_UNSPEC)
		list[(*n)++] = prefix_network(prefix);
}

static void add_block(
	const struct nat64_slots *slots, uint64_t n, const struct prefix *network, struct nat64_setup *ret)
{
	struct nat64_setup_block *block = &ret->blocks[ret->n_blocks];

	if (ret->n_blocks < NAT64_SETUP_BLOCKS_MAX && network->address.family == AF_INET6 &&
		nat64_slot(slots, n, network, &block->hosts, &block->addresses))
		ret->n_blocks++;
}

/* Nodes and their pods by arithmetic, where the pool has room. */
static void add_blocks(const struct cluster *cluster, struct nat64_setup *ret)
{
	struct nat64_slots slots;
	size_t i;

	if (!nat64_slots(&ret->pool, &ret->own4, &slots))
		return;
	add_block(&slots, 0, &cluster->mgmt[0], ret);
	for (i = 0; i < cluster->n_nodes; i++)
		add_block(&slots, cluster->nodes[i].id, &cluster->nodes[i].pods[0], ret);
}

/*
 * The cluster's own hosts may go out, and nobody else who finds the way here. They do not reach the support network:
 * its gateway is the node, behind whose IPv6 rules they would come.
 */
static struct nat64_setup setup_of(const struct cluster *cluster)
{
	struct nat64_setup setup = {
		.prefix = cluster->dns64.prefix,
		.pool = cluster->nat64.pool,
		.overflow = cluster->nat64.overflow,
		.own4 = cluster->nat64.v4,
		.own6 = cluster->nat64.v6,
		.mtu = cluster->mtu,
	};
	size_t i;

	add_prefix(setup.sources, &setup.n_sources, &cluster->pod[0]);
	add_prefix(setup.sources, &setup.n_sources, &cluster->mgmt[0]);
	add_prefix(setup.sources, &setup.n_sources, &cluster->support6);
	add_prefix(setup.denied, &setup.n_denied, &cluster->support4);
	for (i = 0; i < cluster->nat64.n_denied; i++)
		add_prefix(setup.denied, &setup.n_denied, &cluster->nat64.denied[i]);
	add_blocks(cluster, &setup);
	return setup;
}

/*
 * The way out is the node's, so what conntrack remembers is in the node's network. The overflow is not in the support
 * network, whose way is there already.
 */
static void add_way_out(const struct cluster *cluster, struct plan *ret)
{
	const struct prefix pools[] = {cluster->nat64.pool, cluster->nat64.overflow};
	_cleanup_str_ struct str body = STR_INIT;
	char overflow[PREFIX_TEXT_MAX];

	nat64_time_outs(pools, ARRAY_SIZE(pools), &body);
	str_addf(&body,
		"chain postrouting {\n"
		"\ttype nat hook postrouting priority srcnat; policy accept;\n"
		"\tip saddr %s oifname != \"%s\" masquerade\n"
		"}\n",
		prefix_text(&cluster->nat64.overflow, overflow), SUPPORT_BRIDGE);
	plan_add(ret, step_route(NULL, &cluster->nat64.overflow, &cluster->nat64.v4, NULL));
	plan_add(ret, step_nft_table(NULL, "ip", NETNS, body.s));
	/* Only the whole node's can be set; RFC 6146 section 3.5.3 asks for 60 seconds, the kernel has 30. */
	plan_add(ret, step_sysctl(NULL, "net.netfilter.nf_conntrack_icmp_timeout", "60"));
}

static void add_ageing(const char *program, struct plan *ret)
{
	static const char timer[] = MADE_BY "[Unit]\nDescription=lazyjack: now and then, give NAT64 addresses back\n\n"
					    "[Timer]\nOnActiveSec=15min\nOnUnitActiveSec=15min\nAccuracySec=1min\n";
	_cleanup_str_ struct str text = STR_INIT;
	char digest[65];

	str_add(&text, MADE_BY "[Unit]\nDescription=lazyjack: give NAT64 addresses back that no host uses\n\n"
			       "[Service]\nType=oneshot\nExecStart=:");
	unit_quote(program, &text);
	str_add(&text, " nat64 age\n");
	file_sha256(timer, strlen(timer), digest);
	plan_add(ret, step_unit_file(UNIT_DIRECTORY AGE_UNIT, text.s));
	plan_add(ret, step_unit_file(UNIT_DIRECTORY AGE_TIMER, timer));
	plan_add(ret, step_unit_started(AGE_TIMER, digest));
}

void nat64_ebpf(const struct cluster *cluster, const struct cluster_node *self, const char *device_type,
	const char *program, struct plan *ret)
{
	const struct nat64_devices devices = {.device = NAT64_DEVICE, .inside = SERVICE_INTERFACE};
	const struct nat64_setup setup = setup_of(cluster);
	_cleanup_service_ struct service service = {0};

	nat64_network(cluster, self, &service);
	service.sysctls = sysctls;
	service.tun_type = device_type;
	add_pool_routes(cluster, &service);
	host_network(&service, NETNS, ret);
	plan_add(ret, step_bpf_filesystem(BPF_FILESYSTEM));
	plan_add(ret, step_nat64_program(NETNS, &devices, &setup));
	add_way_out(cluster, ret);
	add_ageing(program, ret);
}
