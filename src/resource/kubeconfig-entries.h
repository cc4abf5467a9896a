/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three entries by which kubectl reaches a cluster (cluster, user, context), in kubeconfigs that kubectl has turned
 * into JSON. No I/O.
 *
 * Since the entries hold keys, what lazyjack remembers of them is a note of names and digests:
 *
 *   {"clusters": {"name": "kubernetes", "sha256": "…"}, "users": {…}, "contexts": {…}}
 *
 * The namespace of a context is its user's choice and takes no part.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

enum entry_kind { ENTRY_CONTEXT, ENTRY_CLUSTER, ENTRY_USER, ENTRY_KINDS };

/* "context", "cluster", "user", and the key of their list, "contexts", …. */
const char *entry_kind_name(enum entry_kind kind);
const char *entry_list(enum entry_kind kind);

/* The note of a kubeconfig that has one entry of each kind; a new reference. -EINVAL when it is otherwise. */
int entries_note(const json_t *config, json_t **ret, struct err *err);

/* The name that a note has for a kind; NULL when the note is none. */
const char *entry_name(const json_t *note, enum entry_kind kind);

/* True when both notes (NULL: none) tell of the same entries. */
bool entries_equal(const json_t *a, const json_t *b);

/* True when `config` has the entry that the note names; `ret_same` tells whether it is as the note says. */
bool entry_there(const json_t *config, const json_t *note, enum entry_kind kind, bool *ret_same);

/* True when all entries are there as the note says; else `ret_detail` (may be NULL) gets the first that isn't. */
bool entries_there(const json_t *config, const json_t *note, struct str *ret_detail);

/* True when `config` has no entry of any kind. */
bool entries_none(const json_t *config);

/* True when `config` has a context of this name. */
bool entries_has_context(const json_t *config, const char *name);
