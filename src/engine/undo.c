/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "engine/internal.h"

/* The record is not lazyjack's any more; say why, in one event. */
static void let_go(struct run_state *run, size_t place, enum event_state state, const char *detail)
{
	struct record *record = journal_record(run->journal, place);

	run_event(run, &record->step, state, detail);
	journal_mark_undone(run->journal, record);
}

/*
 * What is to be done with a record: 1 = revert it, 0 = it is settled (gone, left or never ours), negative = could not
 * even look. A record without "done" was interrupted: whatever is there is a half-made change of ours.
 */
static int look_back(struct run_state *run, size_t place, struct err *err)
{
	struct record *record = journal_record(run->journal, place);
	_cleanup_str_ struct str detail = STR_INIT;
	int state;

	if (record->found) {
		journal_mark_undone(run->journal, record);
		return 0;
	}
	state = record->step.ops->inspect(&record->step, run->settings->node, true, NULL, &detail, err);
	if (state < 0)
		return record->done ? state : 1;
	if (!record->done || state == STEP_IN_PLACE)
		return 1;
	if (state == STEP_DRIFTED && record->step.ops->reverts_drifted)
		return 1;
	/* With a detail there is something else in its place: another value. */
	if (state == STEP_MISSING && detail.len == 0) {
		let_go(run, place, EVENT_UNCHANGED, "was gone already");
		run->result.unchanged++;
		return 0;
	}
	let_go(run, place, EVENT_LEFT, detail.len ? detail.s : "someone else changed it");
	run->result.left++;
	return 0;
}

static int revert_batch(struct run_state *run, const size_t *places, size_t n, size_t *ret_done, struct err *err)
{
	const struct record *first = journal_record(run->journal, places[0]);
	const struct step_ops *ops = first->step.ops;
	const struct step **steps;
	const json_t **undos;
	size_t i;
	int r;

	*ret_done = 0;
	if (n == 1) {
		r = ops->revert(&first->step, run->settings->node, first->undo, err);
		*ret_done = r < 0 ? 0 : 1;
		return r;
	}
	steps = mem_new(n, sizeof(const struct step *));
	undos = mem_new(n, sizeof(const json_t *));
	for (i = 0; i < n; i++) {
		steps[i] = &journal_record(run->journal, places[i])->step;
		undos[i] = journal_record(run->journal, places[i])->undo;
	}
	r = ops->revert_many(steps, undos, n, run->settings->node, ret_done, err);
	if (r >= 0)
		*ret_done = n;
	free(steps);
	free(undos);
	return r;
}

static void note_reverted(struct run_state *run, size_t place)
{
	struct record *record = journal_record(run->journal, place);

	run_note_action(run, (struct action){
				     .kind = ACTION_REVERTED,
				     .seq = record->seq,
				     .before = step_make(record->step.ops, json_incref(record->step.want)),
				     .before_undo = json_incref(record->undo),
				     .before_verb = mem_strdup(record->verb),
			     });
	run->result.reverted++;
	let_go(run, place, EVENT_REVERTED, NULL);
}

/* Remember the first error only: it is the cause, the later ones are often its consequences. */
static void keep_first(struct run_state *run, size_t place, struct err *into, struct err *err)
{
	const struct record *record = journal_record(run->journal, place);
	_cleanup_str_ struct str label = STR_INIT;

	run_event(run, &record->step, EVENT_FAILED, err->msg);
	step_label(&record->step, &label);
	if (into->code == 0)
		err_set(into, err->code, "cannot undo %s: %s", label.s, err->msg);
	err_done(err);
}

/*
 * A revert that is killed half-way must be repeated, even if the thing itself is gone by then (a unit file removed,
 * systemd not told yet). Not synced: what a power cut forgets, it forgets together with systemd's memory.
 */
static void mark_begun(struct run_state *run, const size_t *places, size_t n)
{
	_cleanup_err_ struct err err = ERR_INIT;
	size_t i;

	for (i = 0; i < n; i++)
		journal_mark_begun(run->journal, journal_record(run->journal, places[i]));
	if (journal_write(run->journal, false, &err) < 0)
		log_debug("%s", err.msg);
}

/* Those behind one that cannot be undone get their turn as well. */
static void revert_chosen(struct run_state *run, const size_t *places, size_t n, struct err *first)
{
	size_t at = 0, done, i;

	while (at < n) {
		_cleanup_err_ struct err err = ERR_INIT;
		int r = revert_batch(run, places + at, n - at, &done, &err);

		if (r < 0)
			keep_first(run, places[at + done < n ? at + done : n - 1], first, &err);
		for (i = 0; i < done; i++)
			note_reverted(run, places[at + i]);
		at += done + 1;
	}
}

static size_t batch_length(struct run_state *run, const size_t *places, size_t n)
{
	const struct step_ops *ops = journal_record(run->journal, places[0])->step.ops;
	size_t count = 1;

	while (ops->revert_many && count < n && journal_record(run->journal, places[count])->step.ops == ops)
		count++;
	return count;
}

int undo_records(struct run_state *run, const size_t *places, size_t n, struct err *err)
{
	_cleanup_err_ struct err first = ERR_INIT;
	_cleanup_err_ struct err late = ERR_INIT;
	size_t at = 0, *chosen = mem_new(n, sizeof(*chosen));

	run->total = (unsigned int)n;
	while (at < n) {
		size_t batch = batch_length(run, places + at, n - at), count = 0, i;
		_cleanup_err_ struct err here = ERR_INIT;

		if (run_interrupted()) {
			err_set(&first, EINTR, "interrupted by a signal: what is left is undone by the next run");
			break;
		}

		for (i = 0; i < batch; i++) {
			int r;

			run->index = (unsigned int)(at + i + 1);
			r = look_back(run, places[at + i], &here);
			if (r < 0)
				keep_first(run, places[at + i], &first, &here);
			else if (r > 0)
				chosen[count++] = places[at + i];
		}
		mark_begun(run, chosen, count);
		revert_chosen(run, chosen, count, &first);
		/* A full disk must not keep us from undoing: what is marked too late is found gone next time. */
		if (journal_write(run->journal, false, &late) < 0)
			log_debug("%s", late.msg);
		at += batch;
	}
	free(chosen);
	return first.code ? err_set(err, first.code, "%s", first.msg) : 0;
}

static bool wanted(const char *const *verbs, const char *verb)
{
	if (verbs == NULL)
		return true;
	for (; *verbs; verbs++)
		if (str_eq(*verbs, verb))
			return true;
	return false;
}

int engine_undo(const struct engine_settings *settings, const char *verb, const char *const *verbs,
	struct engine_result *ret, struct err *err)
{
	struct run_state run = {.settings = settings, .verb = verb};
	_cleanup_err_ struct err late = ERR_INIT;
	size_t n = 0, i, *places;
	int r;

	r = journal_open(settings->state_directory, settings->kinds, !settings->dry_run, &run.journal, err);
	if (r < 0)
		return r;
	places = mem_new(journal_count(run.journal), sizeof(*places));
	for (i = journal_count(run.journal); i-- > 0;) {
		const struct record *record = journal_record(run.journal, i);

		if (!record->gone && wanted(verbs, record->verb))
			places[n++] = i;
	}
	run.total = (unsigned int)n;
	if (settings->dry_run) {
		for (i = 0; i < n; i++) {
			const struct record *record = journal_record(run.journal, places[i]);

			run.index = (unsigned int)(i + 1);
			if (record->found)
				continue;
			run.result.reverted++;
			run_event(&run, &record->step, EVENT_WOULD, "undo it");
		}
	} else {
		r = undo_records(&run, places, n, err);
		if (journal_write(run.journal, true, &late) < 0)
			log_debug("%s", late.msg);
		if (journal_finish(run.journal, &late) < 0 && r >= 0)
			r = err_set(err, late.code, "%s", late.msg);
	}
	free(places);
	*ret = run.result;
	run_done_state(&run);
	return r;
}
