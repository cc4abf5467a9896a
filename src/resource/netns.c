/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A namespace is kept by mounting its file on /run/netns/NAME, where `ip netns`, systemd's NetworkNamespacePath= and
 * systemd-nspawn find it. Unlike `ip netns add`, /run/netns isn't made a mount of its own: /run is shared between mount
 * namespaces on a system run by systemd, and nothing else is left to undo.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/link.h"
#include "resource/ops.h"

#define DIRECTORY "/run/netns"

struct step step_netns(const char *name)
{
	return step_make(&netns_ops, json_make("{s:s}", "name", name));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "name"));
}

static void describe(const json_t *want, struct str *ret)
{
	const char *name = json_text(want, "name");

	str_addf(ret, "ip netns add %s; ip -n %s link set dev lo up", name, name);
}

static char *path_of(const struct step *step, const struct node *node)
{
	_cleanup_free_ char *below = mem_printf(DIRECTORY "/%s", json_text(step->want, "name"));

	return node_path(node, below);
}

static int check_name(const char *name, struct err *err)
{
	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') || strlen(name) > NAME_MAX)
		return err_set(err, EINVAL, "'%s' can't be the name of a network namespace", name);
	return 0;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	const char *name = json_text(step->want, "name");
	_cleanup_free_ char *directory = node_path(node, DIRECTORY);
	_cleanup_free_ char *path = path_of(step, node);
	int state = STEP_IN_PLACE, r;
	struct statfs fs;
	struct link lo;

	r = check_name(name, err);
	if (r < 0)
		return r;
	if (statfs(path, &fs) < 0) {
		if (errno != ENOENT)
			return err_errno(err, errno, "can't look at '%s'", path);
		state = STEP_MISSING;
	} else if (!ours) {
		return err_set(err, EEXIST,
			"a network namespace '%s' is there already and isn't lazyjack's: remove it with 'ip netns "
			"delete %s' "
			"if nobody needs it",
			name, name);
	} else if (fs.f_type != NSFS_MAGIC) {
		state = STEP_MISSING;
	} else {
		r = link_find(node, name, "lo", &lo, err);
		if (r < 0)
			return r;
		if (r == 0 || !lo.up) {
			state = STEP_DRIFTED;
			if (ret_detail)
				str_add(ret_detail, "'lo' is down in it");
		}
	}
	if (ret_undo)
		*ret_undo = access(directory, F_OK) == 0 ? json_null() : json_make("{s:b}", "directory", 1);
	return state;
}

/* Runs in the new namespace, before it has a name: whoever finds it finds it ready. */
static int set_lo_up(struct err *err)
{
	union netlink_message message;
	struct mnl_socket *socket;
	struct ifinfomsg *lo;
	int r;

	r = netlink_open(0, &socket, err);
	if (r < 0)
		return r;
	lo = netlink_begin(&message, RTM_NEWLINK, 0, sizeof(*lo));
	lo->ifi_index = 1; /* LOOPBACK_IFINDEX, include/net/flow.h: the same in every namespace */
	lo->ifi_flags = IFF_UP;
	lo->ifi_change = IFF_UP;
	r = netlink_talk(socket, &message, NULL, NULL, err);
	mnl_socket_close(socket);
	return r < 0 ? err_wrap(err, "can't set 'lo' up") : 0;
}

static int make_namespace(const char *path, const char *name, struct err *err)
{
	_cleanup_close_ int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int r;

	if (here < 0)
		return err_errno(err, errno, "can't open '/proc/thread-self/ns/net'");
	if (unshare(CLONE_NEWNET) < 0)
		return err_errno(err, errno, "can't make the network namespace '%s'", name);
	r = set_lo_up(err);
	if (r == 0 && mount("/proc/thread-self/ns/net", path, "none", MS_BIND, NULL) < 0)
		r = err_errno(err, errno, "can't mount the network namespace '%s' on '%s'", name, path);
	/* Whatever came next would happen to the wrong network. */
	if (setns(here, CLONE_NEWNET) < 0)
		abort();
	return r;
}

static int make_directory(const char *path, struct err *err)
{
	/* Again by name: the mode of mkdir(2) is cut by the umask. */
	if (mkdir(path, 0755) == 0 ? chmod(path, 0755) < 0 : errno != EEXIST)
		return err_errno(err, errno, "can't make the directory '%s'", path);
	return 0;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	const char *name = json_text(step->want, "name");
	_cleanup_free_ char *directory = node_path(node, DIRECTORY);
	_cleanup_free_ char *path = path_of(step, node);
	_cleanup_close_ int fd = -1;
	struct statfs fs;
	int r;

	r = check_name(name, err);
	if (r < 0)
		return r;
	if (statfs(path, &fs) == 0 && fs.f_type == NSFS_MAGIC) {
		const struct link_wish lo = {.netns = name, .name = "lo", .kind = ""};

		return link_make(node, &lo, NULL, NULL, err);
	}
	node_forget_netns(node, name);
	r = make_directory(directory, err);
	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd < 0)
		return err_errno(err, errno, "can't make the file '%s'", path);
	return make_namespace(path, name, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	enum { MOUNTS_MAX = 16 };
	_cleanup_free_ char *directory = node_path(node, DIRECTORY);
	_cleanup_free_ char *path = path_of(step, node);
	int i;

	node_forget_netns(node, json_text(step->want, "name"));
	/* More than one mount lies there after `ip netns` bound the directory onto itself. */
	for (i = 0; i < MOUNTS_MAX && umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0; i++)
		;
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(err, errno, "can't remove '%s'", path);
	/* Others may have put theirs into it meanwhile, or mounted it; then it stays. */
	if (json_flag(undo, "directory") && rmdir(directory) < 0 && errno != ENOTEMPTY && errno != EEXIST &&
		errno != EBUSY && errno != ENOENT)
		return err_errno(err, errno, "can't remove the directory '%s'", directory);
	return 0;
}

const struct step_ops netns_ops = {
	.kind = "netns",
	.forgotten_at_boot = true,
	.reverts_drifted = true, /* whatever was done to it, it is lazyjack\'s own */
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
