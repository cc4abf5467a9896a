/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/pod.h"

#include <errno.h>
#include <ifaddrs.h>
#include <string.h>

#include "base/log.h"
#include "base/run.h"
#include "kube/cni.h"
#include "resource/cni-exec.h"
#include "resource/kinds.h"
#include "resource/node.h"

void pod_plan(const char *name, struct plan *ret)
{
	plan_add(ret, step_netns(name));
	plan_add(ret, step_cni_attachment(name, name, CNI_FILE));
}

/* Verification's results are its own output: what happens to its pod is of interest to those who debug only. */
static void take_quietly(struct event_sink *sink, const struct event *event)
{
	log_debug("%s: %s %s%s%s", event->verb, event_state_name(event->state), event->step ? event->step : "",
		event->detail ? ": " : "", event->detail ? event->detail : "");
}

static struct event_sink quiet = {take_quietly};

struct search {
	int family;
	struct address found;
};

static int search_address(void *user, struct err *err)
{
	struct search *search = user;
	struct ifaddrs *list, *p;

	if (getifaddrs(&list) < 0)
		return err_errno(err, errno, "cannot list the pod's addresses");
	for (p = list; p && search->found.family == AF_UNSPEC; p = p->ifa_next) {
		struct address address = {0};

		if (p->ifa_addr == NULL || p->ifa_addr->sa_family != search->family ||
			!str_eq(p->ifa_name, CNI_INTERFACE))
			continue;
		address.family = search->family;
		if (address.family == AF_INET6)
			memcpy(address.bytes, &((const struct sockaddr_in6 *)(const void *)p->ifa_addr)->sin6_addr, 16);
		else
			memcpy(address.bytes, &((const struct sockaddr_in *)(const void *)p->ifa_addr)->sin_addr, 4);
		if (!address_is_link_local(&address))
			search->found = address;
	}
	freeifaddrs(list);
	return 0;
}

static int find_address(struct node *node, const char *netns, int family, struct address *ret, struct err *err)
{
	struct search search = {.family = family};
	int r = node_in_netns(node, netns, search_address, &search, err);

	if (r < 0)
		return r;
	if (search.found.family == AF_UNSPEC)
		return err_set(err, EADDRNOTAVAIL, "the CNI plugins gave the pod no IPv%d address: look at '%s'",
			family == AF_INET6 ? 6 : 4, CNI_FILE);
	*ret = search.found;
	return 0;
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

int pod_make(const struct engine_settings *settings, const char *verb, const char *name, int family,
	struct address *ret_address, struct err *err)
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
	pod_plan(name, &plan);
	r = engine_apply(&own, verb, &plan, &result, err);
	if (r < 0)
		return r;
	r = find_address(settings->node, name, family, ret_address, err);
	if (r < 0 && pod_undo(settings, verb, &late) < 0)
		log_warning("%s", late.msg);
	return r;
}
