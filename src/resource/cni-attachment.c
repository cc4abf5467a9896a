/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The attachment of a namespace to a CNI network. What DEL needs (the list that ADD was done with, and its result) is
 * kept in a file of its own, written before the first plugin runs: DEL has to work when the list has changed or is
 * gone. It lies under /run, since a reboot takes the attachment away as well.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "resource/cni-exec.h"
#include "resource/kinds.h"
#include "resource/node.h"
#include "resource/ops.h"

#define RECORDS "/run/lazyjack/cni-results"

enum { RECORD_MAX = 1 << 20 };

struct step step_cni_attachment(const char *netns, const char *container_id, const char *conflist_path)
{
	return step_make(&cni_attachment_ops,
		json_make("{s:s,s:s,s:s}", "netns", netns, "container_id", container_id, "conflist", conflist_path));
}

static void what(const json_t *want, struct str *ret)
{
	str_add(ret, json_text(want, "container_id"));
}

static void describe(const json_t *want, struct str *ret)
{
	str_addf(ret, "CNI ADD %s netns /run/netns/%s (every plugin of %s)", json_text(want, "container_id"),
		json_text(want, "netns"), json_text(want, "conflist"));
}

static char *record_path(const struct node *node, const json_t *want)
{
	_cleanup_free_ char *path = mem_printf(RECORDS "/%s.json", json_text(want, "container_id"));

	return node_path(node, path);
}

/* The record {"list": …, "result": …} of an attachment; 0 and NULL when there is none, or none that can be read. */
static int read_record(const struct node *node, const json_t *want, json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = record_path(node, want);
	_cleanup_free_ char *text = NULL;
	_cleanup_err_ struct err here = ERR_INIT;
	size_t len;
	int r;

	*ret = NULL;
	r = file_read_nofollow(path, RECORD_MAX, &text, &len, NULL, &here);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_set(err, here.code, "%s", here.msg);
	*ret = json_loadb(text, len, 0, NULL);
	return 0;
}

static int write_record(const struct node *node, const json_t *want, json_t *list, json_t *result, struct err *err)
{
	static const struct file_attr attr = {.mode = 0600};
	_cleanup_json_ json_t *record = json_make("{s:O,s:O?}", "list", list, "result", result);
	_cleanup_free_ char *line = json_line(record), *path = record_path(node, want), *directory = file_parent(path);
	int r;

	r = file_make_directories(directory, 0700, err);
	return r < 0 ? r : file_replace(path, line, strlen(line), &attr, err);
}

/* Look for the interface; 0 also when there is no such namespace (any more). */
static int look_for_interface(void *user, struct err *err)
{
	bool *there = user;

	*there = if_nametoindex(CNI_INTERFACE) != 0;
	return 0;
}

/* The uppermost directory that apply will have to make, for revert to remove it; JSON null: none. */
static json_t *missing_directory(const struct node *node)
{
	_cleanup_free_ char *directory = node_path(node, RECORDS), *parent = file_parent(directory);
	struct stat st;

	if (stat(directory, &st) == 0)
		return json_null();
	return json_make("{s:b}", "parent", stat(parent, &st) < 0);
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_json_ json_t *record = NULL;
	_cleanup_err_ struct err here = ERR_INIT;
	bool there = false;
	int r;

	r = node_in_netns(node, json_text(step->want, "netns"), look_for_interface, &there, &here);
	if (r < 0 && r != -ENOENT)
		return err_set(err, here.code, "%s", here.msg);
	r = read_record(node, step->want, &record, err);
	if (r < 0)
		return r;
	if (there && record == NULL && !ours)
		return err_set(err, EEXIST, "namespace '%s' has an interface '%s' already: use another namespace",
			json_text(step->want, "netns"), CNI_INTERFACE);
	if (ret_undo)
		*ret_undo = missing_directory(node);
	if (there && json_is_object(json_object_get(record, "result")))
		return STEP_IN_PLACE;
	if (!there && record == NULL)
		return STEP_MISSING;
	if (ret_detail)
		str_addf(ret_detail,
			there ? "interface '%s' is there, but not the result of the plugins"
			      : "interface '%s' is gone from the namespace",
			CNI_INTERFACE);
	return STEP_DRIFTED;
}

/* Runtimes hand over an empty list as well, when a pod has no ports of its node. */
static json_t *no_ports(void)
{
	return json_make("{s:[]}", "portMappings");
}

static int detach(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *path = record_path(node, step->want), *netns = NULL, *in_run = NULL;
	_cleanup_json_ json_t *record = NULL, *capabilities = no_ports();
	_cleanup_err_ struct err here = ERR_INIT;
	const json_t *result;
	int r;

	r = read_record(node, step->want, &record, err);
	if (r < 0)
		return r;
	in_run = mem_printf("/run/netns/%s", json_text(step->want, "netns"));
	netns = node_path(node, in_run);
	result = json_object_get(record, "result");
	/* A namespace that is gone took the interface along; DEL still returns the leased addresses (specification,
	 * DEL). */
	if (record)
		r = cni_del(json_object_get(record, "list"),
			&(struct cni_call){.container_id = json_text(step->want, "container_id"),
				.netns = access(netns, F_OK) == 0 ? netns : "",
				.capabilities = capabilities},
			json_is_object(result) ? result : NULL, &here);
	/* What made ADD fail makes DEL fail as well, for ever; the interface goes with its namespace anyway. */
	if (r < 0 && !json_is_object(result)) {
		log_info("cleaning up after CNI plugins that had failed: %s", here.msg);
		r = 0;
	}
	if (r < 0)
		return err_set(err, here.code, "%s", here.msg);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(err, errno, "cannot remove '%s'", path);
	return 0;
}

static int read_list(const struct node *node, const json_t *want, json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = node_path(node, json_text(want, "conflist"));
	_cleanup_free_ char *text = NULL;
	_cleanup_json_ json_t *list = NULL;
	json_error_t error;
	size_t len;
	int r;

	r = file_read(path, RECORD_MAX, &text, &len, NULL, err);
	if (r == -ENOENT)
		return err_wrap(err, "there is no CNI configuration: run 'lazyjack up' first");
	if (r < 0)
		return r;
	list = json_loadb(text, len, 0, &error);
	if (list == NULL)
		return err_set(err, EINVAL, "'%s' line %d: %s", path, error.line, error.text);
	r = cni_check(list, err);
	if (r < 0)
		return err_wrap(err, "'%s'", path);
	*ret = TAKE_PTR(list);
	return 0;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *in_run = mem_printf("/run/netns/%s", json_text(step->want, "netns"));
	_cleanup_free_ char *netns = node_path(node, in_run);
	_cleanup_json_ json_t *list = NULL, *result = NULL, *capabilities = no_ports();
	struct cni_call call = {
		.container_id = json_text(step->want, "container_id"), .netns = netns, .capabilities = capabilities};
	int r;

	r = read_list(node, step->want, &list, err);
	if (r == 0)
		r = detach(step, node, err);
	if (r == 0)
		r = write_record(node, step->want, list, NULL, err);
	if (r == 0)
		r = cni_add(list, &call, &result, err);
	return r < 0 ? r : write_record(node, step->want, list, result, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *directory = node_path(node, RECORDS), *parent = file_parent(directory);
	int r;

	r = detach(step, node, err);
	if (r < 0 || !json_is_object(undo))
		return r;
	/* Others may have come in meanwhile; then the directories are theirs. */
	if (rmdir(directory) == 0 && json_flag(undo, "parent"))
		rmdir(parent);
	return 0;
}

const struct step_ops cni_attachment_ops = {
	.kind = "cni-attachment",
	.reverts_drifted = true,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
