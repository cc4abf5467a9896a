/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the engine alone. */
#pragma once

#include "engine/engine.h"
#include "engine/journal.h"

/* One run of the engine: what the settings say, and what it has done so far, for rolling back. */
struct run_state {
	const struct engine_settings *settings;
	const char *verb;
	bool restoring; /* a step that fails isn't told yet, and nothing is taken over */
	struct journal *journal;
	struct engine_result result;
	unsigned int index, total; /* of the step at hand, for events */
	struct action *actions;
	size_t n_actions, cap_actions;
};

enum action_kind {
	ACTION_ADDED,	 /* a new record was applied */
	ACTION_REPLACED, /* a record with another wish was there before: `before` */
	ACTION_AGAIN,	 /* the same wish was applied once more: nothing to take back */
	ACTION_REVERTED, /* a stale record was undone: `before` */
};

struct action {
	enum action_kind kind;
	bool kept;	    /* somebody's edit was in the way, and was kept (struct step_edits) */
	uint64_t seq;	    /* of the record now in the journal */
	struct step before; /* what the record wanted before */
	json_t *before_undo;
	char *before_verb;
};

void run_event(struct run_state *run, const struct step *step, enum event_state state, const char *detail);

/* Open the journal. Unless it fails, run_close() writes what is left and lets go of all. */
int run_open(const struct engine_settings *settings, const char *verb, struct run_state *ret, struct err *err);
void run_close(struct run_state *run, struct engine_result *ret);

/* Steps from `from` that may be handled together: one kind that can do many at once. */
size_t run_batch_length(const struct plan *plan, size_t from);

/* Inspect `n` steps from `from`, record and apply those that differ. */
int run_apply_batch(struct run_state *run, const struct plan *plan, size_t from, size_t n, struct err *err);

/* Tell that a step failed, and name it in the error. */
int run_fail_step(struct run_state *run, const struct step *step, struct err *err);

/* Undo records of the verb that the plan does not name any more: kinds without or with `undone_last`. */
enum stale { STALE_FIRST, STALE_LAST };
int undo_stale(struct run_state *run, const struct plan *plan, enum stale which, struct err *err);

/* Undo one batch of records, newest first; see undo.c. `places` are indices of the journal. */
int undo_records(struct run_state *run, const size_t *places, size_t n, struct err *err);

bool run_is_in_place(const struct run_state *run, const struct step *step);

/* Take back what the run did, newest first. */
void run_roll_back(struct run_state *run);

/*
 * What needs a thing that was brought back may have gone with the one in its place (containers with their network,
 * routes with their link): apply those records again.
 */
void run_mend(struct run_state *run);

void run_note_action(struct run_state *run, struct action action);
void run_done_state(struct run_state *run);
