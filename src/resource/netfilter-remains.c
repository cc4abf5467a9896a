/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CNI plugins and kube-proxy make chains in iptables' tables and leave them behind when they go. The step only
 * remembers which of them were there before; its revert removes the others.
 */
#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/netfilter-legacy.h"
#include "resource/netfilter-nft.h"
#include "resource/ops.h"

struct step step_netfilter_remains(const char *chain_prefix)
{
	return step_make(&netfilter_remains_ops, json_make("{s:s}", "prefix", chain_prefix));
}

static void what(const json_t *want, struct str *ret)
{
	str_addf(ret, "%s*", json_text(want, "prefix"));
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "iptables-save; ip6tables-save # remember the chains %s*", json_text(want, "prefix"));
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_json_ json_t *nft = NULL, *legacy = NULL;
	int r;

	if (ret_undo && ours) {
		*ret_undo = json_null(); /* what was there before is recorded, and dear to look at by now */
	} else if (ret_undo) {
		r = netfilter_nft_record(&nft, err);
		if (r == 0)
			r = netfilter_legacy_record(node, json_text(step->want, "prefix"), &legacy, err);
		if (r < 0)
			return r;
		*ret_undo = json_make("{s:O,s:O}", "nft", nft, "legacy", legacy);
	}
	return ours ? STEP_IN_PLACE : STEP_MISSING;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	return 0;
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	const char *prefix = json_text(step->want, "prefix");
	int r;

	r = netfilter_nft_clean(prefix, json_object_get(undo, "nft"), err);
	return r < 0 ? r : netfilter_legacy_clean(node, prefix, json_object_get(undo, "legacy"), err);
}

const struct step_ops netfilter_remains_ops = {
	.kind = "netfilter-remains",
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
