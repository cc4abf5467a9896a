/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/version-table.h"

#include <stddef.h>

#include "base/mem.h"
#include "base/str.h"

static const struct kubeadm_api table[] = {
	{"v1beta1", KUBEADM_OLDEST, .argument_list = false, .socket_url = false},
	{"v1beta2", 15, .argument_list = false, .socket_url = false},
	{"v1beta3", 22, .argument_list = false, .socket_url = true},
	{"v1beta4", 31, .argument_list = true, .socket_url = true},
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

unsigned int kubernetes_minor(const char *version)
{
	unsigned int minor = 0, digits = 0;

	if (!version || !str_starts(version, "v1."))
		return 0;
	for (version += 3; *version >= '0' && *version <= '9' && digits < 4; version++, digits++)
		minor = minor * 10 + (unsigned int)(*version - '0');
	return minor;
}
