/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What nearly every command needs: the configuration as a cluster, the node it acts for, the machine, the journal, the
 * lock, and somebody to tell. Opened in one call, closed in one call.
 */
#pragma once

#include "command/command.h"
#include "engine/engine.h"
#include "engine/lock.h"
#include "model/cluster.h"
#include "report/report.h"
#include "resource/node.h"

enum session_need {
	SESSION_CONFIG = 1 << 0, /* load and check the configuration, find the own node */
	SESSION_ROOT = 1 << 1,	 /* must be root */
	SESSION_LOCK = 1 << 2,	 /* nobody else may change this node meanwhile (not taken for --dry-run) */
};

struct session {
	const char *verb;
	char *config_text; /* the file as it was read; what `init` edits */
	size_t config_len;
	struct config *config;
	struct cluster *cluster;
	const struct cluster_node *self;
	struct node *node;
	struct report *report;
	struct lock *lock;
	struct engine_settings engine;
};

/* Returns EXIT_DONE, or the exit status to end with; what is wrong has been printed then. Always session_close(). */
int session_open(struct session *session, const char *verb, unsigned int needs);

/* Let go of the lock early, or take it (again); session_close() lets go as well. */
int session_lock(struct session *session, struct err *err);
void session_unlock(struct session *session);

/* Run the plan under the session's verb, print the summary. Returns an exit status. */
int session_apply(struct session *session, const struct plan *plan);

/* Undo what the verb recorded and the plan no longer wants; silent when that is nothing. Returns an exit status. */
int session_undo_stale(struct session *session, const struct plan *plan);

/* Undo what the verbs (NULL: all) recorded, print the summary. Returns an exit status. */
int session_undo(struct session *session, const char *const *verbs);

/* Apply again what a reboot took away. Returns an exit status. */
int session_restore(struct session *session);

/* How kubeadm made this node a member of its cluster, KUBEADM_INIT or the like; NULL when lazyjack did not have it
 * done. */
const char *session_member(const struct session *session);

/* Print an error the way the chosen report does; returns `status`. */
int session_fail(struct session *session, int status, const struct err *err);

void session_close(struct session *session);
