/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The device that the eBPF translator sits on: an Ethernet-type one without ARP, so that nothing needs a neighbour, and
 * one that throws away what nobody redirects, so that packets never pass untranslated. A TUN device won't do: it has no
 * link-layer header, and a packet redirected into it keeps its route and conntrack entry (skb_do_redirect() and
 * skb_scrub_packet() in net/core).
 */
#include "base/json.h"
#include "resource/kinds.h"
#include "resource/link.h"
#include "resource/netns-text.h"
#include "resource/ops.h"

struct step step_nat64_device(const char *netns, const char *name, const char *type, unsigned int mtu)
{
	return step_make(&nat64_device_ops, json_make("{s:s*, s:s, s:s, s:i}", "netns", netns_or_null(netns), "name",
						    name, "type", type, "mtu", (int)mtu));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "name"));
	netns_suffix(want, ret);
}

static void describe(const json_t *want, struct str *ret)
{
	netns_ip(want, ret);
	str_addf(ret, " link add %s mtu %u up type %s", json_text(want, "name"), (unsigned int)json_number(want, "mtu"),
		json_text(want, "type"));
}

static struct link_wish wish_of(const json_t *want)
{
	return (struct link_wish){
		.netns = json_text(want, "netns"),
		.name = json_text(want, "name"),
		.kind = json_text(want, "type"),
		.mtu = (unsigned int)json_number(want, "mtu"),
	};
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	const struct link_wish wish = wish_of(step->want);
	struct link link;
	int state = link_inspect(node, &wish, ours, &link, ret_detail, err);

	if (state >= 0 && ret_undo)
		*ret_undo = json_null();
	return state;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	const struct link_wish wish = wish_of(step->want);

	return link_make(node, &wish, NULL, NULL, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	return link_delete(node, json_text(step->want, "netns"), json_text(step->want, "name"),
		json_text(step->want, "type"), err);
}

const struct step_ops nat64_device_ops = {
	.kind = "nat64-device",
	.forgotten_at_boot = true,
	.reverts_drifted = true, /* whatever was done to it, it is lazyjack's own */
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
