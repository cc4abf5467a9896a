/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Membership in a cluster, brought about by `kubeadm init` or `kubeadm join` and ended by `kubeadm reset`.
 *
 * kubeadm cannot go on where it was interrupted, so an unfinished run of lazyjack's own is reset and begun anew. Two
 * notes tell whose the files of a cluster on this node are: one made before kubeadm is first run ("begun", beside its
 * log), and one made when it has succeeded, in the kubelet's directory, which every reset empties. A reset may be cut
 * short, too, so the first note is made again before it. Files without either note are someone else's cluster, and
 * nothing here touches them.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "resource/kinds.h"
#include "resource/kubeadm-aside.h"
#include "resource/kubeadm-files.h"
#include "resource/kubeadm-run.h"
#include "resource/ops.h"
#include "resource/unit-bus.h"

#define BEGUN_NOTE "begun"

enum {
	RETRY_MS = 4000,
	FORGET_MS = 90000,
	NOTE_MAX = 4 << 20,
};

static json_t *json_if(bool set)
{
	return set ? json_true() : NULL;
}

struct step step_kubeadm(const struct step_kubeadm *kubeadm)
{
	return step_make(&kubeadm_ops,
		json_make("{s:s, s:s, s:s*, s:s, s:s*, s:s*, s:s*, s:s, s:i, s:o*, s:o*}", "action", kubeadm->action,
			"config", kubeadm->config, "socket", kubeadm->socket, "address", kubeadm->address, "server",
			kubeadm->server, "master", kubeadm->master, "certs", kubeadm->certs, "directory",
			kubeadm->directory, "timeout", (int)kubeadm->timeout, "control-plane",
			json_if(kubeadm->control_plane), "upload-certs", json_if(kubeadm->upload_certs)));
}

static void what(const json_t *want, struct str *ret)
{
	str_addf(ret, "%s%s", json_text(want, "action"), json_flag(want, "control-plane") ? " --control-plane" : "");
}

static void describe(const json_t *want, struct str *ret)
{
	if (json_text(want, "certs"))
		str_addf(ret, "cp %s/ca.crt %s/ca.key /etc/kubernetes/pki/ && ", json_text(want, "certs"),
			json_text(want, "certs"));
	str_addf(ret, "kubeadm %s --config=%s%s", json_text(want, "action"), json_text(want, "config"),
		json_flag(want, "upload-certs") ? " --upload-certs" : "");
}

static char *begun_path(const struct node *node, const json_t *want)
{
	_cleanup_free_ char *path = mem_printf("%s/" BEGUN_NOTE, json_text(want, "directory"));

	return node_path(node, path);
}

static bool is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool is_begun(const struct node *node, const json_t *want)
{
	_cleanup_free_ char *path = begun_path(node, want);

	return is_there(path);
}

/* With both notes a reset of a whole member was cut short. */
static bool is_done(const struct node *node, const json_t *want)
{
	return kubeadm_files_noted(node) && !is_begun(node, want);
}

static int refuse_others(const char *found, struct err *err)
{
	return err_set(err, EEXIST,
		"'%s' is there: this node belongs to a cluster that lazyjack did not make; 'kubeadm reset' there "
		"first, "
		"if "
		"it may go",
		found);
}

/* Before the first change nothing may be there that `kubeadm reset` would take away later. */
static int inspect_first(struct node *node, json_t **ret_undo, struct err *err)
{
	_cleanup_free_ char *member = kubeadm_files_member(node), *endangered = kubeadm_files_endangered(node);
	struct unit_state unit = {.active = ""};

	if (member)
		return refuse_others(member, err);
	if (endangered)
		return err_set(err, EEXIST,
			"'%s' is there, and 'kubeadm reset' would remove it on the way back: move it away first",
			endangered);
	(void)unit_bus_state(node, KUBELET_UNIT, &unit, NULL);
	if (ret_undo)
		*ret_undo = json_make("{s:o,s:o,s:b}", "absent", kubeadm_files_absent(node), "others",
			kubeadm_aside_find(node), "running",
			unit_is_active(&unit) || str_eq(unit.active, "activating"));
	return STEP_MISSING;
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_free_ char *member = kubeadm_files_member(node);
	struct unit_state unit;
	int r;

	if (!ours)
		return inspect_first(node, ret_undo, err);
	if (ret_undo)
		*ret_undo = json_null();
	if (member == NULL) {
		if (ret_detail)
			str_add(ret_detail, "this node is no member of a cluster any more");
		return STEP_DRIFTED;
	}
	if (!is_done(node, step->want)) {
		if (ret_detail)
			str_addf(ret_detail,
				is_begun(node, step->want) ? "kubeadm did not come to its end"
							   : "'%s' is of a cluster that lazyjack did not make",
				member);
		return is_begun(node, step->want) ? STEP_DRIFTED : STEP_MISSING;
	}
	r = unit_bus_state(node, KUBELET_UNIT, &unit, err);
	if (r < 0)
		return r;
	if (unit_is_active(&unit))
		return STEP_IN_PLACE;
	if (ret_detail)
		str_addf(ret_detail, "'%s' does not run (%s)", KUBELET_UNIT, unit.active);
	return STEP_DRIFTED;
}

/* It says what is others', since a reset within `up` has no undo at hand. */
static int make_begun_note(const char *path, const json_t *others, struct err *err)
{
	_cleanup_free_ char *text = others ? json_line(others) : mem_strdup("[]");
	const struct file_attr attr = {.mode = 0600};

	return file_replace(path, text, strlen(text), &attr, err);
}

static json_t *read_begun_note(const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	return file_read_nofollow(path, NOTE_MAX, &text, &len, NULL, NULL) == 0 ? json_loadb(text, len, 0, NULL) : NULL;
}

static int make_done_note(const struct node *node, const json_t *want, struct err *err)
{
	_cleanup_free_ char *begun = begun_path(node, want);
	int r = kubeadm_files_note(node, want, err);

	if (r == 0 && unlink(begun) < 0 && errno != ENOENT)
		r = err_errno(err, errno, "cannot remove '%s'", begun);
	return r;
}

static bool pause_until(int64_t until)
{
	while (clock_left(until) > 0 && !run_interrupted())
		clock_pause(100);
	return !run_interrupted();
}

/*
 * A node that left a moment ago, or whose last run was killed, is Ready for the cluster until its lease has run out (40
 * s by default), and kubeadm refuses to join another one under its name.
 */
static int join_cluster(const json_t *want, struct node *node, const json_t *others, struct err *err)
{
	int64_t deadline = clock_ms() + json_number(want, "timeout") * 1000;
	int64_t until = deadline;
	bool told = false;
	int r;

	while ((r = kubeadm_run(want, node, deadline, err)) == -EAGAIN && clock_left(until) > 0) {
		if (!told)
			node_say(node, "the cluster takes an earlier member of this name for alive: waiting until it "
				       "has noticed, less "
				       "than a minute");
		/* Any longer, and it is another machine of the same name, which is alive. */
		if (!told && clock_left(deadline) > FORGET_MS)
			until = clock_ms() + FORGET_MS;
		told = true;
		r = kubeadm_reset(want, node, others, err);
		if (r < 0)
			return r;
		if (!pause_until(clock_ms() + RETRY_MS))
			return err_set(err, EINTR, "interrupted by a signal");
	}
	return r;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_free_ char *member = kubeadm_files_member(node), *begun = begun_path(node, step->want);
	_cleanup_json_ json_t *others = NULL;
	int r = 0;

	if (member && is_done(node, step->want))
		return unit_bus_job(node, UNIT_START, KUBELET_UNIT, err);
	if (member && !is_there(begun))
		return refuse_others(member, err);
	if (is_there(begun)) {
		node_say(node, "an earlier run of kubeadm did not come to its end: it is reset first");
		others = read_begun_note(begun);
		r = kubeadm_reset(step->want, node, others, err);
	} else {
		others = kubeadm_aside_find(node);
		r = make_begun_note(begun, others, err);
		if (r == -ENOENT)
			return err_set(err, ENOENT, "'%s' is missing: run 'lazyjack prepare' again",
				json_text(step->want, "directory"));
	}
	if (r == 0)
		r = join_cluster(step->want, node, others, err);
	return r < 0 ? r : make_done_note(node, step->want, err);
}

/* Whatever is left of the membership when this is cut short, the next run finds the note and goes on. */
static int reset_noted(const json_t *want, struct node *node, const json_t *others, struct err *err)
{
	_cleanup_free_ char *begun = begun_path(node, want), *directory = file_parent(begun);
	int r = 0;

	if (!is_there(begun))
		r = file_make_directories(directory, 0700, err);
	if (r >= 0 && !is_there(begun))
		r = make_begun_note(begun, others, err);
	return r < 0 ? r : kubeadm_reset(want, node, others, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_free_ char *member = kubeadm_files_member(node), *begun = begun_path(node, step->want);
	bool ours = kubeadm_files_noted(node) || is_there(begun);
	int r = 0;

	if (member && !ours) {
		node_say(node, "'%s' is of a cluster that lazyjack did not make: it is left", member);
		return 0;
	}
	if (ours)
		r = reset_noted(step->want, node, json_object_get(undo, "others"), err);
	if (r == 0)
		r = kubeadm_files_remove(node, json_object_get(undo, "absent"), err);
	/* kubeadm stops it; one that was trying to start, as packages leave it, goes on trying. */
	if (r == 0 && json_flag(undo, "running"))
		r = unit_bus_job(node, UNIT_START, KUBELET_UNIT, err);
	if (r == 0 && unlink(begun) < 0 && errno != ENOENT)
		r = err_errno(err, errno, "cannot remove '%s'", begun);
	return r;
}

/* A member's certificates, runtime and patience are those it was made with. */
static bool as_good(const json_t *recorded, const json_t *wanted)
{
	static const char *const keys[] = {"action", "config", "address", "server", "directory"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (!str_eq(json_text(recorded, keys[i]), json_text(wanted, keys[i])))
			return false;
	return true;
}

const struct step_ops kubeadm_ops = {
	.kind = "kubeadm",
	.reverts_drifted = true,
	.as_good = as_good,
	.what = what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
