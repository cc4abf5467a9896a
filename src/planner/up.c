/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/mem.h"
#include "kube/ca-files.h"
#include "kube/cni.h"
#include "kube/membership.h"
#include "planner/cluster-routes.h"
#include "planner/planner.h"
#include "resource/kinds.h"

/* What every release of the plugins since 0.6 understands. */
#define CNI_VERSION_FALLBACK "0.3.1"

static void add_to_set(const struct prefix *network, struct str *ret)
{
	char text[PREFIX_TEXT_MAX];

	if (network->address.family != AF_UNSPEC)
		str_addf(ret, "%s, ", prefix_text(network, text));
}

/* "{ fd00:40::/72, fd00:30::/110, … }": the family's networks that see a pod's own address. */
static void cluster_networks(const struct cluster *cluster, unsigned int f, bool v6, struct str *ret)
{
	str_add(ret, "{ ");
	add_to_set(&cluster->pod[f], ret);
	add_to_set(&cluster->service[f], ret);
	add_to_set(&cluster->mgmt[f], ret);
	if (v6) {
		add_to_set(&cluster->support6, ret);
		add_to_set(&cluster->dns64.prefix, ret);
	}
	str_add(ret, v6 ? "ff00::/8 }" : "224.0.0.0/4 }");
}

/* What leaves the cluster gets the node's address: nobody outside has a way back to a pod's. */
static void add_masquerade(
	const struct cluster *cluster, const struct cluster_node *self, unsigned int f, struct plan *ret)
{
	bool v6 = self->pods[f].address.family == AF_INET6;
	const char *family = v6 ? "ip6" : "ip";
	_cleanup_str_ struct str rules = STR_INIT;
	char pods[PREFIX_TEXT_MAX];

	str_addf(&rules,
		"chain postrouting {\n"
		"\ttype nat hook postrouting priority srcnat; policy accept;\n"
		"\t%s saddr %s %s daddr != ",
		family, prefix_text(&self->pods[f], pods), family);
	cluster_networks(cluster, f, v6, &rules);
	str_add(&rules, " masquerade\n}\n");
	plan_add(ret, step_nft_table(NULL, family, "lazyjack", str_text(&rules)));
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

/* Made beforehand, although the plugin would make it, because no plugin ever removes it. */
static void add_bridge(const struct cluster *cluster, const struct cluster_node *self, struct plan *ret)
{
	plan_add(ret, step_bridge(NULL, CNI_BRIDGE, cluster->mtu));
	/* Only lazyjack's pods are on it: without this the first ones wait a second or two for the gateway's address.
	 */
	if (cluster_has_family(cluster, AF_INET6))
		plan_add(ret, step_sysctl(NULL, "net.ipv6.conf." CNI_BRIDGE ".accept_dad", "0"));
	add_gateways(cluster, self, ret);
}

static void add_conflist(const struct facts *facts, const char *conflist, struct plan *ret)
{
	size_t i;

	plan_add(ret, step_directory(CNI_STATE_PARENT, 0755, true));
	plan_add(ret, step_directory(CNI_STATE, 0755, true));
	plan_add(ret, step_directory("/etc/cni", 0755, false));
	plan_add(ret, step_directory(CNI_DIRECTORY, 0755, false));
	for (i = 0; facts->cni_others && facts->cni_others[i]; i++)
		plan_add(ret, step_set_aside(facts->cni_others[i]));
	plan_add(ret, step_file(CNI_FILE, conflist, 0644));
}

/*
 * What kubelet and kube-proxy set by themselves, and nobody puts back (kubernetes/kubernetes
 * pkg/kubelet/cm/container_manager_linux.go, cmd/kube-proxy/app/server_others.go, pkg/proxy/iptables, pkg/proxy/ipvs).
 */
static const char *const kubernetes_sysctls[] = {
	"vm.overcommit_memory",
	"vm.panic_on_oom",
	"kernel.panic",
	"kernel.panic_on_oops",
	"kernel.keys.root_maxkeys",
	"kernel.keys.root_maxbytes",
	"net.ipv4.ip_forward",
	"net.ipv4.conf.all.route_localnet",
	"net.ipv4.conf.all.arp_ignore",
	"net.ipv4.conf.all.arp_announce",
	"net.ipv4.vs.conntrack",
	"net.ipv4.vs.conn_reuse_mode",
	"net.ipv4.vs.expire_nodest_conn",
	"net.ipv4.vs.expire_quiescent_template",
	"net.netfilter.nf_conntrack_max",
	"net.netfilter.nf_conntrack_tcp_be_liberal",
	"net.netfilter.nf_conntrack_tcp_timeout_established",
	"net.netfilter.nf_conntrack_tcp_timeout_close_wait",
	"net.netfilter.nf_conntrack_udp_timeout",
	"net.netfilter.nf_conntrack_udp_timeout_stream",
	NULL,
};

/*
 * Before everything that Kubernetes and pods could change, so that it is reverted behind all else. What the portmap
 * plugin or a runtime leaves is swept up last, when kube-proxy's thousands of chains are gone.
 */
static void add_remembered(bool member, struct plan *ret)
{
	plan_add(ret, step_netfilter_remains("CNI-"));
	if (!member)
		return;
	plan_add(ret, step_netfilter_remains("KUBE-"));
	plan_add(ret, step_kept_sysctls("kubernetes", kubernetes_sysctls));
}

static void add_member(
	const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts, struct plan *ret)
{
	const struct cluster_node *master = cluster_with_role(cluster, ROLE_MASTER);
	_cleanup_free_ char *config = kubeadm_conf_path(cluster), *certs = ca_directory(cluster);
	_cleanup_free_ char *directory = kubeadm_state_path(cluster);
	char own[ADDRESS_TEXT_MAX], server[ADDRESS_TEXT_MAX];
	bool init = str_eq(kubeadm_membership(cluster, self, facts->membership), KUBEADM_INIT);

	address_text(&self->mgmt[0].address, own);
	address_text(&master->mgmt[0].address, server);
	plan_add(ret, step_unit_enabled("kubelet.service"));
	plan_add(ret, step_kubeadm(&(struct step_kubeadm){
			      .action = init ? "init" : "join",
			      .config = config,
			      .socket = facts->cri_socket,
			      .address = own,
			      .server = cluster->endpoint ? cluster->endpoint
					: init		  ? NULL
							  : server,
			      .master = init ? NULL : master->name,
			      .control_plane = !init && self->roles & ROLE_MASTER,
			      .upload_certs = init && cluster_count(cluster, ROLE_MASTER) > 1,
			      .certs = init && !cluster->insecure ? certs : NULL,
			      .directory = directory,
			      .timeout = cluster->kubeadm_timeout,
		      }));
}

/* Into the cluster that is there by then; on the way down it goes while there still is one. */
static int add_manifest(const struct cluster *cluster, const struct facts *facts, struct plan *ret, struct err *err)
{
	const char *path = cluster->plugin_manifest;

	if (path == NULL)
		return 0;
	if (facts->manifest_sha256 == NULL)
		return err_set(
			err, ENOENT, "general.plugin-manifest '%s' is no file that can be read: put it there", path);
	plan_add(ret, step_manifest(path, facts->manifest_sha256));
	return 0;
}

/* The network of pods as lazyjack makes it, for the plugins bridge and ptp. */
static int add_pod_network(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	struct plan *ret, struct err *err)
{
	const char *version = facts->cni_version ? facts->cni_version : CNI_VERSION_FALLBACK;
	_cleanup_free_ char *conflist = NULL;
	char digest[65];
	unsigned int f;

	if (facts->cni_bin == NULL)
		return err_set(err, ENOENT,
			"there are no CNI plugins in '/opt/cni/bin' or '/usr/lib/cni': install package "
			"'containernetworking-plugins'");
	conflist = cni_conflist(cluster, self, version);
	if (cni_has_bridge(cluster))
		add_bridge(cluster, self, ret);
	for (f = 0; f < cluster->families; f++) {
		add_masquerade(cluster, self, f, ret);
		if (facts->forward_program[f])
			plan_add(ret, step_forward_accept(facts->forward_program[f], &cluster->pod[f]));
	}
	add_conflist(facts, conflist, ret);
	if (facts->kubelet_unit) {
		file_sha256(conflist, strlen(conflist), digest);
		plan_add(ret, step_unit_restarted("kubelet.service", digest));
	}
	return 0;
}

static int add_network(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	struct plan *ret, struct err *err)
{
	service_routes(cluster, self, ret);
	pod_routes(cluster, self, ret);
	return cluster_makes_network(cluster) ? add_pod_network(cluster, self, facts, ret, err) : 0;
}

int plan_up_network(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts,
	struct plan *ret, struct err *err)
{
	add_remembered(false, ret);
	return add_network(cluster, self, facts, ret, err);
}

int plan_up(const struct cluster *cluster, const struct cluster_node *self, const struct facts *facts, struct plan *ret,
	struct err *err)
{
	bool member = self->roles & (ROLE_MASTER | ROLE_MINION);
	const char *membership = kubeadm_membership(cluster, self, facts->membership);
	int r;

	if (cluster_with_role(cluster, ROLE_MASTER) == NULL)
		return err_set(err, EINVAL, "no node has the opmode 'master': give it to one");
	add_remembered(member, ret);
	r = add_network(cluster, self, facts, ret, err);
	if (r == 0 && member)
		add_member(cluster, self, facts, ret);
	return r < 0 || !str_eq(membership, KUBEADM_INIT) ? r : add_manifest(cluster, facts, ret, err);
}
