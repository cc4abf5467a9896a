/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/facts.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <net/route.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/version-table.h"
#include "preflight/cni-facts.h"
#include "preflight/forward-facts.h"
#include "preflight/look.h"
#include "preflight/nat64-facts.h"
#include "preflight/runtime-facts.h"

#define CONF_DIRECTORY "/proc/sys/net/ipv6/conf"

enum {
	VALUE_MAX = 64,		 /* octets of a sysctl */
	MANIFEST_MAX = 32 << 20, /* octets */
};

static char *own_path(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	static const char gone[] = " (deleted)"; /* the kernel's word for a program replaced while it runs (proc(5)) */

	if (n <= 0)
		return mem_strdup("/usr/sbin/lazyjack");
	path[n] = '\0';
	if (str_ends(path, gone))
		n -= (ssize_t)sizeof(gone) - 1;
	return mem_strndup(path, (size_t)n);
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

struct names {
	char **items; /* NULL-terminated */
	size_t n, cap;
};

static void names_add(struct names *names, const char *name)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		if (str_eq(names->items[i], name))
			return;
	names->items = mem_grow(names->items, names->n + 1, &names->cap, sizeof(*names->items));
	names->items[names->n++] = mem_strdup(name);
	names->items[names->n] = NULL;
}

/*
 * Interfaces with a route through a router that advertised itself; the kernel marks such routes RTF_ADDRCONF. Where
 * another program handles advertisements (systemd-networkd, NetworkManager) the kernel has no such routes, and
 * forwarding does them no harm.
 */
static void add_routes_from_advertisements(struct names *names)
{
	char line[256], name[32];
	unsigned int flags;
	FILE *file = fopen("/proc/net/ipv6_route", "re");

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %8x %31s", &flags, name) != 2)
			continue;
		if ((flags & (RTF_ADDRCONF | RTF_GATEWAY)) == (RTF_ADDRCONF | RTF_GATEWAY))
			names_add(names, name);
	}
	if (file)
		fclose(file);
}

static bool listens_always(const char *interface)
{
	_cleanup_free_ char *path = mem_printf(CONF_DIRECTORY "/%s/accept_ra", interface), *text = NULL;
	size_t len;

	return file_read(path, VALUE_MAX, &text, &len, NULL, NULL) == 0 && str_eq(text, "2\n");
}

/*
 * Interfaces that an earlier run, or their owner, told to listen in spite of forwarding: while the router is away they
 * have no such route, and must not be told otherwise then.
 */
static void add_listeners(struct names *names)
{
	struct dirent *entry;
	DIR *directory;

	if (listens_always("default"))
		return;
	directory = opendir(CONF_DIRECTORY);
	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.' && !str_eq(entry->d_name, "all") && listens_always(entry->d_name))
			names_add(names, entry->d_name);
	if (directory)
		closedir(directory);
}

static char **learn_from_advertisements(void)
{
	struct names names = {0};

	add_routes_from_advertisements(&names);
	add_listeners(&names);
	return names.items;
}

/* NULL: no file that can be read. */
static char *digest_of(struct node *node, const char *path)
{
	_cleanup_free_ char *full = node_path(node, path), *text = NULL;
	char digest[65];
	size_t len;

	if (file_read(full, MANIFEST_MAX, &text, &len, NULL, NULL) < 0)
		return NULL;
	file_sha256(text, len, digest);
	return mem_strdup(digest);
}

int facts_gather(struct node *node, const struct cluster *cluster, const struct cluster_node *self, struct facts *ret,
	struct err *err)
{
	struct facts facts = {
		.self = own_path(),
		.hosts_file = mem_strdup("/etc/hosts"),
		.resolved = uses_resolved(node),
		.kubelet_unit = has_kubelet_unit(node),
		.bridge_netfilter = look_exists(node, "/proc/sys/net/bridge/bridge-nf-call-ip6tables"),
		.accept_ra = learn_from_advertisements(),
		.named = look_program(node, "named"),
		.tayga = look_program(node, "tayga"),
		.engine = str_eq(cluster->runtime, "host") ? NULL : look_program(node, cluster->runtime),
		.kubeadm_version = look_kubernetes_version(node, "kubeadm"),
	};
	int r;

	facts.kubeadm_minor = kubernetes_minor(facts.kubeadm_version);
	runtime_facts(node, cluster, &facts);
	nat64_facts(node, cluster, self, &facts);
	forward_facts(node, cluster, &facts);
	if (cluster->plugin_manifest && self->roles & ROLE_MASTER)
		facts.manifest_sha256 = digest_of(node, cluster->plugin_manifest);
	r = cni_facts(node, cluster, &facts, err);
	if (r < 0) {
		facts_done(&facts);
		return err_wrap(err, "cannot look at the CNI configuration");
	}
	*ret = facts;
	return 0;
}
