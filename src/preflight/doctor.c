/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "preflight/diagnose.h"

enum { ANCESTORS_MAX = 64 };

struct diagnosis {
	struct check check; /* its id is the finding's */
	const char *group;
	bool cluster; /* cannot be made without a configuration */
	diagnose_fn *look;
};

#define ROW(name, group, cluster, look)                                                                                \
	{                                                                                                              \
		{.id = name}, group, cluster, look                                                                     \
	}

static const struct diagnosis diagnoses[] = {
	ROW("forward-drop", "forwarding", false, diagnose_forward),
	ROW("forwarding-off", "forwarding", false, diagnose_forwarding_off),
	ROW("bridge-netfilter", "forwarding", false, diagnose_bridge_netfilter),
	ROW("rp-filter", "forwarding", true, diagnose_rp_filter),
	ROW("own-address", "addresses", true, diagnose_own_address),
	ROW("address-in-use", "addresses", true, diagnose_conflict),
	ROW("duplicate-address", "addresses", false, diagnose_duplicate),
	ROW("tentative-address", "addresses", false, diagnose_tentative),
	ROW("ipv6-off", "addresses", false, diagnose_ipv6_off),
	ROW("ra-forwarding", "addresses", false, diagnose_ra),
	ROW("ssh-interface", "addresses", true, diagnose_ssh),
	ROW("mtu", "MTU", false, diagnose_mtu),
	ROW("path-mtu", "MTU", true, diagnose_path_mtu),
	ROW("resolver", "names", false, diagnose_resolver),
	ROW("localhost", "names", false, diagnose_localhost),
	ROW("node-ip", "Kubernetes", true, diagnose_node_ip),
	ROW("node-address", "Kubernetes", true, diagnose_node_address),
	ROW("ipv4-default-route", "Kubernetes", true, diagnose_ipv4_default),
	ROW("dhcp-client", "Kubernetes", true, diagnose_dhcp),
	ROW("kubelet-port", "Kubernetes", false, diagnose_kubelet_port),
	ROW("ipvs-modules", "Kubernetes", false, diagnose_ipvs),
	ROW("certificate", "Kubernetes", false, diagnose_certificates),
	ROW("old-chains", "leftovers", false, diagnose_old_chains),
	ROW("iptables-mixed", "leftovers", false, diagnose_mixed),
	ROW("foreign-interface", "leftovers", false, diagnose_foreign_links),
	ROW("cni-config", "leftovers", false, diagnose_cni_config),
	ROW("cni-leases", "leftovers", false, diagnose_cni_leases),
	ROW("memory", "machine", false, diagnose_memory),
	ROW("swap", "machine", false, diagnose_swap),
	ROW("disk", "machine", false, diagnose_disk),
	ROW("clock", "machine", false, diagnose_clock),
	ROW("work-area", "machine", true, diagnose_work_area),
	ROW("service", "lazyjack", false, diagnose_services),
	ROW("drift", "lazyjack", false, diagnose_drift),
};

const char *doctor_id(size_t n)
{
	return n < ARRAY_SIZE(diagnoses) ? diagnoses[n].check.id : NULL;
}

const char *doctor_group(const char *id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(diagnoses); i++)
		if (str_eq(diagnoses[i].check.id, id))
			return diagnoses[i].group;
	return "";
}

static void look_at(const struct doctor *what, const struct diagnosis *diagnosis, struct findings *findings)
{
	_cleanup_err_ struct err err = ERR_INIT;

	if (diagnosis->look(what, &diagnosis->check, findings, &err) < 0)
		findings_add(findings, &diagnosis->check, SEVERITY_WARNING,
			"put right what keeps it from looking, then ask again", "could not look: %s", err.msg);
}

/* A systemd that hangs must not hang us: sd-bus would wait 25 s for each answer. */
static void limit_bus(struct node *node)
{
	struct sd_bus *bus;

	if (node_bus(node, &bus, NULL) == 0)
		sd_bus_set_method_call_timeout(bus, DOCTOR_TIMEOUT * 1000ULL);
}

int doctor_run(const struct doctor *what, struct findings *findings, struct doctor_counts *ret, struct err *err)
{
	size_t i;

	*ret = (struct doctor_counts){0};
	limit_bus(what->node);
	for (i = 0; i < ARRAY_SIZE(diagnoses); i++) {
		if (run_interrupted())
			return err_set(err, EINTR, "interrupted by a signal");
		if (diagnoses[i].cluster && what->cluster == NULL) {
			ret->skipped++;
			continue;
		}
		look_at(what, &diagnoses[i], findings);
		ret->looked++;
	}
	return 0;
}

/* "CLIENT PORT SERVER PORT" among NUL-separated variables. */
static char *server_in(const char *environment, size_t len)
{
	static const char name[] = "SSH_CONNECTION=";
	size_t at = 0;

	while (at < len) {
		char server[128];

		if (str_starts(environment + at, name) &&
			sscanf(environment + at + sizeof(name) - 1, "%*s %*s %127s", server) == 1)
			return mem_strdup(server);
		at += strlen(environment + at) + 1;
	}
	return NULL;
}

/* proc(5), /proc/PID/stat: "PID (NAME) STATE PARENT …"; the name may have anything in it. */
static long parent_of(const struct doctor *what, long pid)
{
	_cleanup_free_ char *path = mem_printf("/proc/%ld/stat", pid), *text = doctor_text(what, path, NULL);
	const char *behind = text ? strrchr(text, ')') : NULL;
	long parent;

	return behind && sscanf(behind, ") %*c %ld", &parent) == 1 ? parent : 0;
}

char *doctor_ssh_server(struct node *node, long pid)
{
	const struct doctor what = {.node = node};
	int i;

	for (i = 0; pid > 1 && i < ANCESTORS_MAX; i++, pid = parent_of(&what, pid)) {
		_cleanup_free_ char *path = mem_printf("/proc/%ld/environ", pid);
		size_t len = 0;
		_cleanup_free_ char *environment = doctor_text(&what, path, &len);
		char *server = environment ? server_in(environment, len) : NULL;

		if (environment)
			explicit_bzero(environment, len); /* it may hold anything */
		if (server)
			return server;
	}
	return NULL;
}
