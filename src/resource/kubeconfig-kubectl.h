/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kubectl does with kubeconfigs: it reads, merges and edits copies that nobody else sees, never a user's file
 * itself. What it prints about a failure may quote a secret and is not told.
 */
#pragma once

#include <jansson.h>

#include "base/err.h"
#include "base/str.h"
#include "resource/node.h"

/* Path of the program kubectl; NULL: there is none. The caller frees it. */
char *kubectl_find(const struct node *node);

/* The text as JSON; a new reference. `shown` is its name in messages. -ENOENT: no kubectl; -EINVAL: kubectl cannot. */
int kubectl_parse(struct node *node, const char *text, size_t len, const char *shown, json_t **ret, struct err *err);

/*
 * Root's kubeconfig `path` (on the node), cut down to its current context, with the content of files that it names:
 * JSON text, which the caller wipes (str_wipe). -ENOENT: no such file, or no kubectl.
 */
int kubectl_export(struct node *node, const char *path, struct str *ret, struct err *err);

/* A copy of a kubeconfig to work on. */
struct kubectl_copy {
	struct node *node;
	char *top; /* a directory below /run, 0700 */
	char *file;
};

/* `path` is where the kubeconfig has its place on the node, so that relative paths in it stay as they are. */
int kubectl_copy_make(
	struct node *node, const char *path, const char *text, size_t len, struct kubectl_copy *ret, struct err *err);
void kubectl_copy_done(struct kubectl_copy *copy);

/* Take an entry out. `list` is "clusters", "users" or "contexts". */
int kubectl_delete(struct kubectl_copy *copy, const char *list, const char *name, struct err *err);

/* NULL or "": none is the current context. */
int kubectl_use_context(struct kubectl_copy *copy, const char *name, struct err *err);

/* The copy as it is, or (`with` not NULL) merged with the kubeconfig text `with`, whose current context is taken. */
int kubectl_copy_text(const struct kubectl_copy *copy, struct str *ret, struct err *err);
int kubectl_merge(struct kubectl_copy *copy, const struct str *with, struct str *ret, struct err *err);
