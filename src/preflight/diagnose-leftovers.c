/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "kube/cni.h"
#include "preflight/diagnose.h"
#include "preflight/look.h"
#include "resource/kubeadm-files.h"
#include "resource/netfilter-legacy.h"
#include "resource/netfilter-nft.h"

/* What other CNI plugins and kube-proxy make. */
static const char *const foreign_names[] = {
	"cni0", "cbr0", "flannel", "weave", "kube-bridge", "kube-ipvs0", "cilium_", "vxlan.calico", "antrea-gw"};

#define CURE_CHAINS "'kubeadm reset' and removing them by name, or a reboot; don't flush tables that others use as well"

struct count {
	size_t n;
	const char *first, *where;
};

static bool counts(const char *name, const char *prefix)
{
	/* kubelet makes these two wherever it runs, in both back ends, to see whether they stay. */
	return str_starts(name, prefix) && !str_eq(name, "KUBE-KUBELET-CANARY") && !str_eq(name, "KUBE-IPTABLES-HINT");
}

/* `tables`: {"ip nat": ["POSTROUTING", …]} */
static void count_tables(const json_t *tables, const char *prefix, struct count *ret)
{
	const json_t *chains, *chain;
	const char *table;
	size_t i;

	json_object_foreach ((json_t *)tables, table, chains) {
		json_array_foreach (chains, i, chain) {
			const char *name = json_string_value(chain);

			if (!name || !counts(name, prefix))
				continue;
			if (ret->n++ == 0) {
				ret->first = name;
				ret->where = table;
			}
		}
	}
}

/* `families`: {"ip6tables": {"nat": […]}} */
static void count_legacy(const json_t *families, const char *prefix, struct count *ret)
{
	const json_t *tables;
	const char *family;

	json_object_foreach ((json_t *)families, family, tables) {
		count_tables(tables, prefix, ret);
	}
}

static void tell_chains(const struct count *count, const char *tool, const char *prefix, const char *whose,
	const struct check *check, struct findings *findings)
{
	if (count->n == 0)
		return;
	findings_add(findings, check, SEVERITY_WARNING, CURE_CHAINS,
		"%zu chain%s '%s*' of %s %s left in %s (the first is '%s' in table '%s')", count->n,
		count->n == 1 ? "" : "s", prefix, whose, count->n == 1 ? "is" : "are", tool, count->first,
		count->where);
}

static void judge_prefix(const json_t *nft, const json_t *legacy, const char *prefix, const char *whose,
	const struct check *check, struct findings *findings)
{
	struct count new = {0}, old = {0};

	count_tables(nft, prefix, &new);
	count_legacy(legacy, prefix, &old);
	tell_chains(&new, "iptables-nft", prefix, whose, check, findings);
	tell_chains(&old, "iptables-legacy", prefix, whose, check, findings);
}

void judge_old_chains(
	const struct seen_chains *seen, bool member, bool cni, const struct check *check, struct findings *findings)
{
	if (!member)
		judge_prefix(seen->nft, seen->legacy_kube, "KUBE-",
			"an earlier cluster (this node is no member of any)", check, findings);
	if (!cni)
		judge_prefix(seen->nft, seen->legacy_cni, "CNI-", "CNI plugins (there is no CNI configuration here)",
			check, findings);
}

/* Two back ends both see every packet; whoever looks with one does not see the other's rules. */
void judge_mixed(const struct seen_chains *seen, const struct check *check, struct findings *findings)
{
	struct count new = {0}, old = {0};

	count_tables(seen->nft, "KUBE-", &new);
	count_legacy(seen->legacy_kube, "KUBE-", &old);
	if (new.n > 0 && old.n > 0)
		findings_add(findings, check, SEVERITY_WARNING,
			"let all use one back end ('update-alternatives --config ip6tables' and 'iptables'), then "
			"reboot",
			"Kubernetes' chains are in both of iptables' back ends (%zu in nft, %zu in legacy): stale "
			"rules of one act behind the other's back",
			new.n, old.n);
}

static void seen_chains_done(struct seen_chains *seen)
{
	json_decref(seen->nft);
	json_decref(seen->legacy_kube);
	json_decref(seen->legacy_cni);
}

#define _cleanup_seen_chains_ __attribute__((cleanup(seen_chains_done)))

static int look_chains(const struct doctor *what, struct seen_chains *ret, struct err *err)
{
	_cleanup_free_ char *nft = run_find("nft");
	int r = 0;

	if (nft)
		r = netfilter_nft_record(&ret->nft, err);
	if (r == 0)
		r = netfilter_legacy_record(what->node, "KUBE-", &ret->legacy_kube, err);
	if (r == 0)
		r = netfilter_legacy_record(what->node, "CNI-", &ret->legacy_cni, err);
	return r;
}

int diagnose_old_chains(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_free_ char *member = kubeadm_files_member(what->node);
	_cleanup_seen_chains_ struct seen_chains seen = {0};
	int r = look_chains(what, &seen, err);

	if (r == 0)
		judge_old_chains(&seen, member != NULL, look_exists(what->node, CNI_FILE), check, findings);
	return r;
}

int diagnose_mixed(const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_seen_chains_ struct seen_chains seen = {0};
	int r = look_chains(what, &seen, err);

	if (r == 0)
		judge_mixed(&seen, check, findings);
	return r;
}

void judge_foreign_links(
	const struct seen_links *seen, bool bridge_is_ours, const struct check *check, struct findings *findings)
{
	size_t i, n;

	for (i = 0; i < seen->n; i++) {
		const char *name = seen->items[i].name;
		_cleanup_free_ char *cure = mem_printf("'ip link delete %s', if nothing uses it", name);

		for (n = 0; n < ARRAY_SIZE(foreign_names); n++)
			if (str_starts(name, foreign_names[n]))
				findings_add(findings, check, SEVERITY_WARNING, cure,
					"the interface '%s' belongs to another pod network, most likely of an earlier "
					"cluster: its routes and addresses may take packets away",
					name);
		if (str_eq(name, CNI_BRIDGE) && !bridge_is_ours)
			findings_add(findings, check, SEVERITY_WARNING, cure,
				"there is an interface '%s' that lazyjack did not make, and 'lazyjack up' needs the "
				"name",
				name);
	}
}

int diagnose_foreign_links(
	const struct doctor *what, const struct check *check, struct findings *findings, struct err *err)
{
	_cleanup_seen_links_ struct seen_links seen = {0};
	int r = look_links(what, &seen, err);

	if (r == 0)
		judge_foreign_links(&seen, doctor_made(what, "bridge", CNI_BRIDGE), check, findings);
	return r;
}
