/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be true before the first change. Each check is one row of a table and looks at one thing; nothing here
 * changes the machine. Errors stop a command (exit status 3), warnings don't.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "config/diagnostic.h"
#include "model/cluster.h"
#include "planner/facts.h"
#include "resource/node.h"

struct finding {
	const char *id; /* of the check, stable: "interface", "port" */
	enum severity severity;
	char *message; /* what is wrong, one line */
	char *cure;    /* what to do; may be NULL */
};

struct findings {
	struct finding *items;
	size_t n;
	size_t cap;
	unsigned int errors;
};

#define FINDINGS_INIT                                                                                                  \
	{                                                                                                              \
		NULL, 0, 0, 0                                                                                          \
	}
#define _cleanup_findings_ __attribute__((cleanup(findings_done)))

/* What a check looks at. */
struct preflight {
	struct node *node;
	const struct cluster *cluster;
	const struct cluster_node *self;
	const struct facts *facts;
	const char *state_directory; /* where the journal will be, as a path on the node */
	bool kubeadm;		     /* kubeadm is to be run */
	bool member;		     /* lazyjack has made this node a member of its cluster already */
};

/*
 * Run all checks that belong to `verb` ("prepare", "up") and to the node's roles; what is wrong goes to `findings`, all
 * of it. Returns the number of errors among them, or a negative errno value when looking itself failed.
 */
int preflight_run(const struct preflight *what, const char *verb, struct findings *findings, struct err *err);

void findings_done(struct findings *findings);
