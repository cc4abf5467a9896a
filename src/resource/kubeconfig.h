/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the kind "kubeconfig" alone. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/file.h"
#include "resource/node.h"
#include "step/step.h"

enum { KUBECONFIG_MAX = 8 << 20 }; /* octets of a user's kubeconfig */

/*
 * A user's kubeconfig as it is, and what lazyjack keeps beside it: PATH.lazyjack-old, the file that was there before,
 * and PATH.lazyjack-note, which entries are lazyjack's and the SHA-256 of the file that it wrote.
 */
struct place {
	struct node *node;
	const char *shown; /* its path on the node */
	char *path, *old, *note_path, *directory;
	uid_t uid;
	gid_t gid;

	bool has_directory;
	bool has_old;
	char *content; /* NULL: no file */
	size_t len;
	char digest[65];
	json_t *config; /* place_parse() */
	json_t *note;	/* NULL: none, or none that can be read */
};

/* Look; -ELOOP, -EPERM, -EINVAL when what is there is no file of the user's. The caller calls place_done() either way.
 */
int place_look(const struct step *step, struct node *node, struct place *ret, struct err *err);
void place_done(struct place *place);
#define _cleanup_place_ __attribute__((cleanup(place_done)))

/* Have kubectl read the content; no file counts as an empty one. */
int place_parse(struct place *place, struct err *err);

/*
 * Put `text` in the file's place with a note about it, with the user's rights. The file that is there becomes
 * PATH.lazyjack-old, unless there is one or `is_ours`.
 */
int place_write(struct place *place, const struct str *text, json_t *note, bool is_ours, struct err *err);

/* Replace the content and nothing else. */
int place_rewrite(struct place *place, const struct str *text, struct err *err);

/* 1 when PATH.lazyjack-old has this SHA-256 and is PATH again (its inode, so all of it is as it was), else 0. */
int place_bring_back(struct place *place, const char *sha256, struct err *err);

/* Remove what lazyjack keeps beside the file; with_old: also PATH.lazyjack-old, if it has this SHA-256 (NULL: any). */
int place_forget(struct place *place, bool with_old, const char *sha256, struct err *err);

int place_remove_file(struct place *place, struct err *err);

/* rmdir; it stays when something is in it. */
void place_remove_directory(struct place *place);
