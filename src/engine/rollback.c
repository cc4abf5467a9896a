/* SPDX-License-Identifier: Apache-2.0 */
/* A run that failed takes back what it did, newest first. */
#include "base/log.h"
#include "base/run.h"
#include "engine/internal.h"

/* Bring back what a record wanted before this run replaced or undid it. */
static void bring_back(struct run_state *run, const struct action *action)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct step step = action->before;
	size_t place;

	place = journal_append(run->journal, action->before_verb, &step, action->before_undo, false);
	if (journal_write(run->journal, true, &err) < 0 || step.ops->apply(&step, run->settings->node, &err) < 0) {
		run_event(run, &step, EVENT_FAILED, err.msg);
		return;
	}
	journal_mark_done(run->journal, journal_record(run->journal, place));
	run_event(run, &step, EVENT_REVERTED, "brought back");
}

bool run_is_in_place(const struct run_state *run, const struct step *step)
{
	return step->ops->inspect(step, run->settings->node, true, NULL, NULL, NULL) == STEP_IN_PLACE;
}

static int give_back(struct run_state *run, const struct step *step)
{
	_cleanup_err_ struct err err = ERR_INIT;
	int r = step->ops->edits->give_back(step, run->settings->node, &err);

	if (r < 0)
		run_event(run, step, EVENT_FAILED, err.msg);
	else
		run_event(run, step, EVENT_REVERTED, "brought back");
	return r;
}

/*
 * The content of such a kind is in no record, so that apply cannot bring an earlier one back. What can be had again is
 * somebody's edit, which was kept. Only then the record before stands again: it tells that the edit isn't lazyjack's.
 */
static void bring_back_edited(struct run_state *run, const struct action *action)
{
	const struct step *step = &action->before;
	_cleanup_err_ struct err err = ERR_INIT;
	size_t place;

	if (action->kept) {
		if (give_back(run, step) < 0)
			return;
	} else if (!run_is_in_place(run, step)) {
		run_event(run, step, EVENT_LEFT, "what lazyjack wrote before is in no record: the new one stays");
		return;
	}
	place = journal_append(run->journal, action->before_verb, step, action->before_undo, false);
	journal_mark_done(run->journal, journal_record(run->journal, place));
	if (journal_write(run->journal, true, &err) < 0)
		run_event(run, step, EVENT_FAILED, err.msg);
}

/* The same wish had been applied once more, over somebody's edit. */
static void give_back_again(struct run_state *run, size_t place)
{
	struct record *record = journal_record(run->journal, place);

	if (give_back(run, &record->step) == 0)
		journal_mark_done(run->journal, record);
}

static size_t place_of(struct run_state *run, uint64_t seq)
{
	size_t i;

	for (i = journal_count(run->journal); i-- > 0;)
		if (journal_record(run->journal, i)->seq == seq && !journal_record(run->journal, i)->gone)
			return i;
	return (size_t)-1;
}

void run_roll_back(struct run_state *run)
{
	size_t n = run->n_actions, i;
	bool brought_back = false;

	if (n == 0)
		return;
	event_note(run->settings->sink, run->verb, "taking back what this run changed");
	run_shield(true);
	for (i = n; i-- > 0;) {
		/* Undoing adds actions and may move the array: work on a copy. */
		struct action action = run->actions[i];
		_cleanup_err_ struct err err = ERR_INIT;
		size_t place;

		switch (action.kind) {
		case ACTION_ADDED:
			place = place_of(run, action.seq);
			if (place != (size_t)-1 && undo_records(run, &place, 1, &err) < 0)
				log_warning("%s", err.msg);
			break;
		case ACTION_REPLACED:
			brought_back = true;
			if (action.before.ops->edits)
				bring_back_edited(run, &action);
			else
				bring_back(run, &action);
			break;
		case ACTION_REVERTED:
			brought_back = true;
			bring_back(run, &action);
			break;
		case ACTION_AGAIN:
			place = place_of(run, action.seq);
			if (place != (size_t)-1 && action.kept)
				give_back_again(run, place);
			break;
		}
	}
	if (brought_back)
		run_mend(run);
	run_shield(false);
}
