/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/ops.h"
#include "resource/path.h"

struct step step_directory(const char *path, mode_t mode, bool runtime)
{
	char text[MODE_TEXT_MAX];

	return step_make(&directory_ops,
		json_make("{s:s,s:s,s:b}", "path", path, "mode", mode_text(mode, text), "runtime", (int)runtime));
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "mkdir -m %s %s", json_text(want, "mode"), json_text(want, "path"));
}

/* Secrets go into a directory that only root may enter; one that others may enter is as bad as a file of theirs. */
static int check_private(const char *path, const struct stat *st, struct str *ret_detail)
{
	if (st->st_uid == 0 && (st->st_mode & 077) == 0)
		return STEP_IN_PLACE;
	if (ret_detail)
		str_addf(ret_detail, "'%s' is owned by user %u with mode %04o, so that others than root can enter it",
			path, (unsigned int)st->st_uid, (unsigned int)st->st_mode & 07777);
	return STEP_DRIFTED;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);
	_cleanup_str_ struct str reason = STR_INIT;
	int r, state = STEP_IN_PLACE;
	struct stat st;

	r = path_look(path, &st, err);
	if (r < 0)
		return r;
	if (r == 1 && S_ISLNK(st.st_mode) && stat(path, &st) < 0)
		return err_errno(err, errno, "'%s' is a symbolic link that leads nowhere", path);
	if (r == 1 && !S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "'%s' is %s where a directory has to be: rename or remove it", path,
			file_type_name(st.st_mode));
	/* Any other mode of a directory that is there is its owner's choice. */
	if (r == 1 && (mode_of(step->want, "mode") & 077) == 0)
		state = check_private(path, &st, &reason);
	if (state == STEP_DRIFTED && !ours)
		return err_set(err, EPERM,
			"%s: rename it, or 'chown root %s' and 'chmod 700 %s' if nobody else needs it",
			str_text(&reason), path, path);
	if (ret_undo)
		*ret_undo = r == 1 ? json_make("{s:b}", "there", 1) : json_null();
	if (ret_detail)
		str_add(ret_detail, str_text(&reason));
	return r == 0 ? STEP_MISSING : state;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);
	mode_t mode = mode_of(step->want, "mode");
	int r;

	r = path_need_parent(path, err);
	if (r < 0)
		return r;
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_errno(err, errno, "cannot make directory '%s'", path);
	/* Again by name: the mode of mkdir(2) is cut by the umask. */
	if (chown(path, 0, 0) < 0 || chmod(path, mode) < 0)
		return err_errno(err, errno, "cannot set owner and mode of directory '%s'", path);
	return file_sync_parent(path, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *path = path_on(node, step->want);

	if (json_flag(undo, "there"))
		return 0;
	if (json_flag(step->want, "runtime"))
		return file_remove_tree(path, err);
	if (rmdir(path) == 0)
		return file_sync_parent(path, err);
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	if (errno == ENOTEMPTY || errno == EEXIST) {
		log_warning("the directory '%s' is left: someone else put something into it", path);
		return 0;
	}
	return err_errno(err, errno, "cannot remove directory '%s'", path);
}

const struct step_ops directory_ops = {
	.kind = "directory",
	.forgotten_at_boot = true, /* those below /run */
	.may_be_shared = true,
	.what = path_what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
