/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/pod.h"

#include <dirent.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "kube/cni.h"
#include "resource/cni-exec.h"
#include "resource/kinds.h"
#include "resource/node.h"

enum { LIST_MAX = 1 << 20 }; /* octets */

static bool is_configuration(const char *name)
{
	return name[0] != '.' && (str_ends(name, ".conflist") || str_ends(name, ".conf") || str_ends(name, ".json"));
}

/* Runtimes take the first by name (containernetworking/cni, libcni). */
static int first_configuration(struct node *node, char **ret, struct err *err)
{
	_cleanup_free_ char *directory = node_path(node, CNI_DIRECTORY), *first = NULL;
	DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (!is_configuration(entry->d_name) || (first && strcmp(first, entry->d_name) <= 0))
			continue;
		free(first);
		first = mem_strdup(entry->d_name);
	}
	if (dir)
		closedir(dir);
	if (first == NULL)
		return err_set(err, ENOENT, "there is no CNI configuration in '" CNI_DIRECTORY "'");
	*ret = mem_printf(CNI_DIRECTORY "/%s", first);
	return 0;
}

static int check_list(struct node *node, const char *path, struct err *err)
{
	_cleanup_free_ char *real = node_path(node, path), *text = NULL;
	_cleanup_json_ json_t *list = NULL;
	size_t len;
	int r;

	r = file_read(real, LIST_MAX, &text, &len, NULL, err);
	if (r < 0)
		return r;
	list = json_loadb(text, len, 0, NULL);
	r = cni_find_plugins(list, err);
	return r < 0 ? err_wrap(err, "'%s'", path) : 0;
}

int pod_conflist(struct node *node, const struct cluster *cluster, char **ret, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	int r;

	if (cluster_makes_network(cluster)) {
		*ret = mem_strdup(CNI_FILE);
		return 0;
	}
	r = first_configuration(node, &path, err);
	if (r == 0)
		r = check_list(node, path, err);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(path);
	return 0;
}

void pod_plan(const struct pod *pod, struct plan *ret)
{
	plan_add(ret, step_netns(pod->name));
	plan_add(ret, step_cni_attachment(pod->name, pod->name, pod->conflist));
}

/* Verification's results are its own output: what happens to its pod is of interest to those who debug only. */
static void take_quietly(struct event_sink *sink, const struct event *event)
{
	log_debug("%s: %s %s%s%s", event->verb, event_state_name(event->state), event->step ? event->step : "",
		event->detail ? ": " : "", event->detail ? event->detail : "");
}

static struct event_sink quiet = {take_quietly};

static struct address address_of(const struct sockaddr *from)
{
	struct address address = {.family = from->sa_family};

	if (address.family == AF_INET6)
		memcpy(address.bytes, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
	else
		memcpy(address.bytes, &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
	return address;
}

static void take_address(struct pod *pod, const struct sockaddr *from)
{
	unsigned int f;

	for (f = 0; f < pod->families; f++) {
		struct address address;

		if (from->sa_family != pod->family[f] || pod->address[f].family != AF_UNSPEC)
			continue;
		address = address_of(from);
		if (!address_is_link_local(&address))
			pod->address[f] = address;
	}
}

static unsigned int mtu_here(void)
{
	struct ifreq request = {.ifr_name = CNI_INTERFACE};
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && ioctl(fd, SIOCGIFMTU, &request) == 0 ? (unsigned int)request.ifr_mtu : 0;
}

static int look_around(void *user, struct err *err)
{
	struct pod *pod = user;
	struct ifaddrs *list, *p;

	if (getifaddrs(&list) < 0)
		return err_errno(err, errno, "cannot list the pod's addresses");
	for (p = list; p; p = p->ifa_next)
		if (p->ifa_addr && str_eq(p->ifa_name, CNI_INTERFACE))
			take_address(pod, p->ifa_addr);
	freeifaddrs(list);
	pod->mtu = mtu_here();
	return 0;
}

static int find_addresses(struct node *node, struct pod *pod, struct err *err)
{
	unsigned int f;
	int r;

	memset(pod->address, 0, sizeof(pod->address));
	r = node_in_netns(node, pod->name, look_around, pod, err);
	for (f = 0; r >= 0 && f < pod->families; f++)
		if (pod->address[f].family == AF_UNSPEC)
			r = err_set(err, EADDRNOTAVAIL, "the CNI plugins gave the pod no IPv%d address: look at '%s'",
				pod->family[f] == AF_INET6 ? 6 : 4, pod->conflist);
	return r < 0 ? r : 0;
}

int pod_undo(const struct engine_settings *settings, const char *verb, struct err *err)
{
	struct engine_settings own = *settings;
	struct engine_result result;
	int r;

	own.sink = &quiet;
	run_shield(true);
	r = engine_undo(&own, verb, (const char *const[]){verb, NULL}, &result, err);
	run_shield(false);
	return r < 0 ? err_wrap(err, "the pod for verification is left behind") : 0;
}

int pod_make(const struct engine_settings *settings, const char *verb, struct pod *pod, struct err *err)
{
	_cleanup_plan_ struct plan plan = PLAN_INIT;
	_cleanup_err_ struct err late = ERR_INIT;
	struct engine_settings own = *settings;
	struct engine_result result;
	int r;

	own.sink = &quiet;
	own.keep = false;
	r = pod_undo(settings, verb, err);
	if (r < 0)
		return r;
	pod_plan(pod, &plan);
	r = engine_apply(&own, verb, &plan, &result, err);
	if (r < 0)
		return r;
	r = find_addresses(settings->node, pod, err);
	if (r < 0 && pod_undo(settings, verb, &late) < 0)
		log_warning("%s", late.msg);
	return r;
}
