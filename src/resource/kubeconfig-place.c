/* SPDX-License-Identifier: Apache-2.0 */
/* A file in a user's directory: everything here happens with his rights. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kubeconfig-kubectl.h"
#include "resource/kubeconfig-user.h"
#include "resource/kubeconfig.h"
#include "resource/path.h"
#include "resource/secret.h"

#define OLD_SUFFIX ".lazyjack-old"
#define NOTE_SUFFIX ".lazyjack-note"

enum { NOTE_MAX = 64 << 10 };

static int look_directory(struct place *place, struct err *err)
{
	struct stat st;

	if (stat(place->directory, &st) < 0)
		return errno == ENOENT ? 0 : err_errno(err, errno, "cannot look at '%s'", place->directory);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, ENOTDIR, "'%s' is %s, not a directory: remove it", place->directory,
			file_type_name(st.st_mode));
	if (st.st_uid != place->uid)
		return err_set(err, EPERM,
			"'%s' is owned by user %u, not by user %u whose kubeconfig it holds: chown it",
			place->directory, (unsigned int)st.st_uid, (unsigned int)place->uid);
	place->has_directory = true;
	return 0;
}

static int read_content(struct place *place, struct err *err)
{
	_cleanup_err_ struct err here = ERR_INIT;
	struct file_attr attr;
	int r;

	r = file_read_nofollow(place->path, KUBECONFIG_MAX, &place->content, &place->len, &attr, &here);
	if (r == -ENOENT)
		return 0;
	if (r == -ELOOP)
		return err_set(err, ELOOP,
			"'%s' is a symbolic link, through which nothing is written: put a file in its place",
			place->path);
	if (r < 0)
		return err_set(err, -r, "%s", here.msg);
	file_sha256(place->content, place->len, place->digest);
	if (attr.uid != place->uid)
		return err_set(err, EPERM, "'%s' is owned by user %u, not by user %u: chown it", place->path,
			(unsigned int)attr.uid, (unsigned int)place->uid);
	return 0;
}

static void read_note(struct place *place)
{
	_cleanup_free_ char *text = NULL;
	struct file_attr attr;
	size_t len;

	if (file_read_nofollow(place->note_path, NOTE_MAX, &text, &len, &attr, NULL) < 0 || attr.uid != place->uid)
		return;
	place->note = json_loadb(text, len, 0, NULL);
}

static int look_as_user(struct place *place, struct err *err)
{
	struct stat st;
	int r;

	r = look_directory(place, err);
	if (r < 0 || !place->has_directory)
		return r;
	r = read_content(place, err);
	read_note(place);
	place->has_old = lstat(place->old, &st) == 0;
	return r;
}

int place_look(const struct step *step, struct node *node, struct place *ret, struct err *err)
{
	struct as_user as;
	int r;

	*ret = (struct place){
		.node = node,
		.shown = json_text(step->want, "path"),
		.path = path_on(node, step->want),
		.uid = (uid_t)json_number(step->want, "uid"),
		.gid = (gid_t)json_number(step->want, "gid"),
	};
	ret->old = mem_printf("%s" OLD_SUFFIX, ret->path);
	ret->note_path = mem_printf("%s" NOTE_SUFFIX, ret->path);
	ret->directory = file_parent(ret->path);
	r = as_user_enter(ret->uid, ret->gid, &as, err);
	if (r < 0)
		return r;
	r = look_as_user(ret, err);
	as_user_leave(&as);
	return r;
}

void place_done(struct place *place)
{
	if (place->content)
		explicit_bzero(place->content, place->len);
	free(place->content);
	free(place->path);
	free(place->old);
	free(place->note_path);
	free(place->directory);
	json_decref(place->config);
	json_decref(place->note);
}

int place_parse(struct place *place, struct err *err)
{
	if (place->config)
		return 0;
	if (place->content == NULL) {
		place->config = json_object();
		return 0;
	}
	return kubectl_parse(place->node, place->content, place->len, place->shown, &place->config, err);
}

static int replace(struct place *place, const char *path, const char *text, size_t len, struct err *err)
{
	return file_replace(
		path, text, len, &(struct file_attr){.mode = 0600, .uid = place->uid, .gid = place->gid}, err);
}

static int write_as_user(struct place *place, const struct str *text, const json_t *note, bool is_ours, struct err *err)
{
	_cleanup_free_ char *line = json_line(note);
	int r;

	if (!place->has_directory && mkdir(place->directory, 0750) < 0 && errno != EEXIST)
		return err_errno(err, errno, "cannot make directory '%s'", place->directory);
	/* A second name for the same inode: so it comes back with all that it is. */
	if (place->content && !is_ours && link(place->path, place->old) < 0 && errno != EEXIST)
		return err_errno(err, errno, "cannot keep '%s' as '%s'", place->path, place->old);
	r = replace(place, place->note_path, line, strlen(line), err);
	return r < 0 ? r : replace(place, place->path, str_text(text), text->len, err);
}

int place_write(struct place *place, const struct str *text, json_t *note, bool is_ours, struct err *err)
{
	struct as_user as;
	char digest[65];
	int r;

	file_sha256(str_text(text), text->len, digest);
	json_object_set_new(note, "sha256", json_string(digest));
	r = as_user_enter(place->uid, place->gid, &as, err);
	if (r < 0)
		return r;
	r = write_as_user(place, text, note, is_ours, err);
	as_user_leave(&as);
	return r;
}

int place_rewrite(struct place *place, const struct str *text, struct err *err)
{
	struct as_user as;
	int r;

	r = as_user_enter(place->uid, place->gid, &as, err);
	if (r < 0)
		return r;
	r = replace(place, place->path, str_text(text), text->len, err);
	as_user_leave(&as);
	return r;
}

static bool old_is(const struct place *place, const char *sha256)
{
	char digest[65];

	return secret_digest(place->old, digest, NULL) == 0 && str_eq(digest, sha256);
}

int place_bring_back(struct place *place, const char *sha256, struct err *err)
{
	struct as_user as;
	int r;

	r = as_user_enter(place->uid, place->gid, &as, err);
	if (r < 0)
		return r;
	if (!old_is(place, sha256))
		r = 0;
	else if (rename(place->old, place->path) < 0)
		r = err_errno(err, errno, "cannot rename '%s' to '%s'", place->old, place->path);
	else
		r = file_sync_parent(place->path, err) < 0 ? -err->code : 1;
	as_user_leave(&as);
	return r;
}

int place_forget(struct place *place, bool with_old, const char *sha256, struct err *err)
{
	struct as_user as;
	int r;

	if (!place->has_directory)
		return 0;
	r = as_user_enter(place->uid, place->gid, &as, err);
	if (r < 0)
		return r;
	path_remove_temporary(place->path);
	path_remove_temporary(place->note_path);
	if (with_old && (sha256 == NULL || old_is(place, sha256)))
		r = path_remove(place->old, err);
	if (r >= 0)
		r = path_remove(place->note_path, err);
	as_user_leave(&as);
	return r;
}

int place_remove_file(struct place *place, struct err *err)
{
	struct as_user as;
	int r;

	r = as_user_enter(place->uid, place->gid, &as, err);
	if (r < 0)
		return r;
	r = path_remove(place->path, err);
	as_user_leave(&as);
	return r;
}

void place_remove_directory(struct place *place)
{
	struct as_user as;

	if (as_user_enter(place->uid, place->gid, &as, NULL) < 0)
		return;
	rmdir(place->directory);
	as_user_leave(&as);
}
