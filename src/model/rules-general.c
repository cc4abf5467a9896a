/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/rules.h"

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

/* A choice that the schema allows and this version does not have yet. */
static char *available(struct rules *rules, const char *key, const struct config_text *text, const char *only)
{
	if (text->given && !str_eq(text->value, only)) {
		_cleanup_free_ char *hint = mem_printf("use '%s'", only);

		diagnostics_add(rules->out, SEVERITY_ERROR, text->mark, hint,
			"%s '%s' is not available in this version", key, text->value);
	}
	return mem_strdup(only);
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

void rules_general(struct rules *rules)
{
	const struct config *config = rules->config;
	struct cluster *cluster = rules->cluster;

	take_mode(rules);
	take_work_area(rules);
	cluster->plugin = available(rules, "general.plugin", &config->general.plugin, "bridge");
	cluster->runtime = available(rules, "general.runtime", &config->general.runtime, "host");
	cluster->kubernetes_version = text_or(&config->general.kubernetes_version, "latest");
	cluster->token = text_or(&config->general.token, NULL);
	cluster->token_cert_hash = text_or(&config->general.token_cert_hash, NULL);
	cluster->insecure = config->general.insecure.given && config->general.insecure.value;
	cluster->kubeadm_timeout =
		config->general.kubeadm_timeout.given ? config->general.kubeadm_timeout.value : KUBEADM_TIMEOUT_DEFAULT;
}
