/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of every kind of step, one file a kind; kinds.c is their table. */
#pragma once

#include "step/step.h"

extern const struct step_ops directory_ops, file_ops, secret_file_ops, edited_file_ops, symlink_ops, set_aside_ops,
	hosts_ops, resolver_ops, sysctl_ops, netns_ops, bridge_ops, veth_ops, tun_ops, mtu_ops, address_ops, route_ops,
	nft_table_ops, netfilter_remains_ops, unit_file_ops, unit_started_ops, unit_enabled_ops, unit_restarted_ops,
	cni_attachment_ops, copied_file_ops, overlay_ops, control_group_ops, nspawn_ops, kept_sysctls_ops,
	nat64_device_ops, nat64_program_ops, bpf_filesystem_ops, kubeadm_ops, manifest_ops, kubeconfig_ops,
	secret_conffile_ops, package_ops, package_hold_ops, container_ops, container_image_ops, container_network_ops,
	container_volume_ops, forward_accept_ops;
