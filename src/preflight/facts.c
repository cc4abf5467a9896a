/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/facts.h"

#include <errno.h>
#include <limits.h>
#include <net/route.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "kube/version-table.h"
#include "preflight/cni-facts.h"
#include "preflight/look.h"

static char *own_path(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	return n > 0 ? mem_strndup(path, (size_t)n) : mem_strdup("/usr/sbin/lazyjack");
}

/* systemd-resolved's own files are all below this directory (systemd-resolved.service(8), "/etc/resolv.conf"). */
static bool uses_resolved(struct node *node)
{
	_cleanup_free_ char *path = node_path(node, "/etc/resolv.conf");
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n <= 0)
		return false;
	target[n] = '\0';
	return strstr(target, "run/systemd/resolve/") != NULL;
}

static bool has_kubelet_unit(struct node *node)
{
	static const char *const paths[] = {"/etc/systemd/system/kubelet.service",
		"/run/systemd/system/kubelet.service", "/usr/local/lib/systemd/system/kubelet.service",
		"/usr/lib/systemd/system/kubelet.service", "/lib/systemd/system/kubelet.service"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++)
		if (look_exists(node, paths[i]))
			return true;
	return false;
}

static char *find_cri_socket(struct node *node)
{
	static const char *const paths[] = {
		"/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/cri-dockerd.sock"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *path = node_path(node, paths[i]);
		struct stat st;

		if (stat(path, &st) == 0 && S_ISSOCK(st.st_mode))
			return mem_strdup(paths[i]);
	}
	return NULL;
}

/*
 * Interfaces with a route through a router that advertised itself; the kernel marks such routes RTF_ADDRCONF. Where
 * another program handles advertisements (systemd-networkd, NetworkManager) the kernel has no such routes, and
 * forwarding does them no harm.
 */
static char **learned_from_advertisements(void)
{
	char **names = NULL;
	size_t n = 0, cap = 0, i;
	char line[256], name[32];
	unsigned int flags;
	FILE *file = fopen("/proc/net/ipv6_route", "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %8x %31s", &flags, name) != 2)
			continue;
		if ((flags & (RTF_ADDRCONF | RTF_GATEWAY)) != (RTF_ADDRCONF | RTF_GATEWAY))
			continue;
		for (i = 0; i < n && !str_eq(names[i], name);)
			i++;
		if (i < n)
			continue;
		names = mem_grow(names, n + 1, &cap, sizeof(*names));
		names[n++] = mem_strdup(name);
		names[n] = NULL;
	}
	if (file)
		fclose(file);
	return names;
}

int facts_gather(struct node *node, const struct cluster *cluster, const struct cluster_node *self, struct facts *ret,
	struct err *err)
{
	struct facts facts = {
		.self = own_path(),
		.hosts_file = mem_strdup("/etc/hosts"),
		.resolved = uses_resolved(node),
		.kubelet_unit = has_kubelet_unit(node),
		.cri_socket = find_cri_socket(node),
		.bridge_netfilter = look_exists(node, "/proc/sys/net/bridge/bridge-nf-call-ip6tables"),
		.accept_ra = learned_from_advertisements(),
		.named = look_program(node, "named"),
		.tayga = look_program(node, "tayga"),
		.kubeadm_version = look_kubernetes_version(node, "kubeadm"),
	};
	int r;

	facts.kubeadm_minor = kubernetes_minor(facts.kubeadm_version);
	r = cni_facts(node, &facts, err);
	if (r < 0) {
		facts_done(&facts);
		return err_wrap(err, "cannot look at the CNI configuration");
	}
	*ret = facts;
	return 0;
}
