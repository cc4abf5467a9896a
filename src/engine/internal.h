/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the engine alone. */
#pragma once

#include "engine/engine.h"
#include "engine/journal.h"

/* One run of the engine: what the settings say, and what it has done so far, for rolling back. */
struct run_state {
	const struct engine_settings *settings;
	const char *verb;
	bool restoring; /* after a reboot: go on past a failure, and take nothing over */
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

/* Undo one batch of records, newest first; see undo.c. `places` are indices of the journal. */
int undo_records(struct run_state *run, const size_t *places, size_t n, struct err *err);

/* Take back what the run did, newest first. */
void run_roll_back(struct run_state *run);

void run_note_action(struct run_state *run, struct action action);
void run_done_state(struct run_state *run);
