/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Call the plugins of a CNI network configuration list the way a container runtime does (CNI specification 1.0.0,
 * sections 2 "Execution protocol" and 3 "Execution of network configurations").
 */
#pragma once

#include <jansson.h>

#include "base/err.h"

#define CNI_INTERFACE "eth0"

/* Where plugins are looked for, in this order; the whole list is also handed to them, for the plugins they call. */
#define CNI_PATH_LIST "/opt/cni/bin:/usr/lib/cni"

struct cni_call {
	const char *container_id;
	const char *netns; /* path of the namespace */

	/* Arguments by capability, {"portMappings": […]}: each goes to the plugins that declare it. */
	const json_t *capabilities;
};

/* -EINVAL with what is wrong when `list` is not a configuration list whose plugins could be called. */
int cni_check(const json_t *list, struct err *err);

/* The same, and -ENOENT when one of the plugins is not on this machine. */
int cni_find_plugins(const json_t *list, struct err *err);

/*
 * ADD: every plugin in order, each with the result of the one before. `*ret_result` is the last one's; a new reference.
 * A failure quotes the plugin's own error; then some plugins have run, and cni_del() cleans up after them.
 */
int cni_add(const json_t *list, const struct cni_call *call, json_t **ret_result, struct err *err);

/* DEL: every plugin in reverse order, with the result of ADD (NULL: ADD did not get that far). Stops at a failure. */
int cni_del(const json_t *list, const struct cni_call *call, const json_t *result, struct err *err);
