/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: the one place that changes a machine, so that dry-run, idempotence, rollback, undo, status, restore after
 * a reboot and recovery after a crash hold for every step.
 *
 *   apply     inspect each step; what differs is recorded in the journal (with its undo, synced) and then applied.
 *             Records of the same verb that the plan no longer wants are undone first, or last (undone_last).
 *   undo      the journal's records backwards; what someone else changed meanwhile is left, and named.
 *   compare   each record against the machine: in-place, missing, drifted, foreign.
 *   restore   apply again what the kernel forgot at a reboot.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "step/event.h"
#include "step/plan.h"

struct engine_settings {
	struct node *node;
	const char *state_directory;	     /* where the journal lives, real path; made 0700 when needed */
	const struct step_ops *const *kinds; /* NULL-terminated table of every kind */
	struct event_sink *sink;
	bool dry_run;
	bool keep;	  /* do not roll back when a step fails */
	bool leave_stale; /* leave records that the plan no longer wants to a later engine_undo_stale() */
};

struct engine_result {
	unsigned int changed;	/* steps applied */
	unsigned int unchanged; /* were so already */
	unsigned int reverted;	/* undone: stale ones, rollback, undo */
	unsigned int left;	/* not undone, someone else changed them */
};

/*
 * Apply the plan under `verb`. On failure what this run changed is undone (unless `keep`), and the error says what
 * failed. -EINTR when a signal asked to stop: treated as a failure. Must hold the lock (engine/lock.h).
 */
int engine_apply(const struct engine_settings *settings, const char *verb, const struct plan *plan,
	struct engine_result *ret, struct err *err);

/*
 * Undo the records of the verb that the plan no longer wants: what others may need until they are themselves done with.
 * Goes on past a step that cannot be undone and returns the first error in the end.
 */
int engine_undo_stale(const struct engine_settings *settings, const char *verb, const struct plan *plan,
	struct engine_result *ret, struct err *err);

/*
 * Undo everything recorded under the verbs (NULL-terminated; NULL: all), backwards. Goes on past a step that cannot be
 * undone and returns the first error in the end. When nothing is recorded any more, the state directory goes too.
 */
int engine_undo(const struct engine_settings *settings, const char *verb, const char *const *verbs,
	struct engine_result *ret, struct err *err);

struct engine_status {
	const char *verb; /* which command made it */
	const char *kind;
	const char *what;
	const char *state;  /* "in-place", "missing", "drifted", "foreign" */
	const char *detail; /* what differs; may be NULL */
};

/* Compare every record with the machine. Returns the number of those neither in place nor foreign, or an error. */
int engine_compare(const struct engine_settings *settings, void (*each)(void *user, const struct engine_status *status),
	void *user, struct err *err);

/* Apply again every recorded step of a kind that is forgotten at boot, past those that fail: the first error. */
int engine_restore(const struct engine_settings *settings, struct engine_result *ret, struct err *err);

/* True when the journal has a record for this kind and identity under any verb. */
bool engine_has_record(const struct engine_settings *settings, const char *kind, const char *what);
