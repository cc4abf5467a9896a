/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/preflight.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "preflight/checks.h"

#define BOTH (CHECK_PREPARE | CHECK_UP)

static const struct check checks[] = {
	{"capabilities", BOTH, 0, check_capabilities},
	{"state-directory", BOTH, 0, check_state_directory},
	{"systemd", BOTH, 0, check_systemd},
	{"interface", BOTH, 0, check_interface},
	{"ipv6", BOTH, 0, check_ipv6},
	{"mtu", CHECK_PREPARE, 0, check_mtu},
	{"own-address", CHECK_PREPARE, 0, check_own_address},
	{"address-in-use", CHECK_PREPARE, 0, check_address_in_use},
	{"ipv4-default-route", CHECK_PREPARE, 0, check_ipv4_default_route},
	{"nft", CHECK_PREPARE, ROLE_NAT64, check_nft},
	{"nft", CHECK_UP, 0, check_nft},
	{"named", CHECK_PREPARE, ROLE_DNS64, check_named},
	{"nat64-engine", CHECK_PREPARE, ROLE_NAT64, check_nat64_engine},
	{"tayga", CHECK_PREPARE, ROLE_NAT64, check_tayga},
	{"container-engine", CHECK_PREPARE, ROLE_DNS64 | ROLE_NAT64, check_engine},
	{"container-image", CHECK_PREPARE, ROLE_DNS64 | ROLE_NAT64, check_images},
	{"tun", CHECK_PREPARE, ROLE_NAT64, check_tun},
	{"cni-plugins", CHECK_UP, 0, check_cni},
	{"plugin-manifest", CHECK_UP, ROLE_MASTER, check_manifest},
	{"bridge-netfilter", BOTH, 0, check_bridge_netfilter},
	{"kubernetes", BOTH, 0, check_kubernetes},
	{"container-runtime", BOTH, 0, check_runtime_socket},
	{"kubeadm-conf", CHECK_UP, ROLE_MASTER | ROLE_MINION, check_kubeadm_conf},
	{"kubeadm-programs", CHECK_UP, 0, check_kubeadm_programs},
	{"localhost", CHECK_UP, 0, check_localhost},
	{"other-cluster", CHECK_UP, 0, check_membership},
	{"control-plane-endpoint", CHECK_UP, ROLE_MASTER, check_endpoint},
	{"port", CHECK_UP, 0, check_ports},
	{"swap", BOTH, 0, check_swap},
};

void findings_add(struct findings *findings, const struct check *check, enum severity severity, const char *cure,
	const char *format, ...)
{
	struct finding finding = {.id = check->id, .severity = severity, .cure = mem_strdup(cure)};
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&finding.message, format, ap) < 0)
		mem_die();
	va_end(ap);
	findings->items = mem_grow(findings->items, findings->n, &findings->cap, sizeof(*findings->items));
	findings->items[findings->n++] = finding;
	if (severity == SEVERITY_ERROR)
		findings->errors++;
}

int preflight_run(const struct preflight *what, const char *verb, struct findings *findings, struct err *err)
{
	unsigned int bit = str_eq(verb, "prepare") ? CHECK_PREPARE : CHECK_UP;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		const struct check *check = &checks[i];
		int r;

		if (!(check->verbs & bit) || (check->roles && !(check->roles & what->self->roles)))
			continue;
		r = check->look(what, check, findings, err);
		if (r < 0) {
			err_wrap(err, "check '%s'", check->id);
			return r;
		}
		/* A program that the check asked was stopped, too: what it found about it is no finding. */
		if (run_interrupted())
			return err_set(err, EINTR, "interrupted by a signal");
	}
	return (int)findings->errors;
}

void findings_done(struct findings *findings)
{
	size_t i;

	for (i = 0; i < findings->n; i++) {
		free(findings->items[i].message);
		free(findings->items[i].cure);
	}
	free(findings->items);
	*findings = (struct findings)FINDINGS_INIT;
}
