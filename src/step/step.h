/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step: one reversible change to a machine.
 *
 * A step is data: its kind, and a JSON object `want` that says everything about the wanted state. So two steps are
 * compared with json_equal(), a plan is printed and kept as golden file as it is, and the journal can hold a step and
 * give it back years later. What the data means is known only to the kind's `struct step_ops`, one file in resource/.
 *
 * The engine (engine/engine.h) is the only caller of inspect, apply and revert.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct node; /* resource/node.h: the only door to the machine */
struct step_ops;

struct step {
	const struct step_ops *ops;
	json_t *want; /* owned */

	/*
	 * Content that must not stand in the journal (a private key); NULL for most. `want` then holds its SHA-256,
	 * which is all that inspect and revert need. Owned, wiped when freed.
	 */
	char *secret;
	size_t secret_len;
};

/* How the machine stands to a step's wish. */
enum step_state {
	STEP_MISSING,  /* nothing there, or (for a value) still something else than wanted */
	STEP_DRIFTED,  /* the thing is there, but not as wanted */
	STEP_IN_PLACE, /* as wanted */
};

/*
 * For kinds of file that people edit after lazyjack wrote it: what they wrote is kept when it is about to be written
 * over. Their apply is atomic, so that what is there but not as recorded is somebody's edit.
 */
struct step_edits {
	/*
	 * Called before the change is recorded: keep what is there where its owner finds it, and tell him. `recorded`
	 * is what lazyjack wrote last; NULL: nothing. Returns 1, or 0 when nobody's work is in the way. May be
	 * repeated.
	 */
	int (*keep)(const struct step *step, const struct step *recorded, struct node *node, struct err *err);

	/* Put back in its place what keep() kept, for a run that is taken back. */
	int (*give_back)(const struct step *step, struct node *node, struct err *err);

	/*
	 * Optional: the undo that leads to the edited version, a new reference; without it undo leads to what was there
	 * before lazyjack. `recorded` is the undo so far, `present` the one that inspect returned.
	 */
	json_t *(*undo)(const json_t *recorded, const json_t *present);
};

struct step_ops {
	const char *kind; /* "route": stable, it stands in journals */

	/* True when the kernel or systemd forgets it at a reboot, so that `restore` has to apply it again. */
	bool forgotten_at_boot;

	/*
	 * True when the wanted state may have been there before and belong to someone else, who keeps it: a sysctl that
	 * has the value already, a route that is there already. False when finding it there, unrecorded, is a clash (a
	 * link).
	 */
	bool may_be_shared;

	/*
	 * True when revert takes away lazyjack's own part and nothing else, so that it is right even where others
	 * changed what is around it: lines of a shared file, a process of lazyjack's own unit.
	 */
	bool reverts_drifted;

	/*
	 * True when steps that took another one's place may hold this until they are applied: what a plan no longer
	 * names is then undone behind it, not before.
	 */
	bool undone_last;

	/*
	 * Optional: `recorded`, which is in place, is as good as `wanted`, since they differ only in what matters while
	 * it is brought about (a timeout).
	 */
	bool (*as_good)(const json_t *recorded, const json_t *wanted);

	const struct step_edits *edits; /* optional */

	/* The identity within the kind, for people and for the journal: "fd00:40:0:0:3::/80", "/etc/hosts". One line.
	 */
	void (*what)(const json_t *want, struct str *ret);

	/* The command a person would type for it, one line. */
	void (*describe)(const json_t *want, struct str *ret);

	/*
	 * Look, never touch. Returns an enum step_state or a negative errno value; `*ret_undo` (NULL when the caller
	 * does not want it) receives what revert will need to bring the present state back: a new reference, JSON null
	 * for "nothing was there". `ret_detail` (may be NULL) receives, for DRIFTED, what is different, one line.
	 * `ours` tells that the journal has a record for it; without one, someone else's thing in the way is an error
	 * that names it and the cure.
	 */
	int (*inspect)(const struct step *step, struct node *node, bool ours, json_t **ret_undo, struct str *ret_detail,
		struct err *err);

	/* Bring about the wanted state from MISSING or DRIFTED. A killed apply may be repeated. */
	int (*apply)(const struct step *step, struct node *node, struct err *err);

	/* Optional: apply `n` steps of this kind in one go. On failure `*ret_done` says how many, from the first, are
	 * done. */
	int (*apply_many)(
		const struct step *const *steps, size_t n, struct node *node, size_t *ret_done, struct err *err);

	/*
	 * Put back what `undo` says. Called when inspect says IN_PLACE (or DRIFTED, with `reverts_drifted`), or when an
	 * apply was interrupted. Must succeed when it is done already.
	 */
	int (*revert)(const struct step *step, struct node *node, const json_t *undo, struct err *err);
	int (*revert_many)(const struct step *const *steps, const json_t *const *undos, size_t n, struct node *node,
		size_t *ret_done, struct err *err);

	/* Optional: a unified diff of what apply would change, for --dry-run; secrets are never shown. */
	void (*diff)(const struct step *step, struct node *node, struct str *ret);
};

/* A step of `ops` that takes over `want`. */
struct step step_make(const struct step_ops *ops, json_t *want);
void step_done(struct step *step);

/* "route fd00::/64": kind and identity. */
void step_label(const struct step *step, struct str *ret);
