/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a running unit has read of its configuration: the digest of it, noted when lazyjack started or restarted the
 * unit. The note outlives a reboot, since the unit reads the same files then.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "resource/node.h"

/* True when the note for the unit says `digest` (NULL: it need not say anything). */
bool unit_digest_is(const struct node *node, const char *unit, const char *digest);

/* Write the note; nothing for NULL. */
int unit_digest_set(const struct node *node, const char *unit, const char *digest, struct err *err);

/* Remove it, and the directory with the last one. */
void unit_digest_forget(const struct node *node, const char *unit);
