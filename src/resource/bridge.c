/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/if_link.h>
#include <sys/random.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/link.h"
#include "resource/netns-text.h"
#include "resource/ops.h"

struct step step_bridge(const char *netns, const char *name, unsigned int mtu)
{
	json_t *want = json_make("{s:s*, s:s}", "netns", netns_or_null(netns), "name", name);

	if (mtu != 0)
		json_object_set_new(want, "mtu", json_integer(mtu));
	return step_make(&bridge_ops, want);
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "name"));
	netns_suffix(want, ret);
}

static void describe(const json_t *want, struct str *ret)
{
	netns_ip(want, ret);
	str_addf(ret, " link add %s", json_text(want, "name"));
	if (json_number(want, "mtu"))
		str_addf(ret, " mtu %u", (unsigned int)json_number(want, "mtu"));
	str_add(ret, " up type bridge forward_delay 0 mcast_snooping 0");
}

static struct link_wish wish_of(const json_t *want)
{
	return (struct link_wish){
		.netns = json_text(want, "netns"),
		.name = json_text(want, "name"),
		.kind = "bridge",
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

/*
 * A port forwards at once without spanning tree and forward delay. Without snooping no querier is needed for neighbour
 * discovery, which is multicast (RFC 4861), to get through.
 */
static void put_data(const void *user, struct nlmsghdr *header)
{
	struct nlattr *data = mnl_attr_nest_start(header, IFLA_INFO_DATA);

	mnl_attr_put_u32(header, IFLA_BR_FORWARD_DELAY, 0);
	mnl_attr_put_u32(header, IFLA_BR_STP_STATE, 0);
	mnl_attr_put_u8(header, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(header, data);
}

/*
 * A bridge without a MAC address of its own takes that of a port, another one whenever ports come and go, and
 * neighbours keep the old one for a while (br_stp_recalculate_bridge_id() in net/bridge/br_stp_if.c). So it gets a
 * random one: unicast, locally administered.
 */
static int apply(const struct step *step, struct node *node, struct err *err)
{
	struct link_wish wish = wish_of(step->want);
	uint8_t mac[6];

	if (getrandom(mac, sizeof(mac), 0) != sizeof(mac))
		return err_errno(err, errno, "can't make a MAC address for '%s'", wish.name);
	mac[0] = (uint8_t)((mac[0] & ~1) | 2);
	wish.mac = mac;
	return link_make(node, &wish, put_data, NULL, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	return link_delete(node, json_text(step->want, "netns"), json_text(step->want, "name"), "bridge", err);
}

const struct step_ops bridge_ops = {
	.kind = "bridge",
	.forgotten_at_boot = true,
	.reverts_drifted = true, /* whatever was done to it, it is lazyjack\'s own */
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
