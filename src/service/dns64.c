/* SPDX-License-Identifier: Apache-2.0 */
#include "service/dns64.h"

#include "base/mem.h"
#include "service/images.h"
#include "service/unit-quote.h"

static void add_networks(const struct cluster *cluster, struct str *ret)
{
	char text[PREFIX_TEXT_MAX];
	unsigned int i;

	str_add(ret, "acl cluster {\n\tlocalhost;\n");
	for (i = 0; i < cluster->families; i++) {
		str_addf(ret, "\t%s;\n", prefix_text(&cluster->mgmt[i], text));
		str_addf(ret, "\t%s;\n", prefix_text(&cluster->pod[i], text));
		str_addf(ret, "\t%s;\n", prefix_text(&cluster->service[i], text));
	}
	str_addf(ret, "\t%s;\n};\n\n", prefix_text(&cluster->support6, text));
}

/*
 * Validation is off because a forwarder inside a company seldom passes signatures on, and because a validating client
 * would refuse what DNS64 makes up anyway (RFC 6147 section 3). The cache is bounded, since BIND's own bound is 90 % of
 * the machine's memory. `forward only`: without IPv4 of its own the server could not ask anybody else.
 */
static void named_conf(const struct cluster *cluster, struct str *ret)
{
	char forwarder[ADDRESS_TEXT_MAX], prefix[PREFIX_TEXT_MAX];

	address_text(&cluster->dns64.forwarder, forwarder);
	prefix_text(&cluster->dns64.prefix, prefix);
	str_add(ret, "# Made by lazyjack; 'lazyjack clean' removes it.\n");
	add_networks(cluster, ret);
	str_addf(ret,
		"options {\n"
		"\tdirectory \"/var/cache/bind\";\n"
		"\tpid-file none;\n"
		"\tsession-keyfile none;\n"
		"\tversion none;\n"
		"\tmax-cache-size 64M;\n"
		"\n"
		"\tlisten-on { none; };\n"
		"\tlisten-on-v6 port 53 { any; };\n"
		"\tallow-query { cluster; };\n"
		"\tallow-recursion { cluster; };\n"
		"\n"
		"\trecursion yes;\n"
		"\tforward only;\n"
		"\tforwarders { %s; };\n"
		"\tauth-nxdomain no;\n"
		"\tdnssec-validation no;\n"
		"\n"
		"\tdns64 %s {\n"
		"\t\tclients { any; };\n"
		"%s"
		"\t};\n"
		"};\n"
		"\n"
		"controls { };\n",
		forwarder, prefix, cluster->dns64.allow_aaaa ? "" : "\t\texclude { any; };\n");
}

/*
 * Debian's AppArmor profile lets named read below /etc/bind and write below /var/cache/bind, nowhere else, so the unit
 * puts the configuration there in its own view of the file system; on the node nothing is left behind. The cache must
 * be writable for any user, since named refuses to start otherwise and a TemporaryFileSystem= is always root's. named
 * tells systemd when it answers (Type=notify).
 */
static void named_process(const char *named, const char *config, struct str *ret)
{
	str_addf(ret, "Type=notify\nExecStart=:%s -f -c /etc/bind/named.conf\nBindReadOnlyPaths=", named);
	unit_quote(config, ret);
	str_add(ret, ":/etc/bind/named.conf\n"
		     "TemporaryFileSystem=/etc/bind:ro\n"
		     "TemporaryFileSystem=/var/cache/bind:mode=0777\n"
		     "DynamicUser=yes\n"
		     "AmbientCapabilities=CAP_NET_BIND_SERVICE\n"
		     "CapabilityBoundingSet=CAP_NET_BIND_SERVICE\n"
		     "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK\n"
		     "PrivateDevices=yes\n"
		     "PrivateTmp=yes\n"
		     "ProtectHome=yes\n");
}

/*
 * A container engine would give the server an IPv4 address of its own choice, perhaps the translator's or one of the
 * pool: the container gets one that nobody has, and drops it before named starts.
 */
static struct address unused_v4(const struct cluster *cluster)
{
	struct address address;
	uint64_t n;

	for (n = 1; prefix_host(&cluster->support4, n, &address) == 0; n++)
		if (!prefix_contains_address(&cluster->nat64.pool, &address) &&
			!address_equal(&address, &cluster->nat64.v4) &&
			!address_equal(&address, &cluster->support4_gateway))
			return address;
	return (struct address){0};
}

static const char *const capabilities[] = {"NET_BIND_SERVICE", "SETGID", "SETUID", NULL};

void dns64_service(
	const struct cluster *cluster, const struct cluster_node *self, const char *named, struct service *ret)
{
	static const struct prefix everything = {.address = {.family = AF_INET6}};

	*ret = (struct service){
		.name = "dns64",
		.title = "DNS64 name server",
		.mtu = cluster->mtu,
		.config_path = mem_printf("%s/named.conf", cluster->work_area),
		.after = "lazyjack-nat64.service",
		.container = {.name = "bind9",
			.image = cluster->dns64.image,
			.containerfile = str_eq(cluster->dns64.image, DNS64_IMAGE) ? dns64_containerfile : NULL,
			.directory = "/etc/bind",
			.capabilities = capabilities,
			.v4 = unused_v4(cluster)},
	};
	service_add_address(ret, &cluster->dns64.v6, cluster->support6.length);
	service_add_route(ret, &everything, &cluster->support6_gateway, NULL);
	if (self->roles & ROLE_NAT64) {
		service_add_route(ret, &cluster->dns64.prefix, &cluster->nat64.v6, NULL);
	} else {
		/* The translator's address looks like a neighbour's, but it is on another node's support bridge. */
		struct prefix translator = prefix_of_address(&cluster->nat64.v6);

		service_add_route(ret, &translator, &cluster->support6_gateway, NULL);
	}
	named_conf(cluster, &ret->config);
	named_process(named, ret->config_path, &ret->process);
}
