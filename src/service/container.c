/* SPDX-License-Identifier: Apache-2.0 */
#include "service/container.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "service/host.h"
#include "service/images.h"
#include "service/support.h"

#define DOCKER "docker"
#define PODMAN "podman"
#define NETWORK "support_net"
#define MADE_BY "# Made by lazyjack; 'lazyjack clean' removes it.\n"

enum { LIST_MAX = 16 }; /* capabilities or sysctls of a container */

/* What both engines need of a service, by name. */
struct container {
	char *directory; /* on the node, what the container sees of it */
	char *volume, *config, *network;
};

static void container_init(const struct service *service, struct container *ret)
{
	_cleanup_free_ char *parent = file_parent(service->config_path);

	ret->directory = mem_printf("%s/%s", parent, service->container.name);
	ret->volume = mem_printf("volume-%s", service->container.name);
	ret->config = mem_printf("%s%s", ret->directory, strrchr(service->config_path, '/'));
	ret->network = mem_printf("%s/network", ret->directory);
}

static void container_done(struct container *container)
{
	free(container->directory);
	free(container->volume);
	free(container->config);
	free(container->network);
}

static void add_files(const struct service *service, const struct container *container, const char *engine,
	const char *network, struct plan *ret)
{
	plan_add(ret, step_directory(container->directory, 0755, false));
	plan_add(ret, step_file(container->config, str_text(&service->config), 0644));
	plan_add(ret, step_file(container->network, network, 0644));
	plan_add(ret, step_container_volume(engine, container->volume, container->directory));
}

/* `differing` holds what differs between the engines. `network` is the text that the container's own set-up reads. */
static void add_container(
	const struct service *service, const char *network, const struct step_container *differing, struct plan *ret)
{
	struct step_container wish = *differing;
	struct container container;
	_cleanup_str_ struct str read = STR_INIT;
	char digest[65];

	container_init(service, &container);
	plan_add(ret,
		step_container_image(wish.engine, service->container.image,
			service->container.containerfile ? CONTAINER_BASE : NULL, service->container.containerfile));
	add_files(service, &container, wish.engine, network, ret);
	str_addf(&read, "%s%s", str_text(&service->config), network);
	file_sha256(read.s, read.len, digest);
	wish.name = service->container.name;
	wish.image = service->container.image;
	wish.device = service->tun ? "/dev/net/tun" : NULL;
	wish.volume = container.volume;
	wish.directory = service->container.directory;
	wish.digest = digest;
	plan_add(ret, step_container(&wish));
	container_done(&container);
}

/* Docker */

static void docker_network(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret)
{
	const struct step_container_network network = {
		.engine = DOCKER,
		.name = NETWORK,
		.bridge = SUPPORT_BRIDGE,
		.v6 = cluster->support6,
		.v4 = cluster->support4,
		.gateway6 = cluster->support6_gateway,
		.gateway4 = cluster->support4_gateway,
		.mtu = cluster->mtu,
	};

	plan_add(ret, step_container_network(&network));
	/* Nobody else is on that link, and the services wait for nobody's answer. */
	plan_add(ret, step_sysctl(NULL, "net.ipv6.conf." SUPPORT_BRIDGE ".accept_dad", "0"));
	if (self->roles & ROLE_NAT64) {
		plan_add(ret, step_sysctl(NULL, "net.ipv4.ip_forward", "1"));
		support_masquerade(cluster, ret);
	}
}

/* Commands for `ip -batch`, which leave the container with the very network that a service of the host has. */
static void network_text(const struct service *service, struct str *ret)
{
	char text[PREFIX_TEXT_MAX];
	size_t i;

	str_add(ret, MADE_BY "address flush dev " SERVICE_INTERFACE " scope global\n");
	for (i = 0; i < service->n_addresses; i++)
		str_addf(ret, "address add %s dev " SERVICE_INTERFACE "%s\n", prefix_text(&service->addresses[i], text),
			service->addresses[i].address.family == AF_INET6 ? " nodad" : "");
	if (service->tun)
		str_addf(ret, "tuntap add dev %s mode tun\nlink set dev %s mtu %u up\n", service->tun, service->tun,
			service->mtu);
	for (i = 0; i < service->n_routes; i++) {
		const struct service_route *route = &service->routes[i];

		str_addf(ret, "route replace %s", prefix_text(&route->destination, text));
		if (route->via.family != AF_UNSPEC)
			str_addf(ret, " via %s", address_text(&route->via, text));
		if (route->link)
			str_addf(ret, " dev %s", route->link);
		if (route->mtu)
			str_addf(ret, " mtu %u", route->mtu);
		str_add(ret, "\n");
	}
}

/*
 * The engine sets them before there is a TUN device, whose own are taken from the namespace's defaults then. IPv6 is
 * off in the containers of some releases of Docker.
 */
static size_t docker_sysctls(const struct service *service, char *ret[LIST_MAX + 1])
{
	_cleanup_free_ char *own = mem_printf(".conf.%s.", service->tun ? service->tun : "");
	const struct service_sysctl *sysctl;
	size_t n = 0;

	ret[n++] = mem_strdup("net.ipv6.conf.all.disable_ipv6=0");
	for (sysctl = service->sysctls; sysctl && sysctl->key && n < LIST_MAX; sysctl++) {
		const char *at = strstr(sysctl->key, own);

		ret[n++] = at ? mem_printf("%.*s.conf.default.%s=%s", (int)(at - sysctl->key), sysctl->key,
					at + strlen(own), sysctl->value)
			      : mem_printf("%s=%s", sysctl->key, sysctl->value);
	}
	ret[n] = NULL;
	return n;
}

/* NET_ADMIN for its own network. */
static void docker_capabilities(const struct service *service, const char *ret[LIST_MAX + 1])
{
	const char *const *capability;
	size_t n = 0;

	ret[n++] = "NET_ADMIN";
	for (capability = service->container.capabilities; *capability && n < LIST_MAX; capability++)
		if (!str_eq(*capability, "NET_ADMIN"))
			ret[n++] = *capability;
	ret[n] = NULL;
}

static void docker_run(const struct service *service, struct plan *ret)
{
	const char *capabilities[LIST_MAX + 1];
	_cleanup_str_ struct str network = STR_INIT;
	char *sysctls[LIST_MAX + 1];
	struct step_container wish = {
		.engine = DOCKER,
		.restart = "always", /* at boot, too */
		.network = NETWORK,
		.v4 = service->container.v4,
		.v6 = service->addresses[0].address,
		.capabilities = capabilities,
		.sysctls = (const char *const *)sysctls,
	};
	size_t n;

	network_text(service, &network);
	docker_capabilities(service, capabilities);
	n = docker_sysctls(service, sysctls);
	add_container(service, str_text(&network), &wish, ret);
	while (n > 0)
		free(sysctls[--n]);
}

const struct service_runtime docker_runtime = {
	.name = DOCKER,
	.package = "docker.io",
	.network = docker_network,
	.run = docker_run,
};

/* Podman */

/*
 * "on-failure", since Podman's own unit for boot starts those that are to run always, which would fail before their
 * namespace is there: `lazyjack restore` starts them.
 */
static void podman_run(const struct service *service, struct plan *ret)
{
	_cleanup_free_ char *netns = mem_printf("lazyjack-%s", service->name);
	struct step_container wish = {
		.engine = PODMAN,
		.restart = "on-failure",
		.netns = netns,
		.capabilities = service->container.capabilities,
	};

	host_network(service, netns, ret);
	add_container(service, MADE_BY "# The namespace has its addresses and routes already.\n", &wish, ret);
}

const struct service_runtime podman_runtime = {
	.name = PODMAN,
	.package = "podman",
	.network = support_network,
	.run = podman_run,
};
