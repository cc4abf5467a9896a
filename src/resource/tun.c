/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/link.h"
#include "resource/netns-text.h"
#include "resource/ops.h"

struct step step_tun(const char *netns, const char *name)
{
	return step_make(&tun_ops, json_make("{s:s*, s:s}", "netns", netns_or_null(netns), "name", name));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "name"));
	netns_suffix(want, ret);
}

static void describe(const json_t *want, struct str *ret)
{
	netns_ip(want, ret);
	str_addf(ret, " tuntap add dev %s mode tun; ", json_text(want, "name"));
	netns_ip(want, ret);
	str_addf(ret, " link set dev %s up", json_text(want, "name"));
}

static struct link_wish wish_of(const json_t *want)
{
	return (struct link_wish){
		.netns = json_text(want, "netns"),
		.name = json_text(want, "name"),
		.kind = "tun",
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

struct device {
	const char *path; /* of the clone device */
	const char *name;
};

/*
 * As `tayga --mktun` makes it: with the packet information header, though whoever opens the device again decides that
 * anew (tun_set_iff() in drivers/net/tun.c). Killed before it is made to persist, the device goes with the descriptor.
 */
static int make_device(void *user, struct err *err)
{
	const struct device *device = user;
	_cleanup_close_ int fd = open(device->path, O_RDWR | O_CLOEXEC);
	struct ifreq request = {.ifr_flags = IFF_TUN};

	if (fd < 0 && errno == ENOENT)
		return err_set(err, ENOENT,
			"there is no '%s', so no TUN device can be made: load the module with 'modprobe tun', or give "
			"the "
			"device to this container",
			device->path);
	if (fd < 0)
		return err_errno(err, errno, "can't open '%s'", device->path);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device->name);
	if (ioctl(fd, TUNSETIFF, &request) < 0 || ioctl(fd, TUNSETPERSIST, 1) < 0)
		return err_errno(err, errno, "can't make the TUN device '%s'", device->name);
	return 0;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	const struct link_wish wish = wish_of(step->want);
	_cleanup_free_ char *path = node_path(node, "/dev/net/tun");
	struct device device = {.path = path, .name = wish.name};
	struct link link;
	int r;

	r = link_find(node, wish.netns, wish.name, &link, err);
	if (r == 0)
		r = node_in_netns(node, wish.netns, make_device, &device, err);
	/* It is there by now, so this sets it up and makes nothing. */
	return r < 0 ? r : link_make(node, &wish, NULL, NULL, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	return link_delete(node, json_text(step->want, "netns"), json_text(step->want, "name"), "tun", err);
}

const struct step_ops tun_ops = {
	.kind = "tun",
	.forgotten_at_boot = true,
	.reverts_drifted = true, /* whatever was done to it, it is lazyjack\'s own */
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
