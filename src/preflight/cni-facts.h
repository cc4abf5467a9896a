/* SPDX-License-Identifier: Apache-2.0 */
/* Which CNI plugins are there, what they speak, and whose configurations stand beside lazyjack's. */
#pragma once

#include "base/err.h"
#include "model/cluster.h"
#include "planner/facts.h"
#include "resource/node.h"

#define CNI_PLUGINS_MAX 3

/* The plugins that lazyjack's configuration calls, NULL-terminated; none when another brings the pods' network. */
void cni_plugins(const struct cluster *cluster, const char *ret[CNI_PLUGINS_MAX + 1]);

/* Fill cni_bin, cni_version and cni_others. */
int cni_facts(struct node *node, const struct cluster *cluster, struct facts *facts, struct err *err);
