/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/kubeadm.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "kube/membership.h"
#include "kube/yaml.h"
#include "model/version-table.h"

/* What everybody has in insecure mode, as earlier releases of lazyjack had it. */
#define INSECURE_TOKEN "abcdef.0123456789abcdef"

struct writer {
	const struct cluster *cluster;
	const struct cluster_node *self;
	const struct kubeadm_machine *machine;
	const struct kubeadm_api *api;
	unsigned int minor; /* 0: unknown */
	struct str *out;
};

static void begin(struct writer *w, const char *kind, const char *api_version)
{
	if (w->out->len > 0)
		str_add(w->out, "---\n");
	yaml_add(w->out, 0, "apiVersion", api_version);
	yaml_add(w->out, 0, "kind", kind);
}

static void begin_kubeadm(struct writer *w, const char *kind)
{
	_cleanup_free_ char *version = mem_printf("kubeadm.k8s.io/%s", w->api->version);

	begin(w, kind, version);
}

/* "fd00:30::/110" or, for two families, "fd00:30::/110,10.96.0.0/16". */
static void networks_text(const struct writer *w, const struct prefix *networks, struct str *ret)
{
	char text[PREFIX_TEXT_MAX];
	unsigned int i;

	/* The service network of the second family may be left out. */
	for (i = 0; i < w->cluster->families && networks[i].address.family != AF_UNSPEC; i++)
		str_addf(ret, "%s%s", i > 0 ? "," : "", prefix_text(&networks[i], text));
}

static void node_ip_text(const struct writer *w, struct str *ret)
{
	char text[ADDRESS_TEXT_MAX];
	unsigned int i;

	for (i = 0; i < w->cluster->families; i++)
		str_addf(ret, "%s%s", i > 0 ? "," : "", address_text(&w->self->mgmt[i].address, text));
}

static void extra_argument(struct writer *w, const char *name, const char *value)
{
	if (w->api->argument_list) {
		yaml_add(w->out, 4, "- name", name);
		yaml_add(w->out, 6, "value", value);
	} else {
		yaml_add(w->out, 4, name, value);
	}
}

static void cri_socket(struct writer *w)
{
	const char *path = w->machine->cri_socket;
	_cleanup_free_ char *socket = NULL;

	if (path == NULL)
		return;
	socket = mem_printf("%s%s", w->api->socket_url && !str_eq(path, DOCKERSHIM_SOCKET) ? "unix://" : "", path);
	yaml_add(w->out, 2, "criSocket", socket);
}

/*
 * The kubelet would choose the IPv4 address wherever there is one (kubernetes/kubernetes issue 61319): always say it.
 *
 * Its configuration file on a node that joins is the master's, which has the cgroup driver of the master's container
 * runtime. Where the kubelet does not ask the runtime of its own node, a flag says which one that has. In the same way
 * each node says which file its pods get name servers from: the one that has the DNS64 server on that very node.
 */
static void node_registration(struct writer *w, bool join)
{
	_cleanup_str_ struct str node_ip = STR_INIT;

	str_add(w->out, "nodeRegistration:\n");
	yaml_add(w->out, 2, "name", w->self->name);
	cri_socket(w);
	node_ip_text(w, &node_ip);
	str_add(w->out, "  kubeletExtraArgs:\n");
	if (join && w->api->driver_flag && w->machine->cgroup_driver)
		extra_argument(w, "cgroup-driver", w->machine->cgroup_driver);
	extra_argument(w, "node-ip", str_text(&node_ip));
	extra_argument(
		w, "resolv-conf", w->machine->resolved ? "/run/systemd/resolve/resolv.conf" : "/etc/resolv.conf");
}

/*
 * general.kubeadm-timeout is lazyjack's own deadline for the whole run. kubeadm waits half of it for what it depends
 * on, so that it gives up first, and says on what it waited.
 */
static void add_timeout(struct writer *w, unsigned int indent, const char *key)
{
	unsigned long half = w->cluster->kubeadm_timeout / 2;
	_cleanup_free_ char *text = mem_printf("%lus", half ? half : 1);

	yaml_add(w->out, indent, key, text);
}

static void timeouts(struct writer *w, const char *key)
{
	if (!w->api->timeouts)
		return;
	str_add(w->out, "timeouts:\n");
	add_timeout(w, 2, key);
}

static bool has_several_masters(const struct writer *w)
{
	return cluster_count(w->cluster, ROLE_MASTER) > 1;
}

static void local_endpoint(struct writer *w, unsigned int indent)
{
	char address[ADDRESS_TEXT_MAX];

	str_addf(w->out, "%*slocalAPIEndpoint:\n", (int)indent, "");
	yaml_add(w->out, indent + 2, "advertiseAddress", address_text(&w->self->mgmt[0].address, address));
	str_addf(w->out, "%*sbindPort: %d\n", (int)indent + 2, "", API_SERVER_PORT);
}

static void init_document(struct writer *w, const char *token)
{
	begin_kubeadm(w, "InitConfiguration");
	str_add(w->out, "bootstrapTokens:\n");
	yaml_add(w->out, 2, "- token", token);
	if (has_several_masters(w))
		yaml_add(w->out, 0, "certificateKey", w->cluster->certificate_key);
	local_endpoint(w, 0);
	node_registration(w, false);
	timeouts(w, "controlPlaneComponentHealthCheck");
}

static void list_item(struct writer *w, const char *text)
{
	str_add(w->out, "    - ");
	yaml_add_scalar(w->out, text);
	str_add(w->out, "\n");
}

/* The controller-manager cuts the pod network as the configuration has it, not by its defaults. */
static void node_masks(struct writer *w)
{
	bool by_family = w->cluster->families > 1 || w->api->node_mask == NODE_MASK_FAMILY;
	unsigned int i;

	if (!kubernetes_needs_node_masks(w->cluster))
		return;
	str_add(w->out, "controllerManager:\n  extraArgs:\n");
	for (i = 0; i < w->cluster->families; i++) {
		const struct prefix *pods = &w->self->pods[i];
		_cleanup_free_ char *length = mem_printf("%u", pods->length);
		_cleanup_free_ char *name =
			mem_printf("node-cidr-mask-size%s", !by_family			      ? ""
							    : pods->address.family == AF_INET ? "-ipv4"
											      : "-ipv6");

		extra_argument(w, name, length);
	}
}

/* kubeadm adds each master's own address and name where it makes its certificate, and the endpoint's. */
static void certificate_names(struct writer *w)
{
	char address[ADDRESS_TEXT_MAX];
	unsigned int f;
	size_t i;

	str_add(w->out, "apiServer:\n  certSANs:\n");
	for (i = 0; i < w->cluster->n_nodes; i++) {
		const struct cluster_node *node = &w->cluster->nodes[i];

		if (!(node->roles & ROLE_MASTER))
			continue;
		for (f = 0; f < w->cluster->families; f++)
			list_item(w, address_text(&node->mgmt[f].address, address));
		list_item(w, node->name);
	}
}

/*
 * podSubnet is for plugins that take their node's subnet from Kubernetes. Without them there is none: kubeadm and the
 * controller-manager would cut it into node subnets of sizes that depend on their version, while lazyjack's CNI
 * configuration assigns the subnets itself. kube-proxy is told the pod network on its own, which every version accepts.
 */
static void cluster_document(struct writer *w)
{
	_cleanup_str_ struct str services = STR_INIT, host_port = STR_INIT, pods = STR_INIT;
	const char *version = w->cluster->kubernetes_version;

	if (kubernetes_minor(version) == 0)
		version = w->machine->version;
	networks_text(w, w->cluster->service, &services);
	kubeadm_endpoint(w->cluster, &host_port);

	begin_kubeadm(w, "ClusterConfiguration");
	if (version)
		yaml_add(w->out, 0, "kubernetesVersion", version);
	yaml_add(w->out, 0, "controlPlaneEndpoint", str_text(&host_port));
	str_add(w->out, "networking:\n");
	if (!cluster_makes_network(w->cluster)) {
		networks_text(w, w->cluster->pod, &pods);
		yaml_add(w->out, 2, "podSubnet", str_text(&pods));
	}
	yaml_add(w->out, 2, "serviceSubnet", str_text(&services));
	certificate_names(w);
	if (!w->api->timeouts)
		add_timeout(w, 2, "timeoutForControlPlane");
	node_masks(w);
	if (w->cluster->families > 1 && w->api->dual_stack == DUAL_STACK_GATE)
		str_add(w->out, "featureGates:\n  IPv6DualStack: true\n");
}

/*
 * Neither address nor healthzBindAddress: the kubelet's "0.0.0.0" listens to both families, as Go's wildcard does, and
 * kubeadm before 1.31 looks for its health at "localhost", which is 127.0.0.1 on hosts without any other IPv4 as well.
 */
static void kubelet_document(struct writer *w)
{
	char address[ADDRESS_TEXT_MAX];

	begin(w, "KubeletConfiguration", "kubelet.config.k8s.io/v1beta1");
	if (w->machine->cgroup_driver)
		yaml_add(w->out, 0, "cgroupDriver", w->machine->cgroup_driver);
	str_add(w->out, "clusterDNS:\n  - ");
	yaml_add_scalar(w->out, address_text(&w->cluster->cluster_dns[0], address));
	str_add(w->out, "\n");
}

static void proxy_document(struct writer *w)
{
	_cleanup_str_ struct str pods = STR_INIT;

	networks_text(w, w->cluster->pod, &pods);
	begin(w, "KubeProxyConfiguration", "kubeproxy.config.k8s.io/v1alpha1");
	yaml_add(w->out, 0, "clusterCIDR", str_text(&pods));
}

static void join_document(struct writer *w, const char *token)
{
	_cleanup_str_ struct str host_port = STR_INIT;

	kubeadm_endpoint(w->cluster, &host_port);
	begin_kubeadm(w, "JoinConfiguration");
	str_add(w->out, "discovery:\n  bootstrapToken:\n");
	yaml_add(w->out, 4, "apiServerEndpoint", str_text(&host_port));
	yaml_add(w->out, 4, "token", token);
	/* In insecure mode kubeadm makes an authority of its own, which a hash of an earlier `init` does not fit. */
	if (w->cluster->token_cert_hash && !w->cluster->insecure) {
		_cleanup_free_ char *hash = mem_printf("sha256:%s", w->cluster->token_cert_hash);

		str_add(w->out, "    caCertHashes:\n      - ");
		yaml_add_scalar(w->out, hash);
		str_add(w->out, "\n");
	} else {
		str_add(w->out, "    unsafeSkipCAVerification: true\n");
	}
	if (!w->api->timeouts)
		add_timeout(w, 2, "timeout");
	if (w->self->roles & ROLE_MASTER) {
		str_add(w->out, "controlPlane:\n");
		local_endpoint(w, 2);
		yaml_add(w->out, 2, "certificateKey", w->cluster->certificate_key);
	}
	node_registration(w, true);
	timeouts(w, "discovery");
}

static int choose_api(struct writer *w, struct err *err)
{
	w->minor = w->machine->minor ? w->machine->minor : kubernetes_minor(w->cluster->kubernetes_version);
	w->api = w->minor ? kubeadm_api_for(w->minor) : kubeadm_api_newest();
	return w->minor ? kubernetes_makes(w->cluster, w->minor, err) : 0;
}

/* What `init` writes into the configuration, and is not in there; NULL: nothing is missing. */
static const char *missing_key(const struct cluster *cluster, const struct cluster_node *self)
{
	if (cluster->insecure)
		return NULL;
	if (cluster->token == NULL)
		return "token";
	if (cluster->token_cert_hash == NULL && self != cluster_with_role(cluster, ROLE_MASTER))
		return "token-cert-hash";
	if (cluster->certificate_key == NULL && self->roles & ROLE_MASTER && cluster_count(cluster, ROLE_MASTER) > 1)
		return "certificate-key";
	return NULL;
}

int kubeadm_documents(const struct cluster *cluster, const struct cluster_node *self,
	const struct kubeadm_machine *machine, struct str *ret, struct err *err)
{
	struct writer w = {.cluster = cluster, .self = self, .machine = machine, .out = ret};
	const struct cluster_node *master = cluster_with_role(cluster, ROLE_MASTER);
	const char *token = cluster->token ? cluster->token : INSECURE_TOKEN;
	int r;

	if (master == NULL)
		return err_set(err, EINVAL, "no node has the opmode 'master': give it to one");
	if (missing_key(cluster, self))
		return err_set(err, EINVAL,
			"the configuration has no %s: run 'lazyjack init' on '%s' and copy the file it writes here",
			missing_key(cluster, self), master->name);
	r = choose_api(&w, err);
	if (r < 0)
		return r;
	if (self == master) {
		init_document(&w, token);
		cluster_document(&w);
		kubelet_document(&w);
		proxy_document(&w);
	} else {
		join_document(&w, token);
	}
	return 0;
}
