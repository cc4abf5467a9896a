/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/secret.h"

#include <errno.h>
#include <string.h>

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
