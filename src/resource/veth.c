/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/veth.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/link.h"
#include "resource/netns-text.h"
#include "resource/ops.h"

struct step step_veth(const char *netns, const char *name, const char *bridge, const char *peer_netns, const char *peer,
	unsigned int mtu)
{
	json_t *want = json_make("{s:s*, s:s, s:s*, s:s*, s:s}", "netns", netns_or_null(netns), "name", name, "bridge",
		bridge, "peer_netns", netns_or_null(peer_netns), "peer", peer);

	if (mtu != 0)
		json_object_set_new(want, "mtu", json_integer(mtu));
	return step_make(&veth_ops, want);
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "name"));
	netns_suffix(want, ret);
}

static void describe(const json_t *want, struct str *ret)
{
	const char *bridge = json_text(want, "bridge"), *peer_netns = json_text(want, "peer_netns");
	_cleanup_str_ struct str mtu = STR_INIT;

	if (json_number(want, "mtu"))
		str_addf(&mtu, " mtu %u", (unsigned int)json_number(want, "mtu"));
	netns_ip(want, ret);
	str_addf(ret, " link add %s%s up%s%s type veth peer %s%s%s%s; ip%s%s link set dev %s up",
		json_text(want, "name"), str_text(&mtu), bridge ? " master " : "", bridge ? bridge : "",
		json_text(want, "peer"), str_text(&mtu), peer_netns ? " netns " : "", peer_netns ? peer_netns : "",
		peer_netns ? " -n " : "", peer_netns ? peer_netns : "", json_text(want, "peer"));
}

static struct link_wish near_wish(const json_t *want)
{
	return (struct link_wish){
		.netns = json_text(want, "netns"),
		.name = json_text(want, "name"),
		.kind = "veth",
		.mtu = (unsigned int)json_number(want, "mtu"),
		.master = json_text(want, "bridge"),
	};
}

static struct link_wish far_wish(const json_t *want)
{
	return (struct link_wish){
		.netns = json_text(want, "peer_netns"),
		.name = json_text(want, "peer"),
		.kind = "veth",
		.mtu = (unsigned int)json_number(want, "mtu"),
	};
}

/* Looks at both ends; `*ret_paired`: both are there, and they are each other's. */
static int look(const struct step *step, struct node *node, bool ours, bool *ret_paired, struct str *ret_detail,
	struct err *err)
{
	const struct link_wish near = near_wish(step->want), far = far_wish(step->want);
	struct link here = {0}, there = {0};
	int a, b;

	*ret_paired = false;
	a = link_inspect(node, &near, ours, &here, ret_detail, err);
	if (a < 0)
		return a;
	b = link_inspect(node, &far, ours, &there, a == STEP_IN_PLACE ? ret_detail : NULL, err);
	if (b < 0)
		return b;
	if (a == STEP_MISSING && b == STEP_MISSING)
		return STEP_MISSING;
	if (a == STEP_MISSING || b == STEP_MISSING) {
		if (ret_detail)
			str_addf(ret_detail, "%sthe end '%s' is gone", ret_detail->len ? "; " : "",
				a == STEP_MISSING ? near.name : far.name);
		return STEP_DRIFTED;
	}
	if (here.peer != there.index || there.peer != here.index) {
		if (ret_detail)
			str_addf(ret_detail, "'%s' and '%s' are not the two ends of one pair", near.name, far.name);
		return STEP_DRIFTED;
	}
	*ret_paired = true;
	return a == STEP_IN_PLACE ? b : a;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	bool paired;
	int state = look(step, node, ours, &paired, ret_detail, err);

	if (state >= 0 && ret_undo)
		*ret_undo = json_null();
	return state;
}

struct far_end {
	const struct link_wish *wish;
	int netns_fd;
};

/* The other end is described by a whole link message of its own inside VETH_INFO_PEER (drivers/net/veth.c). */
static void put_data(const void *user, struct nlmsghdr *header)
{
	const struct far_end *far = user;
	struct nlattr *data = mnl_attr_nest_start(header, IFLA_INFO_DATA);
	struct nlattr *peer = mnl_attr_nest_start(header, VETH_INFO_PEER);

	mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(header, IFLA_IFNAME, far->wish->name);
	if (far->wish->mtu != 0)
		mnl_attr_put_u32(header, IFLA_MTU, far->wish->mtu);
	mnl_attr_put_u32(header, IFLA_NET_NS_FD, (uint32_t)far->netns_fd);
	mnl_attr_nest_end(header, peer);
	mnl_attr_nest_end(header, data);
}

static int remove_ends(const struct step *step, struct node *node, struct err *err)
{
	const struct link_wish near = near_wish(step->want), far = far_wish(step->want);
	int r = link_delete(node, near.netns, near.name, "veth", err);

	return r < 0 ? r : link_delete(node, far.netns, far.name, "veth", err);
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	const struct link_wish near = near_wish(step->want), far = far_wish(step->want);
	struct far_end end = {.wish = &far};
	bool paired;
	int r;

	r = look(step, node, true, &paired, NULL, err);
	if (r >= 0 && paired) {
		r = link_make(node, &far, NULL, NULL, err);
		return r < 0 ? r : link_make(node, &near, NULL, NULL, err);
	}
	/* One end that is left, or one that belongs to another pair, can't be joined again. */
	if (r == STEP_DRIFTED)
		r = remove_ends(step, node, err);
	if (r >= 0)
		r = node_netns_fd(node, far.netns, &end.netns_fd, err);
	if (r >= 0)
		r = link_make(node, &near, put_data, &end, err);
	/* The kernel joins the two after it has made both: the far end can't be brought up by the same message
	 * (ENOTCONN). */
	return r < 0 ? r : link_make(node, &far, NULL, NULL, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	return remove_ends(step, node, err);
}

const struct step_ops veth_ops = {
	.kind = "veth",
	.forgotten_at_boot = true,
	.reverts_drifted = true, /* whatever was done to it, it is lazyjack\'s own */
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
