/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/cni-exec.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"

enum { TIMEOUT_MS = 60000 }; /* bridge waits for duplicate address detection, portmap for the lock of iptables */

int cni_check(const json_t *list, struct err *err)
{
	const json_t *plugins = json_object_get(list, "plugins");
	size_t i;

	if (!json_is_object(list) || json_text(list, "name") == NULL || json_text(list, "cniVersion") == NULL ||
		!json_is_array(plugins) || json_array_size(plugins) == 0)
		return err_set(err, EINVAL, "it is not a CNI configuration list (name, cniVersion, plugins)");
	for (i = 0; i < json_array_size(plugins); i++) {
		const char *type = json_text(json_array_get(plugins, i), "type");

		/* A type is a file name in the plugins' directories: it must not lead out of them. */
		if (type == NULL || *type == '\0' || *type == '.' || strchr(type, '/'))
			return err_set(
				err, EINVAL, "plugin %zu of the CNI configuration list has no usable 'type'", i + 1);
	}
	return 0;
}

static char *find_plugin(const char *type, struct err *err)
{
	const char *p = CNI_PATH_LIST;

	while (*p) {
		size_t n = strcspn(p, ":");
		_cleanup_free_ char *path = mem_printf("%.*s/%s", (int)n, p, type);

		if (access(path, X_OK) == 0)
			return TAKE_PTR(path);
		p += n + (p[n] == ':');
	}
	err_set(err, ENOENT, "there is no CNI plugin '%s' in %s: install the package containernetworking-plugins", type,
		CNI_PATH_LIST);
	return NULL;
}

int cni_find_plugins(const json_t *list, struct err *err)
{
	const json_t *plugins = json_object_get(list, "plugins");
	size_t i;
	int r = cni_check(list, err);

	for (i = 0; r >= 0 && i < json_array_size(plugins); i++) {
		_cleanup_free_ char *path = find_plugin(json_text(json_array_get(plugins, i), "type"), err);

		if (path == NULL)
			r = -ENOENT;
	}
	return r < 0 ? r : 0;
}

/* Specification 0.4.0 brought prevResult to DEL; older plugins refuse what they do not know. */
static bool del_gets_result(const char *version)
{
	char *end;
	unsigned long major = strtoul(version, &end, 10);

	return major > 0 || (*end == '.' && strtoul(end + 1, NULL, 10) >= 4);
}

/* What a plugin reads on standard input: its own part of the list and what the runtime adds. */
static json_t *plugin_config(
	const json_t *list, const json_t *plugin, const struct cni_call *call, const json_t *result)
{
	json_t *config = json_deep_copy(plugin), *runtime = json_object(), *argument;
	const char *capability;

	json_object_set(config, "cniVersion", json_object_get(list, "cniVersion"));
	json_object_set(config, "name", json_object_get(list, "name"));
	json_object_foreach ((json_t *)call->capabilities, capability, argument)
		if (json_flag(json_object_get(plugin, "capabilities"), capability))
			json_object_set(runtime, capability, argument);
	if (json_object_size(runtime) > 0)
		json_object_set(config, "runtimeConfig", runtime);
	json_decref(runtime);
	if (result)
		json_object_set(config, "prevResult", (json_t *)result);
	return config;
}

/* A plugin that fails says why as JSON on standard output; one that dies says it, perhaps, on standard error. */
static int plugin_error(const char *type, const char *command, const struct run_result *result, struct err *err)
{
	_cleanup_json_ json_t *told = json_loadb(str_text(&result->out), result->out.len, 0, NULL);
	const char *message = json_text(told, "msg"), *details = json_text(told, "details");

	if (message)
		return err_set(err, EIO, "CNI plugin '%s' failed at %s: %s%s%s (code %lld)", type, command, message,
			details && *details ? ": " : "", details ? details : "", (long long)json_number(told, "code"));
	return err_set(err, EIO, "CNI plugin '%s' failed at %s with status %d: %.500s", type, command, result->status,
		str_text(result->err.len ? &result->err : &result->out));
}

static int call_plugin(const char *command, const char *type, const json_t *config, const struct cni_call *call,
	struct str *ret_out, struct err *err)
{
	_cleanup_run_ struct run_result result = {0};
	_cleanup_free_ char *path = find_plugin(type, err);
	_cleanup_free_ char *input = json_line(config);
	_cleanup_free_ char *id = mem_printf("CNI_CONTAINERID=%s", call->container_id);
	_cleanup_free_ char *netns = mem_printf("CNI_NETNS=%s", call->netns);
	_cleanup_free_ char *verb = mem_printf("CNI_COMMAND=%s", command);
	struct run_options options;
	int r;

	if (path == NULL)
		return -ENOENT;
	options = (struct run_options){
		.argv = (const char *const[]){path, NULL},
		.environment = (const char *const[]){verb, id, netns, "CNI_IFNAME=" CNI_INTERFACE,
			"CNI_ARGS=IgnoreUnknown=1", "CNI_PATH=" CNI_PATH_LIST, NULL},
		.input = input,
		.input_len = strlen(input),
		.timeout_ms = TIMEOUT_MS,
	};
	r = run_program(&options, &result, err);
	if (r < 0)
		return r;
	if (result.status != 0)
		return plugin_error(type, command, &result, err);
	if (ret_out) {
		*ret_out = result.out;
		result.out = (struct str)STR_INIT;
	}
	return 0;
}

int cni_add(const json_t *list, const struct cni_call *call, json_t **ret_result, struct err *err)
{
	const json_t *plugins = json_object_get(list, "plugins");
	_cleanup_json_ json_t *result = NULL;
	size_t i;
	int r;

	r = cni_check(list, err);
	for (i = 0; r >= 0 && i < json_array_size(plugins); i++) {
		const json_t *plugin = json_array_get(plugins, i);
		_cleanup_json_ json_t *config = plugin_config(list, plugin, call, result);
		_cleanup_str_ struct str out = STR_INIT;

		r = call_plugin("ADD", json_text(plugin, "type"), config, call, &out, err);
		if (r < 0)
			break;
		json_decref(result);
		result = json_loadb(str_text(&out), out.len, 0, NULL);
		if (!json_is_object(result))
			r = err_set(err, EIO, "CNI plugin '%s' gave no result for ADD", json_text(plugin, "type"));
	}
	if (r < 0)
		return r;
	*ret_result = TAKE_PTR(result);
	return 0;
}

int cni_del(const json_t *list, const struct cni_call *call, const json_t *result, struct err *err)
{
	const json_t *plugins = json_object_get(list, "plugins");
	size_t i;
	int r;

	r = cni_check(list, err);
	if (r < 0)
		return r;
	if (!del_gets_result(json_text(list, "cniVersion")))
		result = NULL;
	for (i = json_array_size(plugins); r >= 0 && i-- > 0;) {
		const json_t *plugin = json_array_get(plugins, i);
		_cleanup_json_ json_t *config = plugin_config(list, plugin, call, result);

		r = call_plugin("DEL", json_text(plugin, "type"), config, call, NULL, err);
	}
	return r;
}
