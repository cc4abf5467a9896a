/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/engine.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "engine/internal.h"

/* A step that inspect found to differ, waiting for its record and its turn. */
struct candidate {
	const struct step *step;
	json_t *undo;
	bool edited;	    /* somebody edited what is there: his version is kept */
	bool kept;	    /* that is done */
	size_t place;	    /* of its record */
	unsigned int index; /* in the plan, from 1 */
};

void run_event(struct run_state *run, const struct step *step, enum event_state state, const char *detail)
{
	_cleanup_str_ struct str label = STR_INIT;

	step_label(step, &label);
	event_send(run->settings->sink, &(struct event){
						.verb = run->verb,
						.step = label.s,
						.state = state,
						.detail = detail,
						.index = run->index,
						.total = run->total,
					});
}

static void event_described(struct run_state *run, const struct step *step, enum event_state state)
{
	_cleanup_str_ struct str command = STR_INIT;

	step->ops->describe(step->want, &command);
	run_event(run, step, state, str_text(&command));
}

void run_note_action(struct run_state *run, struct action action)
{
	run->actions = mem_grow(run->actions, run->n_actions, &run->cap_actions, sizeof(*run->actions));
	run->actions[run->n_actions++] = action;
}

int run_open(const struct engine_settings *settings, const char *verb, struct run_state *ret, struct err *err)
{
	*ret = (struct run_state){.settings = settings, .verb = verb};
	return journal_open(settings->state_directory, settings->kinds, !settings->dry_run, &ret->journal, err);
}

void run_close(struct run_state *run, struct engine_result *ret)
{
	_cleanup_err_ struct err late = ERR_INIT;

	if (!run->settings->dry_run &&
		(journal_write(run->journal, true, &late) < 0 || journal_finish(run->journal, &late) < 0))
		log_warning("%s", late.msg);
	*ret = run->result;
	run_done_state(run);
}

void run_done_state(struct run_state *run)
{
	size_t i;

	for (i = 0; i < run->n_actions; i++) {
		step_done(&run->actions[i].before);
		json_decref(run->actions[i].before_undo);
		free(run->actions[i].before_verb);
	}
	free(run->actions);
	journal_close(run->journal);
}

int run_fail_step(struct run_state *run, const struct step *step, struct err *err)
{
	_cleanup_str_ struct str label = STR_INIT;

	run_event(run, step, EVENT_FAILED, err->msg);
	step_label(step, &label);
	return err_wrap(err, "%s", label.s);
}

/* While restoring it may get another turn (restore.c). */
static int fail_step(struct run_state *run, const struct step *step, struct err *err)
{
	return run->restoring ? -err->code : run_fail_step(run, step, err);
}

static int check_interrupted(struct err *err)
{
	return run_interrupted() ? err_set(err, EINTR, "interrupted by a signal") : 0;
}

/* Would-change events carry the diff where the kind has one, since that is what one wants to read before it happens. */
static void tell_would(struct run_state *run, const struct step *step)
{
	_cleanup_str_ struct str text = STR_INIT;

	step->ops->describe(step->want, &text);
	if (step->ops->diff) {
		str_add(&text, "\n");
		step->ops->diff(step, run->settings->node, &text);
	}
	run_event(run, step, EVENT_WOULD, str_text(&text));
	run->result.changed++;
}

/* A failing run forgets these again, so that it leaves no journal where there was none. */
static void record_found(struct run_state *run, const struct step *step)
{
	size_t place = journal_append(run->journal, run->verb, step, json_null(), true);

	run_note_action(run, (struct action){.kind = ACTION_ADDED, .seq = journal_record(run->journal, place)->seq});
}

/* 1 when somebody edited what lazyjack made, or what it is going to replace. */
static int was_edited(
	struct run_state *run, const struct step *step, const struct record *record, int state, struct err *err)
{
	int r;

	if (step->ops->edits == NULL)
		return 0;
	if (record == NULL || record->found)
		return state == STEP_DRIFTED;
	r = step->ops->inspect(&record->step, run->settings->node, true, NULL, NULL, err);
	return r < 0 ? r : r == STEP_DRIFTED;
}

/* The first undo of an identity is kept, so that undo leads to the original, unless the kind wants an edit to last. */
static json_t *choose_undo(const struct step *step, const struct record *record, bool edited, json_t *present)
{
	if (record == NULL || record->found)
		return present ? json_incref(present) : json_null();
	if (edited && present && step->ops->edits->undo)
		return step->ops->edits->undo(record->undo, present);
	return record->undo ? json_incref(record->undo) : json_null();
}

static bool same_wish(const struct record *record, const struct step *step)
{
	return json_equal(record->step.want, step->want) ||
	       (step->ops->as_good && step->ops->as_good(record->step.want, step->want));
}

/*
 * Look at one step. Returns 1 when it has to be applied (then `*ret` is filled), 0 when all is well. What was in place
 * before lazyjack is recorded as found, so that `status` can tell and undo leaves it.
 */
static int look(struct run_state *run, const struct step *step, struct candidate *ret, struct err *err)
{
	struct record *record = journal_find(run->journal, step);
	bool ours = record && !record->found;
	_cleanup_json_ json_t *undo = NULL;
	int state, edited;

	state = step->ops->inspect(step, run->settings->node, ours, &undo, NULL, err);
	if (state < 0)
		return state;
	if (state == STEP_IN_PLACE && (!ours || same_wish(record, step))) {
		if (record == NULL && !step->ops->may_be_shared)
			return err_set(
				err, EEXIST, "it is there already and isn't lazyjack's: remove it or use another name");
		if (!run->settings->dry_run) {
			if (record == NULL)
				record_found(run, step);
			else if (!record->done)
				journal_mark_done(run->journal, record);
		}
		run->result.unchanged++;
		run_event(run, step, EVENT_UNCHANGED, NULL);
		return 0;
	}
	edited = was_edited(run, step, record, state, err);
	if (edited < 0)
		return edited;
	*ret = (struct candidate){
		.step = step,
		.index = run->index,
		.edited = edited,
		.undo = choose_undo(step, record, edited, undo),
	};
	return 1;
}

/* Before the record changes: until then a killed run has somebody's edit where it was, afterwards kept beside. */
static int keep_edit(struct run_state *run, struct candidate *candidate, struct err *err)
{
	const struct record *record = journal_find(run->journal, candidate->step);
	int r;

	if (!candidate->edited)
		return 0;
	r = candidate->step->ops->edits->keep(
		candidate->step, record && !record->found ? &record->step : NULL, run->settings->node, err);
	candidate->kept = r > 0;
	return r;
}

/* The record may stay as it is: the same wish, and the same way back. */
static bool applies_again(const struct run_state *run, const struct record *record, const struct candidate *candidate)
{
	if (record == NULL || !json_equal(record->step.want, candidate->step->want))
		return false;
	/* What was there before lazyjack comes back after a reboot, but stays its owner's. */
	return record->found ? run->restoring : !candidate->edited || json_equal(record->undo, candidate->undo);
}

/* Put the step into the journal and remember how to take this run's part of it back. */
static void record_candidate(struct run_state *run, struct candidate *candidate)
{
	struct record *record = journal_find(run->journal, candidate->step);
	struct action action = {.kind = ACTION_ADDED, .kept = candidate->kept};

	if (applies_again(run, record, candidate)) {
		if (!record->found)
			journal_mark_begun(run->journal, record);
		action.kind = ACTION_AGAIN;
		action.seq = record->seq;
		candidate->place = (size_t)(record - journal_record(run->journal, 0));
	} else {
		if (record && !record->found) {
			action.kind = ACTION_REPLACED;
			action.before = step_make(record->step.ops, json_incref(record->step.want));
			action.before_undo = json_incref(record->undo);
			action.before_verb = mem_strdup(record->verb);
		}
		candidate->place = journal_append(run->journal, run->verb, candidate->step, candidate->undo, false);
		action.seq = journal_record(run->journal, candidate->place)->seq;
	}
	run_note_action(run, action);
}

static void settle(struct run_state *run, const struct candidate *candidate)
{
	journal_mark_done(run->journal, journal_record(run->journal, candidate->place));
	run->result.changed++;
	run->index = candidate->index;
	event_described(run, candidate->step, EVENT_CHANGED);
}

static int apply_candidates(struct run_state *run, struct candidate *candidates, size_t n, struct err *err)
{
	const struct step_ops *ops = candidates[0].step->ops;
	const struct step **steps;
	size_t done = 0, i;
	int r;

	for (i = 0; i < n; i++) {
		r = keep_edit(run, &candidates[i], err);
		if (r < 0)
			return fail_step(run, candidates[i].step, err);
		record_candidate(run, &candidates[i]);
	}
	r = journal_write(run->journal, true, err);
	if (r < 0)
		return r;
	if (n == 1 || ops->apply_many == NULL) {
		event_described(run, candidates[0].step, EVENT_BEGIN);
		r = ops->apply(candidates[0].step, run->settings->node, err);
		if (r < 0)
			return fail_step(run, candidates[0].step, err);
		settle(run, &candidates[0]);
		return 0;
	}
	steps = mem_new(n, sizeof(const struct step *));
	for (i = 0; i < n; i++)
		steps[i] = candidates[i].step;
	r = ops->apply_many(steps, n, run->settings->node, &done, err);
	free(steps);
	if (r >= 0)
		done = n;
	for (i = 0; i < done; i++)
		settle(run, &candidates[i]);
	return r < 0 ? fail_step(run, candidates[done < n ? done : n - 1].step, err) : 0;
}

size_t run_batch_length(const struct plan *plan, size_t from)
{
	enum { BATCH_MAX = 16384 };
	size_t n = 1;

	if (plan->steps[from].ops->apply_many == NULL)
		return 1;
	while (from + n < plan->n && n < BATCH_MAX && plan->steps[from + n].ops == plan->steps[from].ops)
		n++;
	return n;
}

int run_apply_batch(struct run_state *run, const struct plan *plan, size_t from, size_t n, struct err *err)
{
	struct candidate *candidates = mem_new(n, sizeof(*candidates));
	size_t count = 0, i;
	int r = 0;

	for (i = 0; i < n && r >= 0; i++) {
		const struct step *step = &plan->steps[from + i];

		run->index = (unsigned int)(from + i + 1);
		r = check_interrupted(err);
		if (r == 0)
			r = look(run, step, &candidates[count], err);
		if (r < 0)
			r = r == -EINTR ? r : fail_step(run, step, err);
		else if (r > 0 && run->settings->dry_run) {
			tell_would(run, step);
			json_decref(candidates[count].undo);
		} else if (r > 0) {
			count++;
		}
	}
	if (r >= 0 && count > 0)
		r = apply_candidates(run, candidates, count, err);
	for (i = 0; i < count; i++)
		json_decref(candidates[i].undo);
	free(candidates);
	return r < 0 ? r : 0;
}

static int apply_plan(struct run_state *run, const struct plan *plan, struct err *err)
{
	size_t at = 0, n;
	int r = 0;

	run->total = (unsigned int)plan->n;
	for (; at < plan->n && r == 0; at += n) {
		n = run_batch_length(plan, at);
		r = run_apply_batch(run, plan, at, n, err);
	}
	return r < 0 || run->settings->dry_run ? r : journal_write(run->journal, true, err);
}

/* What is no longer wanted goes first, and last what the present things hold until they are replaced. */
static int apply_all(struct run_state *run, const struct plan *plan, struct err *err)
{
	const struct engine_settings *settings = run->settings;
	int r = settings->leave_stale ? 0 : undo_stale(run, plan, STALE_FIRST, err);

	if (r == 0)
		r = apply_plan(run, plan, err);
	if (r < 0) {
		if (!settings->keep && !settings->dry_run)
			run_roll_back(run);
		return r;
	}
	/* All is as wanted by then: what cannot go yet is tried again by the next run. */
	return settings->leave_stale ? 0 : undo_stale(run, plan, STALE_LAST, err);
}

int engine_apply(const struct engine_settings *settings, const char *verb, const struct plan *plan,
	struct engine_result *ret, struct err *err)
{
	_cleanup_err_ struct err own = ERR_INIT;
	struct run_state run;
	int r;

	if (err == NULL)
		err = &own; /* the steps' messages are told as events all the same */
	r = run_open(settings, verb, &run, err);
	if (r < 0)
		return r;
	r = apply_all(&run, plan, err);
	run_close(&run, ret);
	return r;
}

bool engine_has_record(const struct engine_settings *settings, const char *kind, const char *what)
{
	_cleanup_str_ struct str label = STR_INIT;
	struct journal *journal;
	bool found = false;
	size_t i;

	if (journal_open(settings->state_directory, settings->kinds, false, &journal, NULL) < 0)
		return false;
	for (i = 0; i < journal_count(journal) && !found; i++) {
		const struct record *record = journal_record(journal, i);

		str_clear(&label);
		record->step.ops->what(record->step.want, &label);
		found = !record->gone && str_eq(record->step.ops->kind, kind) && str_eq(label.s, what);
	}
	journal_close(journal);
	return found;
}
