/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/path.h"

enum { UNMOUNT_MS = 5000 };

struct step step_overlay(const char *path, const char *lower, const char *upper, const char *work)
{
	return step_make(&overlay_ops,
		json_make("{s:s,s:s,s:s,s:s}", "path", path, "lower", lower, "upper", upper, "work", work));
}

/*
 * The options of mount(2): the directories below node->root. `lower` may be several, colon-separated, first on top
 * (Documentation/filesystems/overlayfs.rst, "Multiple lower layers").
 */
static char *mount_options(const json_t *want, const struct node *node)
{
	_cleanup_free_ char *upper = node_path(node, json_text(want, "upper"));
	_cleanup_free_ char *work = node_path(node, json_text(want, "work"));
	_cleanup_str_ struct str options = STR_INIT;
	const char *p = json_text(want, "lower");

	str_add(&options, "lowerdir=");
	while (*p) {
		size_t n = strcspn(p, ":");
		_cleanup_free_ char *one = mem_strndup(p, n);
		_cleanup_free_ char *path = node_path(node, one);

		str_add(&options, path);
		p += n;
		if (*p == ':') {
			str_add(&options, ":");
			p++;
		}
	}
	str_addf(&options, ",upperdir=%s,workdir=%s", upper, work);
	return str_take(&options);
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "mount -t overlay overlay -o lowerdir=%s,upperdir=%s,workdir=%s %s", json_text(want, "lower"),
		json_text(want, "upper"), json_text(want, "work"), json_text(want, "path"));
}

/* The options of the uppermost mount on `path`, and how many lie there. */
static int find_mount(const char *path, struct str *ret_type, struct str *ret_options, struct err *err)
{
	struct mntent entry;
	char buffer[16384];
	FILE *mounts;
	int n = 0;

	mounts = setmntent("/proc/self/mounts", "re");
	if (mounts == NULL)
		return err_errno(err, errno, "cannot read '/proc/self/mounts'");
	while (getmntent_r(mounts, &entry, buffer, sizeof(buffer))) {
		if (!str_eq(entry.mnt_dir, path))
			continue;
		n++;
		str_clear(ret_type);
		str_clear(ret_options);
		str_add(ret_type, entry.mnt_type);
		str_add(ret_options, entry.mnt_opts);
	}
	endmntent(mounts);
	return n;
}

/* The kernel shows its own options as well, so each of ours is looked for as a whole. */
static bool has_options(const char *present, const char *wanted)
{
	while (*wanted) {
		size_t n = strcspn(wanted, ",");
		const char *p = present;
		bool found = false;

		while (*p && !found) {
			size_t m = strcspn(p, ",");

			found = m == n && strncmp(p, wanted, n) == 0;
			p += m + (p[m] == ',');
		}
		if (!found)
			return false;
		wanted += n + (wanted[n] == ',');
	}
	return true;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_str_ struct str type = STR_INIT, options = STR_INIT;
	_cleanup_free_ char *path = path_on(node, step->want);
	_cleanup_free_ char *wanted = mount_options(step->want, node);
	int n;

	n = find_mount(path, &type, &options, err);
	if (n < 0)
		return n;
	if (n > 0 && !ours)
		return err_set(err, EBUSY, "something is mounted on '%s' already: 'umount %s' first", path, path);
	if (ret_undo)
		*ret_undo = json_null();
	if (n == 0)
		return STEP_MISSING;
	if (n == 1 && str_eq(str_text(&type), "overlay") && has_options(str_text(&options), wanted))
		return STEP_IN_PLACE;
	if (ret_detail)
		str_addf(ret_detail, "a file system of type '%s' with other options is mounted there", str_text(&type));
	return STEP_DRIFTED;
}

static int unmount_all(const char *path, struct err *err)
{
	int64_t deadline = clock_ms() + UNMOUNT_MS;
	_cleanup_str_ struct str type = STR_INIT, options = STR_INIT;
	int n;

	while ((n = find_mount(path, &type, &options, err)) > 0) {
		/*
		 * Processes that were killed a moment ago may not have let go yet. Somebody's shell in there must not
		 * keep the rest from going: past the deadline the mount goes from sight now and for good when the last
		 * user leaves.
		 */
		if (umount2(path, UMOUNT_NOFOLLOW | (clock_left(deadline) ? 0 : MNT_DETACH)) == 0)
			continue;
		if (errno != EBUSY || clock_left(deadline) == 0)
			return err_errno(err, errno, "cannot unmount '%s'", path);
		clock_pause(20);
	}
	return n;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);
	_cleanup_free_ char *options = mount_options(step->want, node);
	int r;

	r = unmount_all(path, err);
	if (r < 0)
		return r;
	if (mount("overlay", path, "overlay", 0, options) == 0)
		return 0;
	if (errno == EINVAL)
		return err_set(err, EINVAL,
			"the kernel refuses an overlay on '%s': its directories have to be on a file system such as "
			"ext4, xfs or tmpfs, "
			"not on an overlay themselves",
			path);
	return err_errno(err, errno, "cannot mount an overlay on '%s'", path);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);

	return unmount_all(path, err);
}

const struct step_ops overlay_ops = {
	.kind = "overlay",
	.forgotten_at_boot = true,
	.what = path_what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
