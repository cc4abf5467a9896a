/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look for the known pitfalls on this machine: each diagnosis is one row of a table and looks at one thing. Unlike the
 * checks before a change, these may be asked at any time, with or without a configuration; nothing is changed, and no
 * diagnosis keeps another from being made.
 */
#pragma once

#include "preflight/preflight.h"

struct doctor {
	struct node *node;
	const struct cluster *cluster; /* NULL: no configuration, only the machine itself is looked at */
	const struct cluster_node *self;
	const char *state_directory; /* where the journal is, a real path */
	const char *ssh_server;	     /* address (with %ZONE) that the SSH session came to; NULL: none */
};

struct doctor_counts {
	size_t looked;
	size_t skipped; /* need a configuration */
};

/*
 * Make all diagnoses. One that could not look is a warning among the findings. Returns 0, or -EINTR when a signal asked
 * to stop. Programs are given 5 s each, the kernel and systemd answer at once or not at all.
 */
int doctor_run(const struct doctor *what, struct findings *findings, struct doctor_counts *ret, struct err *err);

/* What a diagnosis belongs to, for a person who reads the findings: "forwarding", "addresses", … */
const char *doctor_group(const char *id);

/* The id of the n-th diagnosis, NULL behind the last one. */
const char *doctor_id(size_t n);

/*
 * The third word of SSH_CONNECTION (ssh(1)) of the process or the nearest of its ancestors that has one, since sudo
 * takes the variable away; the caller frees it. NULL: none.
 */
char *doctor_ssh_server(struct node *node, long pid);
