/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/rules.h"
#include "model/version-table.h"

/* Pulling the images over NAT64 is what takes long: seconds. */
enum { KUBEADM_TIMEOUT_DEFAULT = 600 };

static const char *const mode_names[] = {
	[MODE_IPV6] = "ipv6",
	[MODE_IPV4] = "ipv4",
	[MODE_DUAL_STACK] = "dual-stack",
};

const char *mode_name(enum cluster_mode mode)
{
	return mode_names[mode];
}

const char *family_name(int family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

static char *text_or(const struct config_text *text, const char *otherwise)
{
	return mem_strdup(text->given ? text->value : otherwise);
}

static void take_mode(struct rules *rules)
{
	const struct config *config = rules->config;
	const struct config_text *mode = &config->general.mode;
	size_t i;

	rules->cluster->mode = MODE_IPV6;
	for (i = 0; mode->given && i < ARRAY_SIZE(mode_names); i++)
		if (str_eq(mode->value, mode_names[i]))
			rules->cluster->mode = (enum cluster_mode)i;
	rules->cluster->families = 1;
	switch (rules->cluster->mode) {
	case MODE_IPV6:
		rules->family[0] = AF_INET6;
		break;
	case MODE_IPV4:
		rules->family[0] = AF_INET;
		break;
	case MODE_DUAL_STACK:
		/* Either may come first; the first management network decides for all. */
		rules->cluster->families = 2;
		rules->family[0] = config->mgmt_net.cidr.given ? config->mgmt_net.cidr.value.address.family : AF_INET6;
		rules->family[1] = rules->family[0] == AF_INET6 ? AF_INET : AF_INET6;
		break;
	}
}

/* Directories where anybody may put a file or a link in the way of a key. */
static bool is_world_writable(const char *path)
{
	static const char *const directories[] = {"/tmp", "/var/tmp", "/dev/shm", "/run/lock"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		size_t n = strlen(directories[i]);

		if (strncmp(path, directories[i], n) == 0 && (path[n] == '/' || path[n] == '\0'))
			return true;
	}
	return false;
}

static void take_work_area(struct rules *rules)
{
	const struct config_text *given = &rules->config->general.work_area;
	char *path = text_or(given, WORK_AREA_DEFAULT);
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		path[--n] = '\0';
	rules->cluster->work_area = path;
	if (is_world_writable(path))
		diagnostics_add(rules->out, SEVERITY_WARNING, given->mark,
			"leave the key out for '" WORK_AREA_DEFAULT "'",
			"general.work-area '%s' is in a place where everybody may write and which a reboot may empty",
			path);
}

static void take_plugin(struct rules *rules)
{
	const struct config_text *plugin = &rules->config->general.plugin;
	const struct config_text *manifest = &rules->config->general.plugin_manifest;
	struct cluster *cluster = rules->cluster;

	cluster->plugin = text_or(plugin, "bridge");
	cluster->plugin_manifest = text_or(manifest, NULL);
	if (manifest->given && cluster_makes_network(cluster))
		diagnostics_add(rules->out, SEVERITY_ERROR, manifest->mark,
			"take it out, or set general.plugin to 'calico', 'cilium' or 'none'",
			"general.plugin-manifest has no meaning with general.plugin '%s', whose network lazyjack makes "
			"itself",
			cluster->plugin);
}

/* Every command that reads the configuration shows it: nobody is to forget what he runs. */
static void take_insecure(struct rules *rules)
{
	const struct config_flag *given = &rules->config->general.insecure;

	rules->cluster->insecure = given->given && given->value;
	if (rules->cluster->insecure)
		diagnostics_add(rules->out, SEVERITY_WARNING, given->mark,
			"for trials only; leave the key out and run 'lazyjack init' for a cluster to keep",
			"general.insecure is set: nodes join without checking whose cluster it is, with a token that "
			"everybody knows unless there is one in the file; whoever reaches the nodes' network can take "
			"the cluster over");
}

void rules_general(struct rules *rules)
{
	const struct config *config = rules->config;
	struct cluster *cluster = rules->cluster;

	take_mode(rules);
	take_work_area(rules);
	take_plugin(rules);
	cluster->runtime = text_or(&config->general.runtime, "host");
	cluster->kubernetes_version = text_or(&config->general.kubernetes_version, "latest");
	cluster->token = text_or(&config->general.token, NULL);
	cluster->token_cert_hash = text_or(&config->general.token_cert_hash, NULL);
	cluster->cri_socket = text_or(&config->general.cri_socket, NULL);
	take_insecure(rules);
	cluster->kubeadm_timeout =
		config->general.kubeadm_timeout.given ? config->general.kubeadm_timeout.value : KUBEADM_TIMEOUT_DEFAULT;
}

/*
 * Which version of kubeadm the nodes have is not known here; but it has to be the one that is asked for. One that is
 * too old is a warning: files of lazyjack's first users name such, and nodes that have it are refused later on.
 */
void rules_version(struct rules *rules)
{
	const struct cluster *cluster = rules->cluster;
	unsigned int minor = kubernetes_minor(cluster->kubernetes_version);
	_cleanup_err_ struct err err = ERR_INIT;

	if (minor != 0 && kubernetes_makes(cluster, minor, &err) < 0)
		diagnostics_add(rules->out, minor < KUBEADM_OLDEST ? SEVERITY_WARNING : SEVERITY_ERROR,
			rules->config->general.kubernetes_version.mark, NULL,
			"general.kubernetes-version is '%s', but %s", cluster->kubernetes_version, err.msg);
}
