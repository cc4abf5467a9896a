/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/kubectl.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "base/run.h"

enum {
	TIMEOUT_MS = 15000, /* above the 10 s that kubectl itself is given below */
	LINE_MAX_OCTETS = 400,
};

void kubectl_quote(const char *text, size_t max, struct str *ret)
{
	size_t i;

	for (i = 0; i < max && text[i]; i++) {
		unsigned char c = (unsigned char)text[i];

		str_add_n(ret, c < ' ' || c == 0x7f ? " " : c >= 0x80 ? "?" : text + i, 1);
	}
	if (text[i])
		str_add(ret, "...");
}

static void last_line(const char *text, struct str *ret)
{
	_cleanup_free_ char *line = NULL;
	size_t len = strlen(text), start;
	const char *said, *failed;

	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	for (start = len; start > 0 && text[start - 1] != '\n'; start--)
		;
	line = mem_strndup(text + start, len - start);
	/* Of the API server's own checks, which come in one line, those that failed are of interest. */
	failed = strstr(line, "[-]");
	said = failed ? failed : line;
	kubectl_quote(*said ? said : "no word about why", LINE_MAX_OCTETS, ret);
}

int kubectl_get(const char *kubeconfig, const char *path, struct str *ret, struct err *err)
{
	_cleanup_free_ char *with = mem_printf("--kubeconfig=%s", kubeconfig);
	const char *const argv[] = {"kubectl", with, "--request-timeout=10s", "get", "--raw", path, NULL};
	_cleanup_run_ struct run_result result = {0};
	_cleanup_str_ struct str said = STR_INIT;
	int r;

	r = run_program(&(struct run_options){.argv = argv, .timeout_ms = TIMEOUT_MS}, &result, err);
	if (r == -ENOENT)
		return err_set(err, ENOENT, "there is no program 'kubectl': install it");
	if (r < 0)
		return r;
	if (result.status != 0) {
		last_line(str_text(result.err.len ? &result.err : &result.out), &said);
		r = strstr(said.s, "(NotFound)") || strstr(said.s, "(Forbidden)") ? ENOTSUP : EIO;
		return err_set(err, r, "kubectl get --raw '%s': %s", path, said.s);
	}
	if (ret) {
		*ret = result.out;
		result.out = (struct str)STR_INIT;
	}
	return 0;
}
