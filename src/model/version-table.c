/* SPDX-License-Identifier: Apache-2.0 */
#include "model/version-table.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "base/str.h"

/* v1beta2's certificateKey (cmd/kubeadm/app/apis/kubeadm/v1beta2). */
enum { CERTIFICATE_KEY_FIRST = 15 };

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

static unsigned int default_mask(const struct prefix *pods)
{
	return pods->address.family == AF_INET ? 24 : 64;
}

/* The subnets of all nodes have the same lengths. */
bool kubernetes_needs_node_masks(const struct cluster *cluster)
{
	bool needed = false;
	unsigned int i;

	for (i = 0; i < cluster->families && cluster->n_nodes > 0; i++) {
		const struct prefix *pods = &cluster->nodes[0].pods[i];

		needed |= pods->address.family != AF_UNSPEC && pods->length != default_mask(pods);
	}
	return needed && !cluster_makes_network(cluster);
}

int kubernetes_makes(const struct cluster *cluster, unsigned int minor, struct err *err)
{
	const struct kubeadm_api *api = kubeadm_api_for(minor);

	if (api == NULL)
		return err_set(err, EINVAL,
			"kubeadm 1.%u is too old: install 1.%d or newer, the same minor version on every node", minor,
			KUBEADM_OLDEST);
	if (cluster_count(cluster, ROLE_MASTER) > 1 && minor < CERTIFICATE_KEY_FIRST)
		return err_set(err, EINVAL,
			"kubeadm 1.%u lets no further masters join: install 1.%d or newer on every node, or let one "
			"host be the master",
			minor, CERTIFICATE_KEY_FIRST);
	if (cluster->families > 1 && api->dual_stack == DUAL_STACK_NONE)
		return err_set(err, EINVAL,
			"kubeadm 1.%u makes no cluster of two families: install 1.%u or newer on every node, or set "
			"general.mode to one family",
			minor, kubeadm_dual_stack_first());
	if (cluster->families == 1 && api->node_mask == NODE_MASK_DUAL && kubernetes_needs_node_masks(cluster))
		return err_set(err, EINVAL,
			"kubeadm 1.%u gives the nodes of a cluster of one family no pod subnets of /%u: install an "
			"older or newer one on every node, or set pod_net.node_size to %u",
			minor, cluster->nodes[0].pods[0].length, default_mask(&cluster->nodes[0].pods[0]));
	return 0;
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
