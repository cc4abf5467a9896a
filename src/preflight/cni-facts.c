/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/cni-facts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "kube/cni.h"
#include "preflight/look.h"

#define ASIDE ".lazyjack-aside" /* what step_set_aside() puts behind a name */

enum { PLUGIN_TIMEOUT = 5000 }; /* ms */

void cni_plugins(const struct cluster *cluster, const char *ret[CNI_PLUGINS_MAX + 1])
{
	size_t n = 0;

	if (cluster_makes_network(cluster)) {
		ret[n++] = cluster->plugin;
		ret[n++] = "host-local";
		ret[n++] = "portmap";
	}
	ret[n] = NULL;
}

/*
 * Best first. Not 1.1.0: runtimes learned it later than the plugins did, and refuse a list they do not know.
 */
static const char *const versions[] = {"1.0.0", "0.4.0", "0.3.1"};

static bool has_plugins(struct node *node, const char *const *plugins, const char *directory)
{
	size_t i;

	for (i = 0; plugins[i]; i++) {
		_cleanup_free_ char *path = mem_printf("%s/%s", directory, plugins[i]);

		if (!look_exists(node, path))
			return false;
	}
	return true;
}

/* CNI specification, "VERSION: probe plugin version support". NULL when the plugin does not answer. */
static json_t *supported_versions(struct node *node, const char *path)
{
	static const char input[] = "{\"cniVersion\":\"0.4.0\"}";
	const char *const argv[] = {path, NULL};
	const char *const environment[] = {"CNI_COMMAND=VERSION", NULL};
	const struct run_options options = {
		.argv = argv,
		.environment = environment,
		.input = input,
		.input_len = sizeof(input) - 1,
		.timeout_ms = PLUGIN_TIMEOUT,
		.root = node->root[0] ? node->root : NULL,
	};
	_cleanup_str_ struct str out = STR_INIT;
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_json_ json_t *answer = NULL;

	if (run_checked(&options, &out, &err) < 0) {
		log_warning("CNI plugin '%s' does not tell its version: %s", path, err.msg);
		return NULL;
	}
	answer = json_loads(str_text(&out), 0, NULL);
	return json_incref(json_object_get(answer, "supportedVersions"));
}

static bool lists(const json_t *list, const char *version)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (str_eq(json_string_value(json_array_get(list, i)), version))
			return true;
	return false;
}

static char *shared_version(struct node *node, const char *const *plugins, const char *directory)
{
	bool shared[ARRAY_SIZE(versions)] = {true, true, true};
	size_t i, v;

	for (i = 0; plugins[i]; i++) {
		_cleanup_free_ char *path = mem_printf("%s/%s", directory, plugins[i]);
		_cleanup_json_ json_t *list = supported_versions(node, path);

		for (v = 0; v < ARRAY_SIZE(versions); v++)
			shared[v] = shared[v] && lists(list, versions[v]);
	}
	for (v = 0; v < ARRAY_SIZE(versions); v++)
		if (shared[v])
			return mem_strdup(versions[v]);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The name without what setting aside put behind it: the fact stays the same after `up`. */
static char *configuration_name(const char *name)
{
	size_t n = strlen(name);
	char *plain = mem_strndup(name, str_ends(name, ASIDE) ? n - strlen(ASIDE) : n);

	if (str_ends(plain, ".conf") || str_ends(plain, ".conflist") || str_ends(plain, ".json"))
		return plain;
	free(plain);
	return NULL;
}

static int find_others(struct node *node, char ***ret, struct err *err)
{
	_cleanup_free_ char *directory = node_path(node, CNI_DIRECTORY);
	DIR *dir = opendir(directory);
	struct dirent *entry;
	char **paths = NULL;
	size_t n = 0, cap = 0;

	if (dir == NULL)
		return errno == ENOENT ? 0 : err_errno(err, errno, "cannot read directory '%s'", directory);
	while ((entry = readdir(dir))) {
		_cleanup_free_ char *name = configuration_name(entry->d_name);
		char *path = name ? mem_printf("%s/%s", CNI_DIRECTORY, name) : NULL;

		if (path == NULL || str_eq(path, CNI_FILE)) {
			free(path);
			continue;
		}
		paths = mem_grow(paths, n + 1, &cap, sizeof(*paths));
		paths[n++] = path;
		paths[n] = NULL;
	}
	closedir(dir);
	if (n > 1)
		qsort(paths, n, sizeof(*paths), compare);
	*ret = paths;
	return 0;
}

int cni_facts(struct node *node, const struct cluster *cluster, struct facts *facts, struct err *err)
{
	static const char *const directories[] = {"/opt/cni/bin", "/usr/lib/cni"};
	const char *plugins[CNI_PLUGINS_MAX + 1];
	size_t i;

	cni_plugins(cluster, plugins);
	for (i = 0; plugins[0] && i < ARRAY_SIZE(directories) && facts->cni_bin == NULL; i++)
		if (has_plugins(node, plugins, directories[i]))
			facts->cni_bin = mem_strdup(directories[i]);
	if (facts->cni_bin)
		facts->cni_version = shared_version(node, plugins, facts->cni_bin);
	return find_others(node, &facts->cni_others, err);
}
