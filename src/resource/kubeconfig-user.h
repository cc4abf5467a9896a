/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work in a directory that belongs to somebody else: he may put links there at any moment, so it is done with his
 * rights. What he could not do himself, a link cannot make us do.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct as_user {
	bool active;
	gid_t gid; /* what it was */
	gid_t *groups;
	int n_groups;
	int dumpable;
};

/* From here to as_user_leave() the process's effective user is `uid`, and `gid` its only group. 0 stays root. */
int as_user_enter(uid_t uid, gid_t gid, struct as_user *ret, struct err *err);
void as_user_leave(struct as_user *as); /* aborts when root's rights do not come back */
