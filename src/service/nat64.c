/* SPDX-License-Identifier: Apache-2.0 */
#include "service/nat64.h"

#include "base/mem.h"
#include "net/rfc6052.h"
#include "service/images.h"
#include "service/unit-quote.h"

#define TUN NAT64_DEVICE
#define STATE "lazyjack-nat64" /* below /run */

/*
 * tayga sends its own ICMP errors from the service's IPv4 address, which eth0 has as well: the kernel drops a packet
 * that comes in from one of its own addresses unless accept_local is set, and strict reverse path filtering would drop
 * it too (kernel documentation, networking/ip-sysctl). The stronger of "all" and the device's rp_filter counts.
 */
static const struct service_sysctl sysctls[] = {
	{"net.ipv6.conf.all.forwarding", "1"},
	{"net.ipv4.ip_forward", "1"},
	{"net.ipv4.conf.all.rp_filter", "0"},
	{"net.ipv4.conf." TUN ".rp_filter", "0"},
	{"net.ipv4.conf." TUN ".accept_local", "1"},
	{NULL, NULL},
};

static void tayga_conf(const struct cluster *cluster, struct str *ret)
{
	char address[ADDRESS_TEXT_MAX], network[PREFIX_TEXT_MAX];

	str_addf(ret, "# Made by lazyjack; 'lazyjack clean' removes it.\ntun-device %s\n", TUN);
	str_addf(ret, "ipv4-addr %s\n", address_text(&cluster->nat64.v4, address));
	/*
	 * Without it tayga makes one up of its IPv4 address, which the well-known prefix forbids for private ones (RFC
	 * 6052 section 3.1); with any other prefix it takes none from outside of it.
	 */
	if (rfc6052_is_well_known(&cluster->dns64.prefix))
		str_addf(ret, "ipv6-addr %s\n", address_text(&cluster->nat64.v6, address));
	str_addf(ret, "prefix %s\n", prefix_text(&cluster->dns64.prefix, network));
	str_addf(ret, "dynamic-pool %s\n", prefix_text(&cluster->nat64.pool, network));
	str_add(ret, "data-dir /run/" STATE "\n");
}

/*
 * tayga starts as root, since /dev/net/tun is root's alone where no udev has opened it for all, and changes to an
 * unprivileged user by itself once it has the device: "!" lets it, while the directory of its leases is that user's
 * from the start. The leases outlive a restart, so that connections do too.
 */
static void tayga_process(const char *tayga, const char *config, struct str *ret)
{
	str_addf(ret, "Type=exec\nExecStart=:!%s --nodetach --user daemon --group daemon --config ", tayga);
	unit_quote(config, ret);
	str_add(ret, "\n"
		     "User=daemon\n"
		     "Group=daemon\n"
		     "RuntimeDirectory=" STATE "\n"
		     "RuntimeDirectoryPreserve=restart\n"
		     "CapabilityBoundingSet=CAP_NET_ADMIN CAP_SETUID CAP_SETGID\n"
		     "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n"
		     "DevicePolicy=closed\n"
		     "DeviceAllow=/dev/net/tun rw\n"
		     "ProtectHome=read-only\n");
}

static const char *const capabilities[] = {"NET_ADMIN", "SETGID", "SETUID", NULL};

void nat64_network(const struct cluster *cluster, const struct cluster_node *self, struct service *ret)
{
	static const struct prefix everything6 = {.address = {.family = AF_INET6}};
	static const struct prefix everything4 = {.address = {.family = AF_INET}};

	*ret = (struct service){
		.name = "nat64",
		.title = "NAT64 translator",
		.mtu = cluster->mtu,
		.sysctls = sysctls,
		.tun = TUN,
	};
	service_add_address(ret, &cluster->nat64.v6, cluster->support6.length);
	service_add_address(ret, &cluster->nat64.v4, cluster->support4.length);
	service_add_route(ret, &everything6, &cluster->support6_gateway, NULL);
	service_add_route(ret, &everything4, &cluster->support4_gateway, NULL);
	service_add_route(ret, &cluster->dns64.prefix, NULL, TUN);
	service_add_route(ret, &cluster->nat64.pool, NULL, TUN);
	if (!(self->roles & ROLE_DNS64)) {
		/* The name server's address looks like a neighbour's, but it is on another node's support bridge. */
		struct prefix server = prefix_of_address(&cluster->dns64.v6);

		service_add_route(ret, &server, &cluster->support6_gateway, NULL);
	}
}

void nat64_service(
	const struct cluster *cluster, const struct cluster_node *self, const char *tayga, struct service *ret)
{
	nat64_network(cluster, self, ret);
	ret->config_path = mem_printf("%s/tayga.conf", cluster->work_area);
	ret->container = (__typeof__(ret->container)){.name = "tayga",
		.image = cluster->nat64.image,
		.containerfile = str_eq(cluster->nat64.image, NAT64_IMAGE) ? nat64_containerfile : NULL,
		.directory = "/etc/tayga",
		.capabilities = capabilities,
		.v4 = cluster->nat64.v4};
	tayga_conf(cluster, &ret->config);
	tayga_process(tayga, ret->config_path, &ret->process);
}
