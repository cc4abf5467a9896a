/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/kubeadm.h"

#include <errno.h>

#include "base/mem.h"
#include "base/run.h"
#include "kube/version-table.h"
#include "kube/yaml.h"

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

	for (i = 0; i < w->cluster->families; i++)
		str_addf(ret, "%s%s", i > 0 ? "," : "", prefix_text(&networks[i], text));
}

static void node_ip_text(const struct writer *w, struct str *ret)
{
	char text[ADDRESS_TEXT_MAX];
	unsigned int i;

	for (i = 0; i < w->cluster->families; i++)
		str_addf(ret, "%s%s", i > 0 ? "," : "", address_text(&w->self->mgmt[i].address, text));
}

/* The kubelet would choose the IPv4 address wherever there is one (kubernetes/kubernetes issue 61319): always say it.
 */
static void node_registration(struct writer *w)
{
	_cleanup_str_ struct str node_ip = STR_INIT;

	str_add(w->out, "nodeRegistration:\n");
	yaml_add(w->out, 2, "name", w->self->name);
	if (w->machine->cri_socket) {
		_cleanup_free_ char *socket =
			mem_printf("%s%s", w->api->socket_url ? "unix://" : "", w->machine->cri_socket);

		yaml_add(w->out, 2, "criSocket", socket);
	}
	node_ip_text(w, &node_ip);
	str_add(w->out, "  kubeletExtraArgs:\n");
	if (w->api->argument_list) {
		yaml_add(w->out, 4, "- name", "node-ip");
		yaml_add(w->out, 6, "value", str_text(&node_ip));
	} else {
		yaml_add(w->out, 4, "node-ip", str_text(&node_ip));
	}
}

static void endpoint(const struct cluster_node *master, struct str *ret)
{
	address_host_port(&master->mgmt[0].address, API_SERVER_PORT, ret);
}

static void init_document(struct writer *w, const char *token)
{
	char address[ADDRESS_TEXT_MAX];

	begin_kubeadm(w, "InitConfiguration");
	str_add(w->out, "bootstrapTokens:\n");
	yaml_add(w->out, 2, "- token", token);
	str_add(w->out, "localAPIEndpoint:\n");
	yaml_add(w->out, 2, "advertiseAddress", address_text(&w->self->mgmt[0].address, address));
	str_addf(w->out, "  bindPort: %d\n", API_SERVER_PORT);
	node_registration(w);
}

/*
 * No podSubnet: kubeadm and the controller-manager would cut it into node subnets of sizes that depend on their
 * version, while lazyjack's CNI configuration assigns the subnets itself. kube-proxy is told the pod network on its
 * own, which every version accepts.
 */
static void cluster_document(struct writer *w)
{
	_cleanup_str_ struct str services = STR_INIT, host_port = STR_INIT;
	const char *version = w->cluster->kubernetes_version;
	char address[ADDRESS_TEXT_MAX];

	if (kubernetes_minor(version) == 0)
		version = w->machine->version;
	networks_text(w, w->cluster->service, &services);
	endpoint(w->self, &host_port);

	begin_kubeadm(w, "ClusterConfiguration");
	if (version)
		yaml_add(w->out, 0, "kubernetesVersion", version);
	yaml_add(w->out, 0, "controlPlaneEndpoint", str_text(&host_port));
	str_add(w->out, "networking:\n");
	yaml_add(w->out, 2, "serviceSubnet", str_text(&services));
	str_add(w->out, "apiServer:\n  certSANs:\n");
	str_add(w->out, "    - ");
	yaml_add_scalar(w->out, address_text(&w->self->mgmt[0].address, address));
	str_add(w->out, "\n    - ");
	yaml_add_scalar(w->out, w->self->name);
	str_add(w->out, "\n");
	if (w->cluster->families > 1 && w->minor >= DUAL_STACK_GATE_FIRST && w->minor <= DUAL_STACK_GATE_LAST)
		str_add(w->out, "featureGates:\n  IPv6DualStack: true\n");
}

static void kubelet_document(struct writer *w)
{
	char address[ADDRESS_TEXT_MAX];

	begin(w, "KubeletConfiguration", "kubelet.config.k8s.io/v1beta1");
	str_add(w->out, "clusterDNS:\n  - ");
	yaml_add_scalar(w->out, address_text(&w->cluster->cluster_dns[0], address));
	str_add(w->out, "\n");
	if (w->machine->resolved)
		yaml_add(w->out, 0, "resolvConf", "/run/systemd/resolve/resolv.conf");
}

static void proxy_document(struct writer *w)
{
	_cleanup_str_ struct str pods = STR_INIT;

	networks_text(w, w->cluster->pod, &pods);
	begin(w, "KubeProxyConfiguration", "kubeproxy.config.k8s.io/v1alpha1");
	yaml_add(w->out, 0, "clusterCIDR", str_text(&pods));
}

static void join_document(struct writer *w, const struct cluster_node *master, const char *token)
{
	_cleanup_str_ struct str host_port = STR_INIT;

	endpoint(master, &host_port);
	begin_kubeadm(w, "JoinConfiguration");
	str_add(w->out, "discovery:\n  bootstrapToken:\n");
	yaml_add(w->out, 4, "apiServerEndpoint", str_text(&host_port));
	yaml_add(w->out, 4, "token", token);
	if (w->cluster->token_cert_hash) {
		_cleanup_free_ char *hash = mem_printf("sha256:%s", w->cluster->token_cert_hash);

		str_add(w->out, "    caCertHashes:\n      - ");
		yaml_add_scalar(w->out, hash);
		str_add(w->out, "\n");
	} else {
		str_add(w->out, "    unsafeSkipCAVerification: true\n");
	}
	node_registration(w);
}

static int choose_api(struct writer *w, struct err *err)
{
	w->minor = w->machine->minor ? w->machine->minor : kubernetes_minor(w->cluster->kubernetes_version);
	w->api = w->minor ? kubeadm_api_for(w->minor) : kubeadm_api_newest();
	if (w->api == NULL)
		return err_set(err, EINVAL,
			"kubeadm 1.%u is too old: install 1.%d or newer, the same minor version on every node",
			w->minor, KUBEADM_OLDEST);
	return 0;
}

int kubeadm_documents(const struct cluster *cluster, const struct cluster_node *self,
	const struct kubeadm_machine *machine, struct str *ret, struct err *err)
{
	struct writer w = {.cluster = cluster, .self = self, .machine = machine, .out = ret};
	const struct cluster_node *master = cluster_with_role(cluster, ROLE_MASTER);
	const char *token = cluster->token;
	int r;

	if (cluster->insecure && token == NULL)
		token = INSECURE_TOKEN;
	if (master == NULL)
		return err_set(err, EINVAL, "no node has the opmode 'master': give it to one");
	if (token == NULL || (self != master && cluster->token_cert_hash == NULL && !cluster->insecure))
		return err_set(err, EINVAL,
			"the configuration has no %s: run 'lazyjack init' on '%s' and copy the file it writes here",
			token ? "token-cert-hash" : "token", master->name);
	r = choose_api(&w, err);
	if (r < 0)
		return r;
	if (self == master) {
		init_document(&w, token);
		cluster_document(&w);
		kubelet_document(&w);
		proxy_document(&w);
	} else {
		join_document(&w, master, token);
	}
	return 0;
}

char *kubeadm_conf_path(const struct cluster *cluster)
{
	return mem_printf("%s/kubeadm.conf", cluster->work_area);
}

void kubeadm_command(const struct cluster *cluster, const struct cluster_node *self, struct str *ret)
{
	_cleanup_free_ char *path = kubeadm_conf_path(cluster);
	_cleanup_free_ char *option = mem_printf("--config=%s", path);
	const char *const argv[] = {"kubeadm", self->roles & ROLE_MASTER ? "init" : "join", option, NULL};

	run_describe(argv, ret);
}
