/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/version-table.h"
#include "preflight/checks.h"
#include "preflight/look.h"
#include "preflight/runtime-facts.h"

enum { HOSTS_MAX = 8 << 20 }; /* octets */

/* What stops kubeadm is an error where it is to be run; lazyjack also prepares nodes that get Kubernetes later. */
static enum severity severity(const struct preflight *what)
{
	return what->kubeadm ? SEVERITY_ERROR : SEVERITY_WARNING;
}

/* kubeadm makes a control plane of its own minor version or the one before, and takes no kubelet newer than that. */
static void check_wanted_version(const struct preflight *what, const struct check *check, struct findings *findings)
{
	unsigned int wanted = kubernetes_minor(what->cluster->kubernetes_version);

	if (wanted != 0 && what->facts->kubeadm_minor != 0 && wanted != what->facts->kubeadm_minor)
		findings_add(findings, check, severity(what),
			"install Kubernetes' programs of that minor version, or set general.kubernetes-version to "
			"theirs",
			"the configuration wants Kubernetes %s, but 'kubeadm' is %s", what->cluster->kubernetes_version,
			what->facts->kubeadm_version);
}

static void check_versions(
	const struct preflight *what, const struct check *check, struct str *missing, struct findings *findings)
{
	static const char *const programs[] = {"kubeadm", "kubelet", "kubectl"};
	unsigned int first = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		_cleanup_free_ char *version = i == 0 ? mem_strdup(what->facts->kubeadm_version)
						      : look_kubernetes_version(what->node, programs[i]);
		unsigned int minor = kubernetes_minor(version);

		if (version == NULL)
			str_addf(missing, "%s'%s'", missing->len ? ", " : "", programs[i]);
		else if (minor < KUBEADM_OLDEST)
			findings_add(findings, check, SEVERITY_ERROR, "install 1.13 or newer",
				"'%s' is %s, which is too old", programs[i], version);
		else if (first != 0 && minor != first)
			findings_add(findings, check, SEVERITY_ERROR,
				"install the same minor version of kubeadm, kubelet and kubectl on every node",
				"'%s' is %s, but another of Kubernetes' programs here is 1.%u", programs[i], version,
				first);
		else
			first = minor;
	}
}

int check_kubernetes(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_str_ struct str missing = STR_INIT;

	check_versions(what, check, &missing, findings);
	if (missing.len)
		findings_add(findings, check, severity(what), "install it, then 'lazyjack prepare' again",
			"there is no working %s", missing.s);
	check_wanted_version(what, check, findings);
	if (what->kubeadm && !what->facts->kubelet_unit)
		findings_add(findings, check, SEVERITY_ERROR,
			"install package 'kubelet', or its unit with the drop-in for kubeadm",
			"there is no unit 'kubelet.service'");
	return 0;
}

/* cmd/kubeadm/app/preflight/checks.go: what kubeadm refuses to go without, and the minor versions that do. */
static const struct {
	const char *program, *package;
	unsigned int first, last;
} needed[] = {
	{"crictl", "cri-tools", 0, 30},
	{"conntrack", "conntrack", 18, 31},
	{"ip", "iproute2", 0, ~0U},
	{"iptables", "iptables", 0, ~0U},
	{"mount", "mount", 0, ~0U},
	{"nsenter", "util-linux", 0, ~0U},
};

int check_kubeadm_programs(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	unsigned int minor = what->facts->kubeadm_minor;
	size_t i;

	for (i = 0; what->kubeadm && minor != 0 && i < ARRAY_SIZE(needed); i++) {
		_cleanup_free_ char *path = look_program(what->node, needed[i].program);
		_cleanup_free_ char *cure = mem_printf("install package '%s'", needed[i].package);

		if (path || minor < needed[i].first || minor > needed[i].last)
			continue;
		/* Docker is not talked to over CRI there. */
		if (str_eq(needed[i].program, "crictl") && str_eq(what->facts->cri_socket, DOCKERSHIM_SOCKET))
			continue;
		findings_add(findings, check, SEVERITY_ERROR, cure,
			"there is no program '%s', without which kubeadm 1.%u does not begin", needed[i].program,
			minor);
	}
	return 0;
}

/* 0 when somebody answers at the socket, or a negative errno value. */
static int knock(struct node *node, const char *path)
{
	_cleanup_free_ char *full = node_path(node, str_eq(path, DOCKERSHIM_SOCKET) ? DOCKER_SOCKET : path);
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(full) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, full, strlen(full));
	/* EAGAIN: others wait there already. */
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN ? 0 : -errno;
}

static void none_chosen(const struct preflight *what, const struct check *check, struct findings *findings)
{
	char *const *sockets = what->facts->cri_sockets;
	_cleanup_str_ struct str names = STR_INIT;
	size_t i;

	for (i = 0; sockets && sockets[i]; i++)
		str_addf(&names, "%s'%s'", i > 0 ? ", " : "", sockets[i]);
	if (sockets)
		findings_add(findings, check, SEVERITY_ERROR,
			"name one of them: general.cri-socket in the configuration",
			"this node has several container runtimes: %s", str_text(&names));
	else if (look_exists(what->node, DOCKER_SOCKET))
		findings_add(findings, check, severity(what),
			"install cri-dockerd, or take containerd or CRI-O instead",
			"Docker alone is no container runtime for Kubernetes since 1.24");
	else
		findings_add(findings, check, severity(what),
			"install and start one (containerd, CRI-O), then 'lazyjack prepare' again",
			"no container runtime answers at its usual socket");
}

int check_runtime_socket(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	const char *socket = what->facts->cri_socket;
	int r;

	if (socket == NULL) {
		none_chosen(what, check, findings);
		return 0;
	}
	r = knock(what->node, socket);
	if (r == -ENOENT)
		findings_add(findings, check, severity(what),
			"install and start the container runtime, or correct general.cri-socket",
			"there is no socket '%s', which general.cri-socket names", socket);
	else if (r < 0)
		findings_add(findings, check, severity(what), "start the container runtime that it belongs to",
			"nobody answers at the container runtime's socket '%s': %s", socket, strerror(-r));
	else if (what->facts->cri_disabled)
		findings_add(findings, check, severity(what),
			"take 'cri' out of 'disabled_plugins' in /etc/containerd/config.toml, and restart containerd",
			"the configuration of containerd turns off its CRI plugin, which Kubernetes talks to");
	return 0;
}

/* True when a line of hosts(5) gives the name "localhost" an address that begins so. */
static bool is_localhost(const char *line, const char *start)
{
	const char *end = line + strcspn(line, "#\n"), *word = line;
	size_t n = strcspn(line, " \t");

	if (!str_starts(line, start))
		return false;
	for (word += n; word < end; word += n) {
		word += strspn(word, " \t");
		n = strcspn(word, " \t#\n");
		if (n == strlen("localhost") && strncmp(word, "localhost", n) == 0)
			return true;
		if (n == 0)
			break;
	}
	return false;
}

/* kubeadm before 1.31 asks for the kubelet's health at "localhost", where the kubelet listens on 127.0.0.1 (issue
 * 3069). */
int check_localhost(const struct preflight *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *path = node_path(what->node, what->facts->hosts_file), *text = NULL;
	bool v4 = false, v6 = false;
	const char *line;
	size_t len;

	if (!what->kubeadm || what->facts->kubeadm_minor > 30 ||
		file_read(path, HOSTS_MAX, &text, &len, NULL, NULL) < 0)
		return 0;
	for (line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *address = line + strspn(line, " \t");

		v4 = v4 || is_localhost(address, "127.0.0.1");
		v6 = v6 || is_localhost(address, "::1");
	}
	if (v6 && !v4)
		findings_add(findings, check, SEVERITY_WARNING, "add the line '127.0.0.1 localhost'",
			"'localhost' is '::1' alone in '%s', so kubeadm 1.%u may look for the kubelet where it does "
			"not listen",
			what->facts->hosts_file, what->facts->kubeadm_minor);
	return 0;
}
