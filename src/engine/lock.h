/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run at a time on a node: flock(2) on a file that says who holds it. The kernel lets go when the holder dies, so a
 * crashed run never blocks the next; no clock and no process id is ever trusted for that.
 */
#pragma once

#include "base/err.h"

struct lock;

/* Take it. -EBUSY when another run holds it: the message names its command, process id and start. */
int lock_take(const char *path, const char *verb, struct lock **ret, struct err *err);

/* Let go and remove the file. Accepts NULL. */
void lock_release(struct lock *lock);
