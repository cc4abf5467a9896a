/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects of a manifest in the cluster whose control plane is on this node, brought there and taken away by kubectl.
 *
 * The file's digest is part of the wish, so that an edited file is applied anew; what the objects became since is the
 * cluster's business, and only looked at for being there. On the way down the cluster may be gone, or go right after:
 * removal is tried, so that the objects' own programs can clean up behind themselves, and never stands in the way.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "resource/kinds.h"
#include "resource/kubeconfig-kubectl.h"
#include "resource/node.h"
#include "resource/ops.h"

#define ADMIN_CONF "/etc/kubernetes/admin.conf"
#define HOME_DIRECTORY "/run/lazyjack-kubectl" /* kubectl keeps what it learned of an API server in ~/.kube */

enum {
	LOOK_MS = 20000,
	APPLY_MS = 60000, /* for one attempt; large manifests have hundreds of objects */
	TRY_MS = 90000,	  /* for all: objects of a kind that the manifest itself defines fail at first */
	PAUSE_MS = 1000,
	REMOVE_MS = 45000, /* above kubectl's own 30 s below */
	WORDS_MAX = 400,   /* octets of what a message quotes */
};

struct step step_manifest(const char *path, const char *sha256)
{
	return step_make(&manifest_ops, json_make("{s:s,s:s}", "path", path, "sha256", sha256));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "path"));
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "kubectl --kubeconfig=" ADMIN_CONF " apply -f %s", json_text(want, "path"));
}

static bool is_there(const struct node *node, const char *path)
{
	_cleanup_free_ char *real = node_path(node, path);
	struct stat st;

	return stat(real, &st) == 0;
}

/* The first line of an error, of bounded length and without what a terminal would take for more than text. */
static void first_line(const struct run_result *result, struct str *ret)
{
	const char *text = str_text(result->err.len ? &result->err : &result->out);
	size_t n = strcspn(text, "\n"), i;

	for (i = 0; i < n && i < WORDS_MAX; i++)
		str_add_n(ret, (unsigned char)text[i] < ' ' || text[i] == 0x7f ? " " : text + i, 1);
	if (n == 0)
		str_addf(ret, "status %d", result->status);
}

static int run_kubectl(
	const struct node *node, const char *const *argv, int timeout_ms, struct run_result *ret, struct err *err)
{
	_cleanup_free_ char *home = node_path(node, HOME_DIRECTORY), *variable = mem_printf("HOME=%s", home);
	const char *const environment[] = {variable, NULL};
	int r;

	/* What a killed run left. */
	r = file_remove_tree(home, err);
	if (r >= 0)
		r = file_make_directories(home, 0700, err);
	if (r >= 0)
		r = run_program(
			&(struct run_options){.argv = argv, .environment = environment, .timeout_ms = timeout_ms}, ret,
			err);
	(void)file_remove_tree(home, NULL);
	return r;
}

/*
 * `kubectl VERB -f FILE` and up to three more words. -EIO when it fails, with its words in `*err`; -ENOENT and so on
 * when it could not be run.
 */
static int kubectl(
	const struct node *node, const json_t *want, const char *const *words, int timeout_ms, struct err *err)
{
	_cleanup_free_ char *admin = node_path(node, ADMIN_CONF), *file = node_path(node, json_text(want, "path"));
	_cleanup_free_ char *with = mem_printf("--kubeconfig=%s", admin);
	_cleanup_free_ char *program = kubectl_find(node);
	const char *argv[9] = {program, with, words[0], "-f", file};
	_cleanup_run_ struct run_result result = {0};
	_cleanup_str_ struct str said = STR_INIT;
	size_t i;
	int r;

	if (program == NULL)
		return err_set(err, ENOENT, "there is no program 'kubectl': install it");
	for (i = 1; words[i] && i + 5 < ARRAY_SIZE(argv); i++)
		argv[i + 4] = words[i];
	r = run_kubectl(node, argv, timeout_ms, &result, err);
	if (r < 0 || result.status == 0)
		return r;
	first_line(&result, &said);
	return err_set(err, EIO, "'kubectl %s -f %s': %s", words[0], json_text(want, "path"), str_text(&said));
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	static const char *const words[] = {"get", "--output=name", "--request-timeout=10s", NULL};
	_cleanup_err_ struct err reason = ERR_INIT;

	if (ret_undo)
		*ret_undo = json_null();
	if (!is_there(node, ADMIN_CONF))
		return STEP_MISSING;
	if (kubectl(node, step->want, words, LOOK_MS, &reason) == 0)
		return STEP_IN_PLACE;
	if (!ours)
		return STEP_MISSING;
	if (ret_detail)
		str_add(ret_detail, reason.msg);
	return STEP_DRIFTED;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	static const char *const words[] = {"apply", NULL};
	int64_t deadline = clock_ms() + TRY_MS;
	int r;

	for (;;) {
		_cleanup_err_ struct err reason = ERR_INIT;

		r = kubectl(node, step->want, words, APPLY_MS, &reason);
		if (r == 0)
			return 0;
		if (r != -EIO || clock_left(deadline) == 0)
			return err_set(err, -r, "%s", reason.msg);
		if (run_interrupted())
			return err_set(err, EINTR, "interrupted by a signal");
		clock_pause(PAUSE_MS);
	}
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	static const char *const words[] = {"delete", "--ignore-not-found=true", "--timeout=30s", NULL};
	_cleanup_err_ struct err reason = ERR_INIT;
	int r;

	if (!is_there(node, ADMIN_CONF) || !is_there(node, json_text(step->want, "path")))
		return 0;
	r = kubectl(node, step->want, words, REMOVE_MS, &reason);
	if (r == -EINTR)
		return err_set(err, EINTR, "%s", reason.msg);
	if (r < 0)
		node_say(node, "the plugin's objects are left to go with the cluster: %s", reason.msg);
	return 0;
}

const struct step_ops manifest_ops = {
	.kind = "manifest",
	.may_be_shared = true,
	.reverts_drifted = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
