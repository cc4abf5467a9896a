/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/kinds.h"

#include <stddef.h>

#include "resource/ops.h"

const struct step_ops *const step_kinds[] = {
	&directory_ops,
	&file_ops,
	&secret_file_ops,
	&edited_file_ops,
	&symlink_ops,
	&set_aside_ops,
	&copied_file_ops,
	&hosts_ops,
	&resolver_ops,
	&sysctl_ops,
	&netns_ops,
	&bridge_ops,
	&veth_ops,
	&tun_ops,
	&mtu_ops,
	&address_ops,
	&route_ops,
	&nft_table_ops,
	&netfilter_remains_ops,
	&unit_file_ops,
	&unit_started_ops,
	&unit_enabled_ops,
	&unit_restarted_ops,
	&cni_attachment_ops,
	&overlay_ops,
	&control_group_ops,
	&nspawn_ops,
	NULL,
};
