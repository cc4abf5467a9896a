/* SPDX-License-Identifier: Apache-2.0 */
#include "planner/install.h"

#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "resource/kinds.h"

#define SERVICES (ROLE_DNS64 | ROLE_NAT64)
#define MEMBERS (ROLE_MASTER | ROLE_MINION)

/* Names as Debian and Ubuntu have them, and Kubernetes' own repository (https://pkgs.k8s.io). */
const struct install_row install_rows[INSTALL_ROWS] = {
	{.package = "nftables", .programs = {"nft"}},
	{.package = "bind9",
		.programs = {"named"},
		.roles = ROLE_DNS64,
		.runtime = "host",
		.masked = {"named.service"}},
	{.package = "tayga",
		.programs = {"tayga"},
		.roles = ROLE_NAT64,
		.runtime = "host",
		.masked = {"tayga.service"}},
	{.package = "docker.io", .programs = {"docker"}, .roles = SERVICES, .runtime = "docker"},
	{.package = "podman", .programs = {"podman"}, .roles = SERVICES, .runtime = "podman"},
	{.package = "containernetworking-plugins",
		.programs = {"/usr/lib/cni/bridge", "/opt/cni/bin/bridge"},
		.plugins = true},
	{.package = "iptables", .programs = {"iptables"}, .roles = MEMBERS},
	{.package = "conntrack", .programs = {"conntrack"}, .roles = MEMBERS},
	{.package = "containerd", .programs = {"containerd", "crio", "dockerd"}, .roles = MEMBERS},
	{.package = "kubelet", .programs = {"kubelet"}, .roles = MEMBERS, .kubernetes = true},
	{.package = "kubeadm", .programs = {"kubeadm"}, .roles = MEMBERS, .kubernetes = true},
	{.package = "kubectl", .programs = {"kubectl"}, .roles = MEMBERS, .kubernetes = true},
};

void install_facts_done(struct install_facts *facts)
{
	free(facts->distribution);
	*facts = (struct install_facts){0};
}

static bool is_needed(const struct install_row *row, const struct cluster *cluster, const struct cluster_node *self)
{
	if (row->roles && !(row->roles & self->roles))
		return false;
	if (row->runtime && !str_eq(row->runtime, cluster->runtime))
		return false;
	return !row->plugins || cluster_makes_network(cluster);
}

/* By name of package and what it is for, to find the like elsewhere. */
static int refuse(const struct cluster *cluster, const struct cluster_node *self, const struct install_facts *facts,
	struct err *err)
{
	_cleanup_str_ struct str names = STR_INIT;
	size_t i;

	for (i = 0; i < INSTALL_ROWS; i++) {
		const struct install_row *row = &install_rows[i];

		if (is_needed(row, cluster, self) && facts->states[i] == INSTALL_MISSING)
			str_addf(&names, "%s%s (%s)", names.len ? ", " : "", row->package, row->programs[0]);
	}
	return err_set(err, ENOTSUP, "'--install' knows Debian and Ubuntu only, and this is '%s': %s%s",
		facts->distribution ? facts->distribution : "another system",
		names.len ? "install by its own means what has these programs: "
			  : "leave the option out, nothing is missing",
		str_text(&names));
}

int plan_install(const struct cluster *cluster, const struct cluster_node *self, const struct install_facts *facts,
	struct plan *ret, char **ret_missing, struct err *err)
{
	_cleanup_str_ struct str missing = STR_INIT;
	bool planned[INSTALL_ROWS] = {false};
	size_t i;

	if (!facts->apt)
		return refuse(cluster, self, facts, err);
	for (i = 0; i < INSTALL_ROWS; i++) {
		const struct install_row *row = &install_rows[i];

		if (!is_needed(row, cluster, self) || facts->states[i] == INSTALL_OTHERWISE)
			continue;
		planned[i] = !row->kubernetes || facts->offered[i] || facts->states[i] == INSTALL_INSTALLED;
		if (planned[i])
			plan_add(ret, step_package(row->package, row->masked));
		else
			str_addf(&missing, "%s'%s'", missing.len ? ", " : "", row->package);
	}
	for (i = 0; i < INSTALL_ROWS; i++)
		if (planned[i] && install_rows[i].kubernetes)
			plan_add(ret, step_package_hold(install_rows[i].package));
	*ret_missing = str_take(&missing);
	return 0;
}
