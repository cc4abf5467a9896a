/* SPDX-License-Identifier: Apache-2.0 */
#include "service/host.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "service/support.h"

#define UNIT_DIRECTORY "/etc/systemd/system"

void host_network(const struct service *service, const char *netns, struct plan *ret)
{
	_cleanup_free_ char *link = mem_printf("lj-%s", service->name);
	size_t i;

	plan_add(ret, step_netns(netns));
	plan_add(ret, step_veth(NULL, link, SUPPORT_BRIDGE, netns, SERVICE_INTERFACE, service->mtu));
	for (i = 0; i < service->n_addresses; i++)
		plan_add(ret, step_address(netns, SERVICE_INTERFACE, &service->addresses[i], true));
	if (service->tun && service->tun_type) {
		plan_add(ret, step_nat64_device(netns, service->tun, service->tun_type, service->mtu));
	} else if (service->tun) {
		plan_add(ret, step_tun(netns, service->tun));
		plan_add(ret, step_mtu(netns, service->tun, service->mtu));
	}
	for (i = 0; service->sysctls && service->sysctls[i].key; i++)
		plan_add(ret, step_sysctl(netns, service->sysctls[i].key, service->sysctls[i].value));
	for (i = 0; i < service->n_routes; i++) {
		const struct service_route *route = &service->routes[i];

		plan_add(ret, step_route_mtu(netns, &route->destination, &route->via, route->link, route->mtu));
	}
}

/*
 * No [Install] section: at boot the namespace has to be made first, and what makes it (`lazyjack restore`) starts the
 * unit as well. A service that keeps failing is started again for ever, once a second: the cluster is deaf without it.
 */
static void unit_text(const struct service *service, const char *netns, struct str *ret)
{
	str_addf(ret, "# Made by lazyjack; 'lazyjack clean' removes it.\n[Unit]\nDescription=lazyjack %s\n",
		service->title);
	if (service->after)
		str_addf(ret, "After=%s\n", service->after);
	str_addf(ret, "StartLimitIntervalSec=0\n\n[Service]\nNetworkNamespacePath=/run/netns/%s\n", netns);
	str_add(ret, str_text(&service->process));
	str_add(ret, "Restart=on-failure\n"
		     "RestartSec=1\n"
		     "NoNewPrivileges=yes\n"
		     "ProtectSystem=strict\n"
		     "ProtectKernelTunables=yes\n"
		     "ProtectKernelModules=yes\n"
		     "ProtectControlGroups=yes\n"
		     "RestrictNamespaces=yes\n"
		     "RestrictSUIDSGID=yes\n"
		     "LockPersonality=yes\n"
		     "MemoryDenyWriteExecute=yes\n"
		     "SystemCallArchitectures=native\n");
}

static void run(const struct service *service, struct plan *ret)
{
	_cleanup_free_ char *netns = mem_printf("lazyjack-%s", service->name);
	_cleanup_free_ char *unit = mem_printf("%s.service", netns);
	_cleanup_free_ char *path = mem_printf("%s/%s", UNIT_DIRECTORY, unit);
	_cleanup_str_ struct str text = STR_INIT, read = STR_INIT;
	char digest[65];

	unit_text(service, netns, &text);
	str_add(&read, str_text(&text));
	str_add(&read, str_text(&service->config));
	file_sha256(read.s, read.len, digest);

	host_network(service, netns, ret);
	plan_add(ret, step_file(service->config_path, str_text(&service->config), 0644));
	plan_add(ret, step_unit_file(path, str_text(&text)));
	plan_add(ret, step_unit_started(unit, digest));
}

const struct service_runtime host_runtime = {
	.name = "host",
	.network = support_network,
	.run = run,
};
