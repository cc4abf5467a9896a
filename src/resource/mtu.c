/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/link.h"
#include "resource/netns-text.h"
#include "resource/ops.h"
#include "resource/sysctl-value.h"

/* Below this the kernel takes IPv6 off the link (RFC 8200 section 5; addrconf_notify() in net/ipv6/addrconf.c). */
#define MTU_MIN 1280

struct step step_mtu(const char *netns, const char *link, unsigned int mtu)
{
	return step_make(
		&mtu_ops, json_make("{s:s*, s:s, s:i}", "netns", netns_or_null(netns), "dev", link, "mtu", (int)mtu));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "dev"));
	netns_suffix(want, ret);
}

static void describe(const json_t *want, struct str *ret)
{
	netns_ip(want, ret);
	str_addf(ret, " link set dev %s mtu %u", json_text(want, "dev"), (unsigned int)json_number(want, "mtu"));
}

static int check_mtu(const json_t *want, struct err *err)
{
	if (json_number(want, "mtu") < MTU_MIN)
		return err_set(err, EINVAL, "an MTU of %d would take IPv6 off '%s': it has to be %d or more",
			(int)json_number(want, "mtu"), json_text(want, "dev"), MTU_MIN);
	return 0;
}

/* IPv6 keeps an MTU of its own on each link, which a router advertisement may have lowered (RFC 4861 section 4.6.4). */
static char *mtu6_path(const json_t *want)
{
	return mem_printf("net/ipv6/conf/%s/mtu", json_text(want, "dev"));
}

static int make_undo(const json_t *want, struct node *node, const struct link *link, json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = mtu6_path(want), *mtu6 = NULL, *mtu = mem_printf("%u", link->mtu);
	int r = sysctl_read(node, json_text(want, "netns"), path, &mtu6, err);

	if (r < 0)
		return r;
	*ret = json_make("{s:i}", "mtu", (int)link->mtu);
	if (r == 1 && !str_eq(mtu6, mtu))
		json_object_set_new(*ret, "mtu6", json_string(mtu6));
	return 0;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	struct link link = {0};
	int r;

	r = check_mtu(step->want, err);
	if (r == 0)
		r = link_find(node, json_text(step->want, "netns"), json_text(step->want, "dev"), &link, err);
	if (r < 0)
		return r;
	if (r == 0) {
		if (ret_undo)
			*ret_undo = json_null();
		return STEP_MISSING;
	}
	if (ret_undo) {
		r = make_undo(step->want, node, &link, ret_undo, err);
		if (r < 0)
			return r;
	}
	if (link.mtu == json_number(step->want, "mtu"))
		return STEP_IN_PLACE;
	if (ret_detail)
		str_addf(ret_detail, "it is %u, not %u", link.mtu, (unsigned int)json_number(step->want, "mtu"));
	return STEP_MISSING;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	int r = check_mtu(step->want, err);

	return r < 0 ? r
		     : link_set_mtu(node, json_text(step->want, "netns"), json_text(step->want, "dev"),
			       (unsigned int)json_number(step->want, "mtu"), err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	const char *netns = json_text(step->want, "netns"), *name = json_text(step->want, "dev");
	_cleanup_free_ char *path = mtu6_path(step->want);
	struct link link = {0};
	int r;

	r = link_find(node, netns, name, &link, err);
	if (r <= 0 || !json_is_object(undo))
		return r < 0 ? r : 0;
	if (link.mtu != json_number(undo, "mtu"))
		r = link_set_mtu(node, netns, name, (unsigned int)json_number(undo, "mtu"), err);
	/* Behind the link's own, which has just been copied into it. */
	if (r >= 0 && json_text(undo, "mtu6"))
		r = sysctl_write(node, netns, path, json_text(undo, "mtu6"), err);
	return r < 0 ? r : 0;
}

const struct step_ops mtu_ops = {
	.kind = "mtu",
	.forgotten_at_boot = true,
	.may_be_shared = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
