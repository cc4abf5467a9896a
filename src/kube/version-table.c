/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/version-table.h"

#include <stddef.h>

#include "base/mem.h"
#include "base/str.h"

static const struct kubeadm_api table[] = {
	{"v1beta1", KUBEADM_OLDEST, .driver_flag = true},
	{"v1beta2", 15, .driver_flag = true},
	{"v1beta2", 20, .driver_flag = true, .dual_stack = DUAL_STACK_GATE},
	{"v1beta2", 21, .driver_flag = true, .dual_stack = DUAL_STACK_ON, .node_mask = NODE_MASK_DUAL},
	{"v1beta3", 22, .socket_url = true, .driver_flag = true, .dual_stack = DUAL_STACK_ON,
		.node_mask = NODE_MASK_DUAL},
	{"v1beta3", 23, .socket_url = true, .driver_flag = true, .dual_stack = DUAL_STACK_ON,
		.node_mask = NODE_MASK_FAMILY},
	{"v1beta4", 31, .argument_list = true, .timeouts = true, .socket_url = true, .dual_stack = DUAL_STACK_ON,
		.node_mask = NODE_MASK_FAMILY},
};

const struct kubeadm_api *kubeadm_api_for(unsigned int minor)
{
	size_t i = ARRAY_SIZE(table);

	while (i > 0)
		if (minor >= table[--i].first)
			return &table[i];
	return NULL;
}

const struct kubeadm_api *kubeadm_api_newest(void)
{
	return &table[ARRAY_SIZE(table) - 1];
}

unsigned int kubeadm_dual_stack_first(void)
{
	size_t i = 0;

	while (table[i].dual_stack == DUAL_STACK_NONE)
		i++;
	return table[i].first;
}

unsigned int kubernetes_minor(const char *version)
{
	unsigned int minor = 0, digits = 0;

	if (!version || !str_starts(version, "v1."))
		return 0;
	for (version += 3; *version >= '0' && *version <= '9' && digits < 4; version++, digits++)
		minor = minor * 10 + (unsigned int)(*version - '0');
	return minor;
}
