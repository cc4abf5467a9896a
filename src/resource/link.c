/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/link.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "step/step.h"

static void take_kind(const struct nlattr *info, struct link *link)
{
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, info)
		if (mnl_attr_get_type(attribute) == IFLA_INFO_KIND)
			snprintf(link->kind, sizeof(link->kind), "%s", mnl_attr_get_str(attribute));
}

static int take_link(const struct nlmsghdr *header, void *user)
{
	const struct ifinfomsg *message;
	const struct nlattr *attribute;
	struct link *link = user;

	if (header == NULL || header->nlmsg_type != RTM_NEWLINK)
		return 0;
	message = mnl_nlmsg_get_payload(header);
	*link = (struct link){.index = (unsigned int)message->ifi_index, .up = message->ifi_flags & IFF_UP};
	mnl_attr_for_each (attribute, header, sizeof(*message)) {
		switch (mnl_attr_get_type(attribute)) {
		case IFLA_IFNAME:
			snprintf(link->name, sizeof(link->name), "%s", mnl_attr_get_str(attribute));
			break;
		case IFLA_MTU:
			link->mtu = mnl_attr_get_u32(attribute);
			break;
		case IFLA_MASTER:
			link->master = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINK:
			link->peer = mnl_attr_get_u32(attribute);
			break;
		case IFLA_LINKINFO:
			take_kind(attribute, link);
			break;
		}
	}
	return 0;
}

/* By index, or by name when that is 0. */
static int get_link(
	struct node *node, const char *netns, unsigned int index, const char *name, struct link *ret, struct err *err)
{
	union netlink_message message;
	struct mnl_socket *socket;
	struct ifinfomsg *wanted;
	struct link link = {0};
	int r;

	r = node_netlink(node, netns, &socket, NULL);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return node_netlink(node, netns, &socket, err);
	wanted = netlink_begin(&message, RTM_GETLINK, 0, sizeof(*wanted));
	wanted->ifi_index = (int)index;
	if (index == 0)
		mnl_attr_put_strz(&message.header, IFLA_IFNAME, name);
	mnl_attr_put_u32(&message.header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = netlink_talk(socket, &message, take_link, &link, err);
	if (r == -ENODEV) {
		err_done(err);
		return 0;
	}
	if (r < 0)
		return err_wrap(err, "can't look at the link '%s'", name);
	*ret = link;
	return 1;
}

int link_find(struct node *node, const char *netns, const char *name, struct link *ret, struct err *err)
{
	/* The kernel would look for a name this long among the alternative names. */
	if (strlen(name) >= IF_NAMESIZE)
		return err_set(err, EINVAL, "the link name '%s' is longer than %d characters", name, IF_NAMESIZE - 1);
	return get_link(node, netns, 0, name, ret, err);
}

static int take_name(const struct nlmsghdr *header, void *user)
{
	struct str *names = user;
	struct link link;

	if (header == NULL) {
		str_clear(names);
	} else if (take_link(header, &link) == 0 && header->nlmsg_type == RTM_NEWLINK) {
		if (names->len > 0)
			str_add(names, ", ");
		str_add(names, link.name);
	}
	return 0;
}

int link_need(struct node *node, const char *netns, const char *name, struct link *ret, struct err *err)
{
	_cleanup_str_ struct str names = STR_INIT;
	union netlink_message message;
	struct mnl_socket *socket;
	int r;

	r = link_find(node, netns, name, ret, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = node_netlink(node, netns, &socket, err);
	if (r < 0)
		return r;
	netlink_begin(&message, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(&message.header, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = netlink_talk(socket, &message, take_name, &names, err);
	if (r < 0)
		return err_wrap(err, "can't list the links");
	return err_set(err, ENODEV, "there is no interface '%s'%s%s: there are %s", name, netns ? " in " : "",
		netns ? netns : "", str_text(&names));
}

void link_name(struct node *node, const char *netns, unsigned int index, char ret[IF_NAMESIZE])
{
	struct link link;

	if (get_link(node, netns, index, "?", &link, NULL) != 1)
		snprintf(link.name, sizeof(link.name), "?");
	memcpy(ret, link.name, IF_NAMESIZE);
}

static int differ(struct str *ret_detail, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int differ(struct str *ret_detail, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		mem_die();
	va_end(ap);
	if (ret_detail)
		str_add(ret_detail, text);
	return STEP_DRIFTED;
}

static const char *kind_text(const struct link *link)
{
	return link->kind[0] ? link->kind : "physical";
}

int link_inspect(struct node *node, const struct link_wish *wish, bool ours, struct link *ret, struct str *ret_detail,
	struct err *err)
{
	const char *in = wish->netns ? " in " : "", *netns = wish->netns ? wish->netns : "";
	struct link master = {0};
	int r;

	r = link_find(node, wish->netns, wish->name, ret, err);
	if (r <= 0)
		return r < 0 ? r : STEP_MISSING;
	if (!ours)
		return err_set(err, EEXIST,
			"a link '%s'%s%s is there already and isn't lazyjack's: remove it with 'ip %s%s%slink delete "
			"%s' if "
			"nobody needs it",
			wish->name, in, netns, netns[0] ? "-n " : "", netns, netns[0] ? " " : "", wish->name);
	if (!str_eq(ret->kind, wish->kind))
		return differ(ret_detail, "'%s' is a %s link, not a %s", wish->name, kind_text(ret), wish->kind);
	if (!ret->up)
		return differ(ret_detail, "'%s' is down", wish->name);
	if (wish->mtu != 0 && ret->mtu != wish->mtu)
		return differ(ret_detail, "the MTU of '%s' is %u, not %u", wish->name, ret->mtu, wish->mtu);
	if (wish->master == NULL)
		return STEP_IN_PLACE;
	r = link_find(node, wish->netns, wish->master, &master, err);
	if (r < 0)
		return r;
	if (r == 0 || ret->master != master.index)
		return differ(ret_detail, "'%s' is no port of '%s'", wish->name, wish->master);
	return STEP_IN_PLACE;
}

/* What every kind has in common: ifi_flags say "up", and attributes that are wished. */
static int put_wish(struct node *node, const struct link_wish *wish, union netlink_message *message,
	struct ifinfomsg *link, struct err *err)
{
	struct link master = {0};
	int r;

	link->ifi_flags = IFF_UP;
	link->ifi_change = IFF_UP;
	if (wish->mtu != 0)
		mnl_attr_put_u32(&message->header, IFLA_MTU, wish->mtu);
	if (wish->master == NULL)
		return 0;
	r = link_need(node, wish->netns, wish->master, &master, err);
	if (r == 0)
		mnl_attr_put_u32(&message->header, IFLA_MASTER, master.index);
	return r;
}

static int send_link(struct node *node, const struct link_wish *wish, union netlink_message *message, struct err *err)
{
	struct mnl_socket *socket;
	int r = node_netlink(node, wish->netns, &socket, err);

	if (r < 0)
		return r;
	r = netlink_talk(socket, message, NULL, NULL, err);
	if (r < 0)
		return err_wrap(err, "can't set up the %s link '%s'%s%s", wish->kind, wish->name,
			wish->netns ? " in " : "", wish->netns ? wish->netns : "");
	return 0;
}

int link_make(struct node *node, const struct link_wish *wish,
	void (*put_data)(const void *user, struct nlmsghdr *header), const void *user, struct err *err)
{
	union netlink_message message;
	struct nlattr *info;
	struct ifinfomsg *wanted;
	struct link link = {0};
	int r;

	r = link_find(node, wish->netns, wish->name, &link, err);
	if (r < 0)
		return r;
	if (r == 1 && !str_eq(link.kind, wish->kind))
		return err_set(err, EEXIST, "'%s' is a %s link, not a %s: remove it or use another name", wish->name,
			kind_text(&link), wish->kind);
	wanted = netlink_begin(&message, RTM_NEWLINK, r == 1 ? 0 : NLM_F_CREATE | NLM_F_EXCL, sizeof(*wanted));
	mnl_attr_put_strz(&message.header, IFLA_IFNAME, wish->name);
	if (r == 0) {
		if (wish->mac)
			mnl_attr_put(&message.header, IFLA_ADDRESS, 6, wish->mac);
		info = mnl_attr_nest_start(&message.header, IFLA_LINKINFO);
		mnl_attr_put_strz(&message.header, IFLA_INFO_KIND, wish->kind);
		if (put_data)
			put_data(user, &message.header);
		mnl_attr_nest_end(&message.header, info);
	} else {
		wanted->ifi_index = (int)link.index;
	}
	r = put_wish(node, wish, &message, wanted, err);
	return r < 0 ? r : send_link(node, wish, &message, err);
}

int link_set_mtu(struct node *node, const char *netns, const char *name, unsigned int mtu, struct err *err)
{
	union netlink_message message;
	struct mnl_socket *socket;
	struct ifinfomsg *wanted;
	struct link link = {0};
	int r;

	r = link_need(node, netns, name, &link, err);
	if (r < 0)
		return r;
	r = node_netlink(node, netns, &socket, err);
	if (r < 0)
		return r;
	wanted = netlink_begin(&message, RTM_NEWLINK, 0, sizeof(*wanted));
	wanted->ifi_index = (int)link.index;
	mnl_attr_put_u32(&message.header, IFLA_MTU, mtu);
	r = netlink_talk(socket, &message, NULL, NULL, err);
	return r < 0 ? err_wrap(err, "can't set the MTU of '%s' to %u", name, mtu) : 0;
}

int link_delete(struct node *node, const char *netns, const char *name, const char *kind, struct err *err)
{
	union netlink_message message;
	struct mnl_socket *socket;
	struct ifinfomsg *wanted;
	struct link link = {0};
	int r;

	r = link_find(node, netns, name, &link, err);
	if (r <= 0 || !str_eq(link.kind, kind))
		return r < 0 ? r : 0;
	r = node_netlink(node, netns, &socket, err);
	if (r < 0)
		return r;
	wanted = netlink_begin(&message, RTM_DELLINK, 0, sizeof(*wanted));
	wanted->ifi_index = (int)link.index;
	r = netlink_talk(socket, &message, NULL, NULL, err);
	if (r < 0 && r != -ENODEV)
		return err_wrap(err, "can't delete the link '%s'", name);
	err_done(err);
	return 0;
}
