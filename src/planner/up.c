/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "kube/cni.h"
#include "planner/planner.h"
#include "resource/kinds.h"

/* What every release of the plugins since 0.6 understands. */
#define CNI_VERSION_FALLBACK "0.3.1"

/* "{ fd00:40::/72, fd00:30::/110 }": networks that see a pod's own address. */
static void cluster_networks(const struct cluster *cluster, struct str *ret)
{
	char text[PREFIX_TEXT_MAX];

	str_addf(ret, "{ %s", prefix_text(&cluster->pod[0], text));
	str_addf(ret, ", %s", prefix_text(&cluster->service[0], text));
	str_addf(ret, ", %s", prefix_text(&cluster->mgmt[0], text));
	str_addf(ret, ", %s", prefix_text(&cluster->support6, text));
	str_addf(ret, ", %s", prefix_text(&cluster->dns64.prefix, text));
	str_add(ret, ", ff00::/8 }");
}

static void add_masquerade(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret)
{
	_cleanup_str_ struct str rules = STR_INIT;
	char pods[PREFIX_TEXT_MAX];

	str_addf(&rules,
		"chain postrouting {\n"
		"\ttype nat hook postrouting priority srcnat; policy accept;\n"
		"\tip6 saddr %s ip6 daddr != ",
		prefix_text(&self->pods[0], pods));
	cluster_networks(cluster, &rules);
	str_add(&rules, " masquerade\n}\n");
	plan_add(ret, step_nft_table(NULL, "ip6", "lazyjack", str_text(&rules)));
}

/*
 * A node's own connections to a service address need some route, although kube-proxy rewrites the address: the kernel
 * looks for one before it does. Where the route leads matters only for addresses that no service has.
 */
static void add_service_route(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret)
{
	const struct cluster_node *master = cluster_with_role(cluster, ROLE_MASTER);
	bool away = master && master != self;

	plan_add(ret, step_route(NULL, &cluster->service[0], away ? &master->mgmt[0].address : &(struct address){0},
			      self->interface));
}

static void add_pod_routes(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret)
{
	size_t i;

	for (i = 0; i < cluster->n_nodes; i++) {
		const struct cluster_node *other = &cluster->nodes[i];

		if (other != self)
			plan_add(ret, step_route(NULL, &other->pods[0], &other->mgmt[0].address, self->interface));
	}
}

/*
 * The plugin would set the gateway's addresses, too, but never takes away those of a subnet that the node no longer
 * has; they would keep the pods of the node that has it now out of reach.
 */
static void add_gateways(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret)
{
	size_t i;

	for (i = 0; i < cluster->families; i++) {
		struct prefix gateway = self->pods[i];

		if (prefix_host(&self->pods[i], 1, &gateway.address) == 0)
			plan_add(ret, step_address(NULL, CNI_BRIDGE, &gateway, true));
	}
}

/*
 * The bridge is made beforehand, although the plugin would make it, because no plugin ever removes it. Chains that the
 * portmap plugin or a runtime leaves are swept up last of all on the way down, so that step comes first.
 */
static void add_cni(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	const char *conflist, struct plan *ret)
{
	size_t i;

	plan_add(ret, step_netfilter_remains("CNI-"));
	plan_add(ret, step_bridge(NULL, CNI_BRIDGE, cluster->mtu));
	/* Only lazyjack's pods are on it: without this the first ones wait a second or two for the gateway's address.
	 */
	plan_add(ret, step_sysctl(NULL, "net.ipv6.conf." CNI_BRIDGE ".accept_dad", "0"));
	add_gateways(cluster, self, ret);
	add_masquerade(cluster, self, ret);
	plan_add(ret, step_directory(CNI_STATE_PARENT, 0755, true));
	plan_add(ret, step_directory(CNI_STATE, 0755, true));
	plan_add(ret, step_directory("/etc/cni", 0755, false));
	plan_add(ret, step_directory(CNI_DIRECTORY, 0755, false));
	for (i = 0; facts->cni_others && facts->cni_others[i]; i++)
		plan_add(ret, step_set_aside(facts->cni_others[i]));
	plan_add(ret, step_file(CNI_FILE, conflist, 0644));
}

int plan_up(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts, struct plan *ret,
	struct err *err)
{
	const char *version = facts->cni_version ? facts->cni_version : CNI_VERSION_FALLBACK;
	_cleanup_free_ char *conflist = NULL;
	char digest[65];

	if (cluster->mode != MODE_IPV6)
		return err_set(err, EINVAL, "this version brings nodes up in mode 'ipv6' only: set general.mode to it");
	if (facts->cni_bin == NULL)
		return err_set(err, ENOENT,
			"there are no CNI plugins in '/opt/cni/bin' or '/usr/lib/cni': install package "
			"'containernetworking-plugins'");
	conflist = cni_conflist(cluster, self, version);
	add_service_route(cluster, self, ret);
	add_pod_routes(cluster, self, ret);
	add_cni(cluster, self, facts, conflist, ret);
	if (facts->kubelet_unit) {
		file_sha256(conflist, strlen(conflist), digest);
		plan_add(ret, step_unit_restarted("kubelet.service", digest));
	}
	return 0;
}
