/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal: what lazyjack did to this machine and how to undo it. One JSON object a line, appended and synced before
 * each change, so that a run may be killed at any moment:
 *
 *   {"lazyjack-journal": 1}                                         version of the format
 *   {"seq": 7, "verb": "prepare", "kind": "route", "want": {…}, "undo": null, "found": false}
 *   {"begun": 7}      applied once more (it had gone or drifted)
 *   {"done": 7}       the change is complete
 *   {"undone": 7}     not lazyjack's any more
 *
 * "found" marks what was so before lazyjack came: it is watched but never undone. A record without "done" may or may
 * not have happened: undo then looks and cleans up whatever is there. A half-written last line is cut off.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "step/step.h"

#define JOURNAL_VERSION 1
#define JOURNAL_SIZE_MAX (64U << 20)

struct record {
	uint64_t seq;
	char *verb;
	struct step step; /* without its secret */
	json_t *undo;	  /* owned */
	bool found;
	bool done;
	bool gone; /* undone, or replaced by a later record */
};

struct journal;

/*
 * Read the journal of `directory` (an absent one is empty). With `writable`, a torn end is cut and old lines are
 * compacted. -EPROTO: made by a newer version, or damaged; the message names file, line and cure.
 */
int journal_open(const char *directory, const struct step_ops *const *kinds, bool writable, struct journal **ret,
	struct err *err);
void journal_close(struct journal *journal);

/* All records, oldest first; those that are `gone` included. Valid until the next append. */
size_t journal_count(const struct journal *journal);
struct record *journal_record(struct journal *journal, size_t index);

/* The live record of this kind and identity, or NULL. */
struct record *journal_find(struct journal *journal, const struct step *step);

/*
 * Append a record (want and undo are referenced) and make it the live one of its identity; returns its index. Only in
 * memory and buffered until journal_sync().
 */
size_t journal_append(struct journal *journal, const char *verb, const struct step *step, json_t *undo, bool found);

void journal_mark_begun(struct journal *journal, struct record *record);
void journal_mark_done(struct journal *journal, struct record *record);
void journal_mark_undone(struct journal *journal, struct record *record);

/*
 * Write what is buffered. `durable`: and wait until the disk has it. On failure (a full disk) the file keeps its last
 * complete line. The directory is made (0700) with the first line.
 */
int journal_write(struct journal *journal, bool durable, struct err *err);

/* When no live record is left: remove the file and its directory. */
int journal_finish(struct journal *journal, struct err *err);
