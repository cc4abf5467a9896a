/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

void secret_take(struct step *step, const char *content, size_t len)
{
	step->secret = mem_new(len + 1, 1);
	memcpy(step->secret, content, len);
	step->secret_len = len;
}

int secret_need(const struct step *step, struct err *err)
{
	return step->secret ? 0
			    : err_set(err, ENOKEY,
				      "the content of '%s' is a secret that no journal holds: run the command "
				      "that made it again",
				      json_text(step->want, "path"));
}

int secret_digest(const char *path, char ret[65], struct err *err)
{
	char *content;
	size_t len;
	int r;

	r = file_read_nofollow(path, SECRET_MAX, &content, &len, NULL, err);
	if (r < 0)
		return r;
	file_sha256(content, len, ret);
	explicit_bzero(content, len);
	free(content);
	return 0;
}

int secret_matches(const json_t *want, const char *path, struct err *err)
{
	char digest[65];
	int r;

	r = secret_digest(path, digest, err);
	return r < 0 ? r : str_eq(digest, json_text(want, "sha256"));
}

void secret_describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "install -m 0600 /dev/stdin %s", json_text(want, "path"));
}

int secret_refuse(const char *path, const struct stat *st, struct err *err)
{
	if (S_ISLNK(st->st_mode))
		return err_set(
			err, ELOOP, "'%s' is a symbolic link where a secret has to be written: remove the link", path);
	if (!S_ISREG(st->st_mode))
		return err_set(err, EEXIST, "'%s' is %s where a secret has to be written: remove it", path,
			file_type_name(st->st_mode));
	if (st->st_uid != 0)
		return err_set(err, EPERM, "'%s' is owned by user %u where root's secret has to be written: remove it",
			path, (unsigned int)st->st_uid);
	if (st->st_nlink > 1)
		return err_set(err, EMLINK, "'%s' has %lu names where a secret has to be written: remove it", path,
			(unsigned long)st->st_nlink);
	return 0;
}

int secret_compare(const json_t *want, const char *path, const struct stat *st, struct str *ret_detail, struct err *err)
{
	int r = secret_matches(want, path, err);

	if (r < 0)
		return r;
	if (r == 1 && (st->st_mode & 07777) == 0600 && st->st_gid == 0)
		return STEP_IN_PLACE;
	if (ret_detail && r == 0)
		str_add(ret_detail, "the content differs");
	else if (ret_detail)
		str_addf(ret_detail, "the mode is %04o", (unsigned int)st->st_mode & 07777);
	return STEP_DRIFTED;
}
