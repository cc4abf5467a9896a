/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/runtime-facts.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "model/version-table.h"
#include "preflight/look.h"
#include "preflight/toml.h"

#define CRIO_FILE "/etc/crio/crio.conf"
#define CRIO_DIRECTORY "/etc/crio/crio.conf.d"

enum {
	RUNTIME_TIMEOUT = 10000, /* ms */
	CRIO_FILE_MAX = 1 << 20, /* octets */
};

/* A word of somebody else's, taken only when it is one of the two that there are. */
static char *known_driver(const char *word)
{
	return str_eq(word, "systemd") || str_eq(word, "cgroupfs") ? mem_strdup(word) : NULL;
}

static char *containerd_plugin_driver(const char *dump, const char *plugin)
{
	_cleanup_free_ char *containerd = mem_printf("plugins/%s/containerd", plugin);
	_cleanup_free_ char *chosen = toml_find(dump, containerd, "default_runtime_name");
	_cleanup_free_ char *runtime = mem_printf("%s/runtimes/%s", containerd, chosen ? chosen : "runc");
	_cleanup_free_ char *options = mem_printf("%s/options", runtime);
	_cleanup_free_ char *type = toml_find(dump, runtime, "runtime_type");
	_cleanup_free_ char *systemd = toml_find(dump, options, "SystemdCgroup");

	/* Other runtimes than runc have other options. */
	if (type == NULL || !str_starts(type, "io.containerd.runc."))
		return NULL;
	return mem_strdup(str_eq(systemd, "true") ? "systemd" : "cgroupfs");
}

char *containerd_cgroup_driver(const char *dump)
{
	char *driver = containerd_plugin_driver(dump, "io.containerd.cri.v1.runtime");

	return driver ? driver : containerd_plugin_driver(dump, "io.containerd.grpc.v1.cri");
}

/* A quoted word of an array. */
static bool array_has(const char *array, const char *word)
{
	const char *at = array;
	size_t n = strlen(word);

	for (; (at = strstr(at, word)); at += n)
		if (at > array && strchr("\"'", at[-1]) && at[n] && strchr("\"'", at[n]))
			return true;
	return false;
}

bool containerd_cri_disabled(const char *dump)
{
	static const char *const names[] = {"cri", "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime"};
	_cleanup_free_ char *disabled = toml_find(dump, "", "disabled_plugins");
	size_t i;

	for (i = 0; disabled && i < ARRAY_SIZE(names); i++)
		if (array_has(disabled, names[i]))
			return true;
	return false;
}

char *crio_cgroup_driver(const char *text)
{
	_cleanup_free_ char *word = toml_find(text, "crio/runtime", "cgroup_manager");

	return known_driver(word);
}

/* False when there is no such program, or it does not answer. */
static bool ask(struct node *node, const char *program, const char *const *words, struct str *ret)
{
	_cleanup_free_ char *path = look_program(node, program);
	const char *argv[] = {path, words[0], words[1], words[2], NULL};
	const struct run_options options = {
		.argv = argv, .timeout_ms = RUNTIME_TIMEOUT, .root = node->root[0] ? node->root : NULL};
	_cleanup_err_ struct err err = ERR_INIT;

	if (path == NULL)
		return false;
	if (run_checked(&options, ret, &err) == 0)
		return true;
	log_warning("cannot find out the cgroup driver of the container runtime: %s", err.msg);
	return false;
}

/* The program reads the file and adds what its plugins have by default; the daemon is not asked. */
static void look_at_containerd(struct node *node, struct facts *facts)
{
	static const char *const words[] = {"config", "dump", NULL};
	_cleanup_str_ struct str out = STR_INIT;

	if (!ask(node, "containerd", words, &out))
		return;
	facts->cgroup_driver = containerd_cgroup_driver(str_text(&out));
	facts->cri_disabled = containerd_cri_disabled(str_text(&out));
}

static void look_at_crio_file(struct node *node, const char *path, struct facts *facts)
{
	_cleanup_free_ char *full = node_path(node, path), *text = NULL, *driver = NULL;
	size_t len;

	if (file_read(full, CRIO_FILE_MAX, &text, &len, NULL, NULL) < 0)
		return;
	driver = crio_cgroup_driver(text);
	if (driver) {
		free(facts->cgroup_driver);
		facts->cgroup_driver = TAKE_PTR(driver);
	}
}

/* crio.conf(5): the drop-ins in the order of their names, the last one that says something wins. */
static void look_at_crio(struct node *node, struct facts *facts)
{
	_cleanup_free_ char *directory = node_path(node, CRIO_DIRECTORY);
	struct dirent **entries = NULL;
	int n, i;

	facts->cgroup_driver = mem_strdup("systemd");
	look_at_crio_file(node, CRIO_FILE, facts);
	n = scandir(directory, &entries, NULL, alphasort);
	for (i = 0; i < n; i++) {
		_cleanup_free_ char *path = mem_printf(CRIO_DIRECTORY "/%s", entries[i]->d_name);

		look_at_crio_file(node, path, facts);
		free(entries[i]);
	}
	free(entries);
}

static void look_at_docker(struct node *node, struct facts *facts)
{
	static const char *const words[] = {"info", "-f", "{{.CgroupDriver}}"};
	_cleanup_str_ struct str out = STR_INIT;
	_cleanup_free_ char *word = NULL;

	if (!ask(node, "docker", words, &out))
		return;
	word = mem_strndup(str_text(&out), strcspn(str_text(&out), "\n"));
	facts->cgroup_driver = known_driver(word);
}

/*
 * Where the runtimes' packages put their sockets. Of a socket anywhere else nobody can tell which configuration its
 * runtime reads.
 */
static const struct {
	const char *socket;
	void (*look)(struct node *node, struct facts *facts);
} runtimes[] = {
	{"/run/containerd/containerd.sock", look_at_containerd},
	{"/run/crio/crio.sock", look_at_crio},
	{"/run/cri-dockerd.sock", look_at_docker},
	{DOCKERSHIM_SOCKET, look_at_docker},
};

/* /var/run is a link to /run. */
static bool same_socket(const char *a, const char *b)
{
	return str_eq(str_starts(a, "/var/run/") ? a + 4 : a, str_starts(b, "/var/run/") ? b + 4 : b);
}

static bool is_socket(struct node *node, const char *path)
{
	_cleanup_free_ char *full = node_path(node, path);
	struct stat st;

	return stat(full, &st) == 0 && S_ISSOCK(st.st_mode);
}

/*
 * dockershim's own socket comes only with a running kubelet, so Docker's stands for it. It brings a containerd of its
 * own along, and goes before that as it does for kubeadm.
 */
static void find_sockets(struct node *node, unsigned int minor, struct facts *facts)
{
	bool docker = minor != 0 && minor <= DOCKERSHIM_LAST && is_socket(node, DOCKER_SOCKET);
	size_t i, n = 0;

	facts->cri_sockets = mem_new(ARRAY_SIZE(runtimes) + 1, sizeof(*facts->cri_sockets));
	for (i = 0; i < ARRAY_SIZE(runtimes); i++) {
		const char *socket = runtimes[i].socket;
		bool there = is_socket(node, socket);

		if (str_eq(socket, DOCKERSHIM_SOCKET))
			there = docker;
		else if (docker && runtimes[i].look == look_at_containerd)
			there = false;
		if (there)
			facts->cri_sockets[n++] = mem_strdup(socket);
	}
	if (n == 1)
		facts->cri_socket = mem_strdup(facts->cri_sockets[0]);
	if (n == 0) {
		free(facts->cri_sockets);
		facts->cri_sockets = NULL;
	}
}

void runtime_facts(struct node *node, const struct cluster *cluster, struct facts *facts)
{
	unsigned int minor =
		facts->kubeadm_minor ? facts->kubeadm_minor : kubernetes_minor(cluster->kubernetes_version);
	size_t i;

	find_sockets(node, minor, facts);
	if (cluster->cri_socket) {
		free(facts->cri_socket);
		facts->cri_socket = mem_strdup(cluster->cri_socket);
	}
	for (i = 0; facts->cri_socket && i < ARRAY_SIZE(runtimes); i++)
		if (same_socket(facts->cri_socket, runtimes[i].socket))
			runtimes[i].look(node, facts);
}
