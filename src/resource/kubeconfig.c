/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cluster in a user's own kubeconfig. The content is secret and so in no journal; what revert needs lies beside the
 * file (kubeconfig.h). The file belongs to a user who works with it: his choice of a context and of a namespace is no
 * drift, and when he changed anything else, revert takes out lazyjack's entries alone.
 */
#include "resource/kubeconfig.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/kinds.h"
#include "resource/kubeconfig-entries.h"
#include "resource/kubeconfig-kubectl.h"
#include "resource/ops.h"
#include "resource/path.h"

/* The kubeconfig whose cluster is added, as JSON text, and the note about its entries. */
struct source {
	struct str text;
	json_t *note;
	const char *context;
};

static void source_done(struct source *source)
{
	str_wipe(&source->text);
	json_decref(source->note);
}

#define _cleanup_source_ __attribute__((cleanup(source_done)))

static int source_read(const struct step *step, struct node *node, struct source *ret, struct err *err)
{
	const char *path = json_text(step->want, "source");
	_cleanup_json_ json_t *config = NULL;
	int r;

	r = kubectl_export(node, path, &ret->text, err);
	if (r < 0)
		return r;
	config = json_loadb(str_text(&ret->text), ret->text.len, 0, NULL);
	r = entries_note(config, &ret->note, err);
	if (r < 0)
		return err_wrap(err, "'%s' cannot be added to a kubeconfig", path);
	ret->context = entry_name(ret->note, ENTRY_CONTEXT);
	return 0;
}

struct step step_kubeconfig(const char *path, const char *source, uid_t uid, gid_t gid)
{
	return step_make(&kubeconfig_ops, json_make("{s:s,s:s,s:I,s:I}", "path", path, "source", source, "uid",
						  (json_int_t)uid, "gid", (json_int_t)gid));
}

static void describe(const json_t *want, struct str *ret)
{
	const char *path = json_text(want, "path");

	str_addf(ret, "KUBECONFIG=%s:%s kubectl config view --raw > %s.new && mv %s.new %s", json_text(want, "source"),
		path, path, path, path);
}

/* True when the entry there is one that lazyjack wrote, now or before the source changed. */
static bool is_ours(const struct place *place, enum entry_kind kind, const char *name)
{
	const json_t *notes[] = {place->note, json_object_get(place->note, "previous")};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(notes); i++) {
		bool same = false;

		if (str_eq(entry_name(notes[i], kind), name) && entry_there(place->config, notes[i], kind, &same) &&
			same)
			return true;
	}
	return false;
}

/* Somebody's entries of the same names are never written over. */
static int check_names(const struct place *place, const struct source *source, struct err *err)
{
	int i;

	for (i = 0; i < ENTRY_KINDS; i++) {
		enum entry_kind kind = (enum entry_kind)i;
		const char *name = entry_name(source->note, kind);
		bool same = false;

		if (!entry_there(place->config, source->note, kind, &same) || same || is_ours(place, kind, name))
			continue;
		return err_set(err, EEXIST,
			"'%s' has another %s '%s' already: rename that one in it, or remove it with 'kubectl config %s "
			"%s'",
			place->shown, entry_kind_name(kind), name,
			kind == ENTRY_CONTEXT	? "delete-context"
			: kind == ENTRY_CLUSTER ? "delete-cluster"
						: "delete-user",
			name);
	}
	return 0;
}

/* Before lazyjack wrote anything there. */
static int inspect_first(struct place *place, const struct source *source, struct err *err)
{
	int r;

	if (place->has_old)
		return err_set(err, EEXIST, "'%s' is in the way: an earlier file would be kept there; move it away",
			place->old);
	r = place_parse(place, err);
	if (r < 0 || source->note == NULL)
		return r < 0 ? r : STEP_MISSING;
	r = check_names(place, source, err);
	if (r < 0)
		return r;
	return entries_there(place->config, source->note, NULL) &&
			       str_eq(json_text(place->config, "current-context"), source->context)
		       ? STEP_IN_PLACE
		       : STEP_MISSING;
}

/* The source may be gone: then what the note tells is expected. */
static int inspect_again(struct place *place, const struct source *source, struct str *ret_detail)
{
	const json_t *expected = source->note ? source->note : place->note;
	_cleanup_err_ struct err err = ERR_INIT;
	_cleanup_str_ struct str detail = STR_INIT;

	if (expected == NULL)
		return STEP_MISSING;
	if (place->content == NULL)
		str_add(&detail, "the file is gone");
	else if (str_eq(place->digest, json_text(place->note, "sha256")) && entries_equal(expected, place->note))
		return STEP_IN_PLACE;
	else if (place_parse(place, &err) < 0)
		str_add(&detail, err.msg);
	else if (entries_there(place->config, expected, &detail))
		return STEP_IN_PLACE;
	/* With nothing of ours beside it there is nothing to tidy up. */
	if (place->note == NULL && !place->has_old)
		return STEP_MISSING;
	if (ret_detail)
		str_add(ret_detail, str_text(&detail));
	return STEP_DRIFTED;
}

static json_t *make_undo(const struct place *place)
{
	const char *context = json_text(place->config, "current-context");

	return json_make("{s:b,s:s?,s:s?}", "directory", !place->has_directory, "sha256",
		place->content ? place->digest : NULL, "context", context && *context ? context : NULL);
}

static int inspect(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
	struct err *err)
{
	_cleanup_place_ struct place place = {0};
	_cleanup_source_ struct source source = {0};
	_cleanup_err_ struct err unseen = ERR_INIT;
	int r;

	r = place_look(step, node, &place, err);
	if (r < 0)
		return r;
	r = source_read(step, node, &source, &unseen);
	if (r < 0 && r != -ENOENT && !ours)
		return err_set(err, -r, "%s", unseen.msg);
	r = ours ? inspect_again(&place, &source, ret_detail) : inspect_first(&place, &source, err);
	if (r >= 0 && ret_undo)
		*ret_undo = make_undo(&place);
	return r;
}

static void copy_done(struct kubectl_copy *copy)
{
	kubectl_copy_done(copy);
}

#define _cleanup_copy_ __attribute__((cleanup(copy_done)))

/* Take our entries out of the copy; those that somebody changed are left, and named. */
static int take_out(struct place *place, struct kubectl_copy *copy, struct str *ret_left, struct err *err)
{
	int i, r = 0;

	for (i = 0; i < ENTRY_KINDS && r == 0; i++) {
		enum entry_kind kind = (enum entry_kind)i;
		const char *name = entry_name(place->note, kind);
		bool same;

		if (is_ours(place, kind, name))
			r = kubectl_delete(copy, entry_list(kind), name, err);
		else if (entry_there(place->config, place->note, kind, &same))
			str_addf(ret_left, "%s%s '%s'", ret_left->len ? ", " : "", entry_kind_name(kind), name);
	}
	return r;
}

/* What has our names is ours (check_names): it goes first, since kubectl would merge old and new field by field. */
static int merge(struct place *place, const struct source *source, struct str *ret, struct err *err)
{
	_cleanup_copy_ struct kubectl_copy copy = {0};
	_cleanup_str_ struct str left = STR_INIT;
	int r;

	r = kubectl_copy_make(place->node, place->shown, place->content ? place->content : "", place->len, &copy, err);
	if (r == 0 && place->note)
		r = take_out(place, &copy, &left, err);
	return r < 0 ? r : kubectl_merge(&copy, &source->text, ret, err);
}

static json_t *entries_only(const json_t *note)
{
	json_t *copy = json_object();
	int kind;

	for (kind = 0; kind < ENTRY_KINDS; kind++)
		json_object_set(copy, entry_list((enum entry_kind)kind),
			json_object_get(note, entry_list((enum entry_kind)kind)));
	return copy;
}

static int apply(const struct step *step, struct node *node, struct err *err)
{
	_cleanup_place_ struct place place = {0};
	_cleanup_source_ struct source source = {0};
	_cleanup_json_ json_t *note = NULL;
	struct str text = STR_INIT;
	const json_t *previous;
	int r;

	r = source_read(step, node, &source, err);
	if (r == 0)
		r = place_look(step, node, &place, err);
	if (r == 0)
		r = place_parse(&place, err);
	if (r == 0)
		r = check_names(&place, &source, err);
	if (r == 0)
		r = merge(&place, &source, &text, err);
	if (r < 0)
		return r;
	/* What this one replaces is ours as well until it is written. */
	note = json_incref(source.note);
	previous = entries_equal(place.note, note) ? json_object_get(place.note, "previous") : place.note;
	if (previous)
		json_object_set_new(note, "previous", entries_only(previous));
	r = place_write(&place, &text, note, str_eq(place.digest, json_text(place.note, "sha256")), err);
	str_wipe(&text);
	return r;
}

/* The context that was current before comes back only when ours still is. */
static int settle_context(struct place *place, struct kubectl_copy *copy, const json_t *undo, struct err *err)
{
	const char *ours = entry_name(place->note, ENTRY_CONTEXT), *before = json_text(undo, "context");

	if (!str_eq(json_text(place->config, "current-context"), ours) || !is_ours(place, ENTRY_CONTEXT, ours))
		return 0;
	return kubectl_use_context(copy, entries_has_context(place->config, before) ? before : NULL, err);
}

/* Parsed again, since deleting by name is kubectl's and its versions' way with odd names is not ours to trust. */
static int write_rest(struct place *place, const struct str *rest, const json_t *undo, struct err *err)
{
	_cleanup_json_ json_t *config = NULL;
	int r;

	r = kubectl_parse(place->node, str_text(rest), rest->len, place->shown, &config, err);
	if (r < 0)
		return r;
	json_decref(place->config);
	place->config = TAKE_PTR(config);
	if (is_ours(place, ENTRY_USER, entry_name(place->note, ENTRY_USER)))
		return err_set(err, EIO, "kubectl left user '%s' in '%s': remove it with 'kubectl config delete-user'",
			entry_name(place->note, ENTRY_USER), place->shown);
	if (json_text(undo, "sha256") == NULL && entries_none(place->config))
		return place_remove_file(place, err);
	return place_rewrite(place, rest, err);
}

static int take_out_of_file(struct place *place, const json_t *undo, struct err *err)
{
	_cleanup_copy_ struct kubectl_copy copy = {0};
	_cleanup_str_ struct str left = STR_INIT;
	struct str rest = STR_INIT;
	int r;

	r = kubectl_copy_make(place->node, place->shown, place->content, place->len, &copy, err);
	if (r == 0)
		r = take_out(place, &copy, &left, err);
	if (r == 0)
		r = settle_context(place, &copy, undo, err);
	if (r == 0)
		r = kubectl_copy_text(&copy, &rest, err);
	if (r == 0)
		r = write_rest(place, &rest, undo, err);
	str_wipe(&rest);
	if (r < 0)
		return r;
	node_say(place->node, "'%s' was changed since: only what lazyjack added is taken out", place->shown);
	if (left.len)
		node_say(place->node, "left in '%s', since you changed it: %s", place->shown, left.s);
	return 0;
}

/* The user's file is in no state to be put back or edited: what is kept beside it may be all he has. */
static int leave(struct place *place, const char *why)
{
	if (place->has_old)
		node_say(place->node, "'%s' %s: the file from before is left as '%s'", place->shown, why, place->old);
	else
		node_say(place->node, "'%s' %s: it is left", place->shown, why);
	return 1;
}

/* Returns 1 when PATH.lazyjack-old has to stay. */
static int revert_file(struct place *place, const json_t *undo, struct err *err)
{
	const char *before = json_text(undo, "sha256");
	_cleanup_err_ struct err unread = ERR_INIT;
	int r;

	if (place->content == NULL)
		return before ? leave(place, "was removed") : 0;
	if (str_eq(place->digest, before) || place->note == NULL)
		return 0;
	if (str_eq(place->digest, json_text(place->note, "sha256"))) {
		r = before ? place_bring_back(place, before, err) : place_remove_file(place, err);
		if (r < 0 || r == 1 || before == NULL)
			return r < 0 ? r : 0;
	}
	if (place_parse(place, &unread) == -EINVAL)
		return leave(place, "is no kubeconfig any more");
	return unread.code ? err_set(err, unread.code, "%s", unread.msg) : take_out_of_file(place, undo, err);
}

static int revert(const struct step *step, struct node *node, const json_t *undo, struct err *err)
{
	_cleanup_place_ struct place place = {0};
	int r;

	r = place_look(step, node, &place, err);
	if (r < 0)
		return r;
	r = revert_file(&place, undo, err);
	if (r < 0)
		return r;
	r = place_forget(&place, r == 0, json_text(undo, "sha256"), err);
	if (r >= 0 && json_flag(undo, "directory"))
		place_remove_directory(&place);
	return r < 0 ? r : 0;
}

const struct step_ops kubeconfig_ops = {
	.kind = "kubeconfig",
	.may_be_shared = true,
	.reverts_drifted = true,
	.what = path_what,
	.describe = describe,
	.inspect = inspect,
	.apply = apply,
	.revert = revert,
};
