/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/look.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"

enum { VERSION_TIMEOUT = 10000 }; /* ms */

bool look_exists(struct node *node, const char *path)
{
	_cleanup_free_ char *full = node_path(node, path);

	return access(full, F_OK) == 0;
}

char *look_program(struct node *node, const char *program)
{
	static const char *const directories[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = mem_printf("%s/%s", directories[i], program);
		_cleanup_free_ char *full = node_path(node, path);

		if (access(full, X_OK) == 0)
			return TAKE_PTR(path);
	}
	return NULL;
}

/* The first word that begins with "v1." and a digit: all three print it, each in a sentence of its own. */
static char *version_in(const char *text)
{
	const char *start = strstr(text, "v1.");
	size_t n = 0;

	if (start == NULL || !isdigit((unsigned char)start[3]))
		return NULL;
	while (isalnum((unsigned char)start[n]) || (start[n] != '\0' && strchr(".-+", start[n])))
		n++;
	return mem_strndup(start, n);
}

char *look_kubernetes_version(struct node *node, const char *program)
{
	_cleanup_free_ char *path = look_program(node, program);
	const char *const kubeadm[] = {path, "version", "-o", "short", NULL};
	const char *const kubelet[] = {path, "--version", NULL};
	const char *const kubectl[] = {path, "version", "--client", "-o", "yaml", NULL};
	const struct run_options options = {
		.argv = str_eq(program, "kubeadm")   ? kubeadm
			: str_eq(program, "kubelet") ? kubelet
						     : kubectl,
		.timeout_ms = VERSION_TIMEOUT,
		.root = node->root[0] ? node->root : NULL,
	};
	_cleanup_str_ struct str out = STR_INIT;
	_cleanup_err_ struct err err = ERR_INIT;

	if (path == NULL)
		return NULL;
	if (run_checked(&options, &out, &err) < 0) {
		log_warning("cannot find out the version of '%s': %s", program, err.msg);
		return NULL;
	}
	return version_in(str_text(&out));
}
