/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file system that keeps eBPF programs and maps alive without a process that holds them. systemd mounts it at boot,
 * outside of containers (mount-setup.c); where it did, it is found and stays.
 */
#include <errno.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/node.h"
#include "resource/ops.h"
#include "resource/path.h"

struct step step_bpf_filesystem(const char *path)
{
	return step_make(&bpf_filesystem_ops, json_make("{s:s}", "path", path));
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "mount -t bpf bpf %s -o nosuid,nodev,noexec,mode=700", json_text(want, "path"));
}

static bool is_mounted(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == BPF_FS_MAGIC;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_free_ char *path = node_path(node, json_text(step->want, "path"));

	if (ret_undo)
		*ret_undo = json_null();
	return is_mounted(path) ? STEP_IN_PLACE : STEP_MISSING;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = node_path(node, json_text(step->want, "path"));

	if (is_mounted(path))
		return 0;
	if (mount("bpf", path, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700") == 0)
		return 0;
	if (errno == ENODEV || errno == ENOENT)
		return err_errno(err, errno,
			"can't mount the eBPF file system on '%s': this kernel has none, so set nat64.engine to "
			"'tayga'",
			path);
	return err_errno(err, errno, "can't mount the eBPF file system on '%s'", path);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *path = node_path(node, json_text(step->want, "path"));

	if (!is_mounted(path))
		return 0;
	/* Somebody else may have pinned something meanwhile. */
	if (umount2(path, UMOUNT_NOFOLLOW) < 0)
		return err_errno(err, errno,
			"can't unmount '%s': 'fuser -m %s' shows who uses it; 'lazyjack clean' again afterwards", path,
			path);
	return 0;
}

const struct step_ops bpf_filesystem_ops = {
	.kind = "bpf-filesystem",
	.forgotten_at_boot = true,
	.may_be_shared = true,
	.what = path_what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
