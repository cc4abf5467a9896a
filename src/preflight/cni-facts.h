/* SPDX-License-Identifier: Apache-2.0 */
/* Which CNI plugins are there, what they speak, and whose configurations stand beside lazyjack's. */
#pragma once

#include "base/err.h"
#include "planner/facts.h"
#include "resource/node.h"

/* The plugins that lazyjack's configuration calls; NULL-terminated. */
extern const char *const cni_plugins[];

/* Fill cni_bin, cni_version and cni_others. */
int cni_facts(struct node *node, struct facts *facts, struct err *err);
