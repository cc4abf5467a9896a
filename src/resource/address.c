/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/if_addr.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/link.h"
#include "resource/netns-text.h"
#include "resource/ops.h"

struct step step_address(const char *netns, const char *link, const struct prefix *address, bool nodad)
{
	char text[PREFIX_TEXT_MAX];
	json_t *want = json_make(
		"{s:s*, s:s, s:s}", "netns", netns_or_null(netns), "dev", link, "address", prefix_text(address, text));

	if (nodad)
		json_object_set_new(want, "nodad", json_true());
	return step_make(&address_ops, want);
}

static void what(const json_t *want, struct str *ret)
{
	str_addf(ret, "%s on %s", json_text(want, "address"), json_text(want, "dev"));
	netns_suffix(want, ret);
}

static void describe(const json_t *want, struct str *ret)
{
	netns_ip(want, ret);
	str_addf(ret, " addr add %s dev %s%s", json_text(want, "address"), json_text(want, "dev"),
		json_flag(want, "nodad") ? " nodad" : "");
}

/* Where a wanted address was found. */
enum place {
	PLACE_NONE,
	PLACE_OTHER_LENGTH, /* on the link, with another prefix length */
	PLACE_OTHER_LINK,
	PLACE_WANTED,
};

struct finding {
	struct prefix wanted;
	unsigned int link; /* index of the wanted one; 0: it isn't there */
	enum place place;
	unsigned int on;     /* index of the link it was found on */
	unsigned int length; /* its prefix length there */
	bool duplicate;	     /* another host has it (RFC 4862 section 5.4) */
};

static int take_address(const struct nlmsghdr *header, void *user)
{
	struct address local = {0}, address = {0};
	struct finding *finding = user;
	const struct ifaddrmsg *message;
	const struct nlattr *attribute;
	enum place place;
	uint32_t flags;

	if (header == NULL) {
		finding->place = PLACE_NONE;
		return 0;
	}
	if (header->nlmsg_type != RTM_NEWADDR)
		return 0;
	message = mnl_nlmsg_get_payload(header);
	flags = message->ifa_flags;
	mnl_attr_for_each (attribute, header, sizeof(*message)) {
		switch (mnl_attr_get_type(attribute)) {
		case IFA_LOCAL:
			netlink_get_address(message->ifa_family, attribute, &local);
			break;
		case IFA_ADDRESS:
			netlink_get_address(message->ifa_family, attribute, &address);
			break;
		case IFA_FLAGS:
			flags = mnl_attr_get_u32(attribute);
			break;
		}
	}
	/* IFA_ADDRESS is the other end's on a point-to-point link; IPv6 has no IFA_LOCAL elsewhere (linux/if_addr.h).
	 */
	if (!address_equal(local.family ? &local : &address, &finding->wanted.address))
		return 0;
	if (message->ifa_index != finding->link) {
		/* Every link may have the same link-local address (RFC 4291 section 2.5.6). */
		place = address_is_link_local(&finding->wanted.address) ? PLACE_NONE : PLACE_OTHER_LINK;
	} else {
		place = message->ifa_prefixlen == finding->wanted.length ? PLACE_WANTED : PLACE_OTHER_LENGTH;
	}
	if (place <= finding->place)
		return 0;
	finding->place = place;
	finding->on = message->ifa_index;
	finding->length = message->ifa_prefixlen;
	finding->duplicate = flags & IFA_F_DADFAILED;
	return 0;
}

static int look(const json_t *want, struct node *node, struct finding *ret, struct err *err)
{
	const char *netns = json_text(want, "netns");
	union netlink_message message;
	struct ifaddrmsg *wanted;
	struct mnl_socket *socket;
	struct link link = {0};
	int r;

	*ret = (struct finding){0};
	if (prefix_parse(json_text(want, "address"), &ret->wanted) < 0)
		return err_set(err, EINVAL, "'%s' is no address", json_text(want, "address"));
	r = link_find(node, netns, json_text(want, "dev"), &link, err);
	if (r < 0)
		return r;
	ret->link = link.index;
	r = node_netlink(node, netns, &socket, err);
	if (r == -ENOENT) {
		err_done(err);
		return 0;
	}
	if (r < 0)
		return r;
	wanted = netlink_begin(&message, RTM_GETADDR, NLM_F_DUMP, sizeof(*wanted));
	wanted->ifa_family = (unsigned char)ret->wanted.address.family;
	r = netlink_talk(socket, &message, take_address, ret, err);
	return r < 0 ? err_wrap(err, "can't list the addresses") : 0;
}

/* What stands in the way, in words; false when nothing does. */
static bool clash(const json_t *want, struct node *node, const struct finding *finding, struct str *ret)
{
	char name[IF_NAMESIZE], text[ADDRESS_TEXT_MAX];

	if (finding->place != PLACE_OTHER_LINK && finding->place != PLACE_OTHER_LENGTH)
		return false;
	link_name(node, json_text(want, "netns"), finding->on, name);
	address_text(&finding->wanted.address, text);
	if (finding->place == PLACE_OTHER_LINK)
		str_addf(ret, "the address '%s' is on '%s' already, not on '%s'", text, name, json_text(want, "dev"));
	else
		str_addf(ret, "the address '%s' has the prefix length %u on '%s', not %u", text, finding->length, name,
			finding->wanted.length);
	return true;
}

static int refuse(
	const json_t *want, struct node *node, const struct finding *finding, const char *why, struct err *err)
{
	_cleanup_str_ struct str ip = STR_INIT;
	char name[IF_NAMESIZE], text[ADDRESS_TEXT_MAX];

	link_name(node, json_text(want, "netns"), finding->on, name);
	netns_ip(want, &ip);
	return err_set(err, EEXIST,
		"%s: remove it with '%s addr del %s/%u dev %s' if nobody needs it, or choose another address", why,
		ip.s, address_text(&finding->wanted.address, text), finding->length, name);
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_str_ struct str why = STR_INIT;
	struct finding finding = {0};
	int r, state;

	r = look(step->want, node, &finding, err);
	if (r < 0)
		return r;
	if (clash(step->want, node, &finding, &why)) {
		if (!ours)
			return refuse(step->want, node, &finding, why.s, err);
		state = STEP_DRIFTED;
	} else if (finding.place == PLACE_NONE) {
		state = STEP_MISSING;
	} else if (finding.duplicate) {
		str_addf(&why, "duplicate address detection failed: another host on the network of '%s' has it",
			json_text(step->want, "dev"));
		if (!ours)
			return refuse(step->want, node, &finding, why.s, err);
		state = STEP_DRIFTED;
	} else {
		state = STEP_IN_PLACE;
	}
	if (ret_detail)
		str_add(ret_detail, str_text(&why));
	if (ret_undo)
		*ret_undo = json_null();
	return state;
}

static int send_address(const json_t *want, struct node *node, const struct finding *finding, uint16_t type,
	uint16_t flags, struct err *err)
{
	const struct address *address = &finding->wanted.address;
	union netlink_message message;
	struct mnl_socket *socket;
	struct ifaddrmsg *wanted;
	int r;

	r = node_netlink(node, json_text(want, "netns"), &socket, err);
	if (r < 0)
		return r;
	wanted = netlink_begin(&message, type, flags, sizeof(*wanted));
	wanted->ifa_family = (unsigned char)address->family;
	wanted->ifa_prefixlen = (unsigned char)finding->wanted.length;
	wanted->ifa_index = finding->link;
	netlink_put_address(&message.header, IFA_LOCAL, address);
	netlink_put_address(&message.header, IFA_ADDRESS, address);
	if (json_flag(want, "nodad"))
		mnl_attr_put_u32(&message.header, IFA_FLAGS, IFA_F_NODAD);
	return netlink_talk(socket, &message, NULL, NULL, err);
}

static int delete_address(const json_t *want, struct node *node, const struct finding *finding, struct err *err)
{
	int r = send_address(want, node, finding, RTM_DELADDR, 0, err);

	if (r < 0 && r != -EADDRNOTAVAIL && r != -ENODEV)
		return err_wrap(err, "can't remove the address '%s' from '%s'", json_text(want, "address"),
			json_text(want, "dev"));
	err_done(err);
	return 0;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	const char *netns = json_text(step->want, "netns"), *name = json_text(step->want, "dev");
	_cleanup_str_ struct str why = STR_INIT;
	struct finding finding = {0};
	struct link link;
	int r;

	r = link_need(node, netns, name, &link, err);
	if (r == 0)
		r = look(step->want, node, &finding, err);
	if (r < 0)
		return r;
	if (clash(step->want, node, &finding, &why))
		return refuse(step->want, node, &finding, why.s, err);
	if (finding.place == PLACE_WANTED) {
		if (!finding.duplicate)
			return 0;
		/* A new address is the only way to another round of detection. */
		r = delete_address(step->want, node, &finding, err);
		if (r < 0)
			return r;
	}
	r = send_address(step->want, node, &finding, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, err);
	if (r == -EACCES)
		return err_set(err, EACCES,
			"IPv6 is off on '%s': turn it on with 'sysctl -w net.ipv6.conf.%s.disable_ipv6=0'", name, name);
	if (r < 0)
		return err_wrap(err, "can't add the address '%s' to '%s'", json_text(step->want, "address"), name);
	return 0;
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	struct finding finding = {0};
	int r = look(step->want, node, &finding, err);

	if (r < 0 || finding.place != PLACE_WANTED)
		return r;
	return delete_address(step->want, node, &finding, err);
}

const struct step_ops address_ops = {
	.kind = "address",
	.forgotten_at_boot = true,
	.may_be_shared = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
