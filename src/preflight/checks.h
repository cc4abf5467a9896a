/* SPDX-License-Identifier: Apache-2.0 */
/* One check: a row of the table in preflight.c. Looks at one thing, says what is wrong and the cure. */
#pragma once

#include "preflight/preflight.h"

enum check_verb {
	CHECK_PREPARE = 1 << 0,
	CHECK_UP = 1 << 1,
};

struct check {
	const char *id;
	unsigned int verbs; /* bits of enum check_verb */
	unsigned int roles; /* bits of enum role: nodes with any of them; 0: every node */

	/* Returns 0 whatever it finds, or a negative errno value when it could not look. */
	int (*look)(
		const struct preflight *what, const struct check *check, struct findings *findings, struct err *err);
};

/* Tell a finding under the check's id. `cure` may be NULL. */
void findings_add(struct findings *findings, const struct check *check, enum severity severity, const char *cure,
	const char *format, ...) __attribute__((format(printf, 5, 6)));

typedef int check_fn(
	const struct preflight *what, const struct check *check, struct findings *findings, struct err *err);

/* check-machine.c */
extern check_fn check_capabilities, check_systemd, check_state_directory, check_swap, check_tun, check_bridge_netfilter;
/* check-network.c */
extern check_fn check_interface, check_ipv6, check_mtu, check_own_address, check_address_in_use,
	check_ipv4_default_route;
/* check-programs.c */
extern check_fn check_nft, check_named, check_tayga, check_nat64_engine, check_cni, check_manifest;
/* check-engine.c */
extern check_fn check_engine, check_images;
/* check-kubeadm.c */
extern check_fn check_kubernetes, check_kubeadm_programs, check_runtime_socket, check_localhost;
/* check-kubeadm-conf.c */
extern check_fn check_kubeadm_conf;
/* check-endpoint.c */
extern check_fn check_endpoint;
/* check-membership.c */
extern check_fn check_membership;
/* check-ports.c */
extern check_fn check_ports;
