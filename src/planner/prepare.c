/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/mem.h"
#include "kube/kubeadm.h"
#include "kube/membership.h"
#include "planner/nat64-engine.h"
#include "planner/planner.h"
#include "planner/support-routes.h"
#include "planner/work-area.h"
#include "resource/kinds.h"
#include "service/dns64.h"
#include "service/nat64-ebpf.h"
#include "service/nat64.h"
#include "service/unit-quote.h"

#define RESOLV_CONF "/etc/resolv.conf"
#define RESOLVED_DIRECTORY "/etc/systemd/resolved.conf.d"
#define RESOLVED_FILE RESOLVED_DIRECTORY "/lazyjack.conf"
#define RESTORE_UNIT "lazyjack-restore.service"
#define RESTORE_FILE "/etc/systemd/system/" RESTORE_UNIT

/*
 * With forwarding on, the kernel drops the routes it learned from router advertisements and ignores further ones,
 * unless accept_ra is 2 (kernel documentation, networking/ip-sysctl): that comes first. all.forwarding writes
 * default.forwarding as well, which kubeadm's preflight looks at.
 */
static void add_ipv6_sysctls(const struct facts *facts, struct plan *ret)
{
	size_t i;

	for (i = 0; facts->accept_ra && facts->accept_ra[i]; i++) {
		_cleanup_free_ char *name = mem_strdup(facts->accept_ra[i]), *key = NULL;
		char *dot;

		/* As sysctl(8) wants the dots of an interface's name, such as a VLAN's. */
		for (dot = strchr(name, '.'); dot; dot = strchr(dot, '.'))
			*dot = '/';
		key = mem_printf("net.ipv6.conf.%s.accept_ra", name);
		plan_add(ret, step_sysctl(NULL, key, "2"));
	}
	plan_add(ret, step_sysctl(NULL, "net.ipv6.conf.all.forwarding", "1"));
}

static void add_sysctls(
	const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts, struct plan *ret)
{
	bool v6 = cluster_has_family(cluster, AF_INET6);

	if (v6)
		add_ipv6_sysctls(facts, ret);
	/* kubeadm insists on it with IPv6 alone, too (its preflight FileContent--proc-sys-net-ipv4-ip_forward). */
	if (cluster_has_family(cluster, AF_INET) || self->roles & (ROLE_MASTER | ROLE_MINION))
		plan_add(ret, step_sysctl(NULL, "net.ipv4.ip_forward", "1"));
	if (facts->bridge_netfilter && v6)
		plan_add(ret, step_sysctl(NULL, "net.bridge.bridge-nf-call-ip6tables", "1"));
	if (facts->bridge_netfilter)
		plan_add(ret, step_sysctl(NULL, "net.bridge.bridge-nf-call-iptables", "1"));
}

static void add_management(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret)
{
	unsigned int f;

	plan_add(ret, step_mtu(NULL, self->interface, cluster->mtu));
	for (f = 0; f < cluster->families; f++)
		if (f > 0 || !self->address_exists)
			plan_add(ret, step_address(NULL, self->interface, &self->mgmt[f], false));
}

static int need_program(const char *path, const char *program, const char *package, struct err *err)
{
	if (path)
		return 0;
	return err_set(err, ENOENT, "there is no program '%s': install package '%s'", program, package);
}

/* The program that runs a service: the service's own, or the container engine. */
static int need_runner(const struct service_runtime *runtime, const struct facts *facts, const char *path,
	const char *program, const char *package, struct err *err)
{
	if (runtime->package)
		return need_program(facts->engine, runtime->name, runtime->package, err);
	return need_program(path, program, package, err);
}

static int add_nat64(const struct service_runtime *runtime, const struct cluster *cluster,
	const struct cluster_node *self, const struct facts *facts, struct plan *ret, struct err *err)
{
	_cleanup_service_ struct service service = {0};
	int r;

	if (nat64_uses_ebpf(cluster, facts)) {
		if (!facts->nat64_ebpf)
			return err_set(err, ENOTSUP,
				"the eBPF translator can't run here: %s is missing; set nat64.engine to 'tayga' or "
				"'auto'",
				facts->nat64_lacks ? facts->nat64_lacks : "what it needs");
		nat64_ebpf(cluster, self, facts->nat64_device, facts->self, ret);
		return 0;
	}
	r = need_runner(runtime, facts, facts->tayga, "tayga", "tayga", err);
	if (r < 0)
		return r;
	nat64_service(cluster, self, facts->tayga, &service);
	runtime->run(&service, ret);
	return 0;
}

/* NAT64 first: named's forwarder is behind it. */
static int add_services(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	struct plan *ret, struct err *err)
{
	const struct service_runtime *runtime = service_runtime_find(cluster->runtime, err);
	int r;

	if (runtime == NULL)
		return -EINVAL;
	if (self->roles & (ROLE_DNS64 | ROLE_NAT64))
		runtime->network(cluster, self, ret);
	if (self->roles & ROLE_NAT64) {
		r = add_nat64(runtime, cluster, self, facts, ret, err);
		if (r < 0)
			return r;
	}
	if (self->roles & ROLE_DNS64) {
		_cleanup_service_ struct service service = {0};

		r = need_runner(runtime, facts, facts->named, "named", "bind9", err);
		if (r < 0)
			return r;
		dns64_service(cluster, self, facts->named, &service);
		runtime->run(&service, ret);
	}
	return 0;
}

static void add_hosts(const struct cluster *cluster, const struct facts *facts, struct plan *ret)
{
	size_t n = cluster->n_nodes * cluster->families, i;
	struct step_hosts_entry *entries = mem_new(n, sizeof(*entries));

	for (i = 0; i < n; i++) {
		const struct cluster_node *node = &cluster->nodes[i / cluster->families];

		entries[i] = (struct step_hosts_entry){node->name, node->mgmt[i % cluster->families].address};
	}
	plan_add(ret, step_hosts(facts->hosts_file, entries, n));
	free(entries);
}

static int add_kubeadm_conf(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	struct plan *ret, struct err *err)
{
	const struct kubeadm_machine machine = {
		.minor = facts->kubeadm_minor,
		.version = facts->kubeadm_version,
		.cri_socket = facts->cri_socket,
		.cgroup_driver = facts->cgroup_driver,
		.resolved = facts->resolved,
	};
	_cleanup_free_ char *path = kubeadm_conf_path(cluster), *directory = kubeadm_state_path(cluster);
	struct str text = STR_INIT;
	int r;

	r = kubeadm_documents(cluster, self, &machine, &text, err);
	plan_add(ret, step_directory(directory, 0700, true));
	if (r == 0)
		plan_add(ret, step_secret_conffile(path, text.s, text.len));
	str_wipe(&text);
	return r;
}

/*
 * systemd-resolved rewrites /etc/resolv.conf, so it is told in its own way. "~." makes the server the one for all names
 * (resolved.conf(5)), whatever links bring along by DHCP.
 */
static void add_resolver(const struct cluster *cluster, const struct facts *facts, struct plan *ret)
{
	_cleanup_free_ char *text = NULL;
	char server[ADDRESS_TEXT_MAX], digest[65];

	if (!facts->resolved) {
		plan_add(ret, step_resolver(RESOLV_CONF, &cluster->dns64.v6));
		return;
	}
	text = mem_printf("# Made by lazyjack; 'lazyjack clean' removes it.\n[Resolve]\nDNS=%s\nDomains=~.\n",
		address_text(&cluster->dns64.v6, server));
	file_sha256(text, strlen(text), digest);
	plan_add(ret, step_directory(RESOLVED_DIRECTORY, 0755, false));
	plan_add(ret, step_file(RESOLVED_FILE, text, 0644));
	plan_add(ret, step_unit_restarted("systemd-resolved.service", digest));
}

static void add_restore_unit(const struct facts *facts, struct plan *ret)
{
	_cleanup_str_ struct str text = STR_INIT;

	str_add(&text, "# Made by lazyjack; 'lazyjack clean' removes it.\n"
		       "[Unit]\n"
		       "Description=lazyjack: addresses, routes and services that a reboot took away\n"
		       "After=network.target\n"
		       "Before=kubelet.service\n"
		       "\n"
		       "[Service]\n"
		       "Type=oneshot\n"
		       "ExecStart=:");
	unit_quote(facts->self, &text);
	str_add(&text, " restore\n"
		       "\n"
		       "[Install]\n"
		       "WantedBy=multi-user.target\n");
	plan_add(ret, step_unit_file(RESTORE_FILE, str_text(&text)));
	plan_add(ret, step_unit_enabled(RESTORE_UNIT));
}

/* Names and the way to IPv4 of a cluster that has none of it. With IPv4, a node has its own. */
static int add_translation(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	struct plan *ret, struct err *err)
{
	int r;

	if (cluster->mode != MODE_IPV6)
		return 0;
	r = add_services(cluster, self, facts, ret, err);
	return r < 0 ? r : support_routes(cluster, self, ret, err);
}

int plan_prepare(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	struct plan *ret, struct err *err)
{
	int r;

	plan_work_area(cluster, ret);
	add_sysctls(cluster, self, facts, ret);
	add_management(cluster, self, ret);
	r = add_translation(cluster, self, facts, ret, err);
	if (r < 0)
		return r;
	add_hosts(cluster, facts, ret);
	r = add_kubeadm_conf(cluster, self, facts, ret, err);
	if (r < 0)
		return r;
	if (cluster->mode == MODE_IPV6)
		add_resolver(cluster, facts, ret);
	add_restore_unit(facts, ret);
	return 0;
}
