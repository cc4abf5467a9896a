/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chains of iptables' older back end (x_tables). Its programs are run only where the kernel says that it has such
 * tables in this namespace already: listing an absent one would make it.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "resource/node.h"

/* Whether there is such a table ("filter") of IPv6 or IPv4 in this namespace. */
bool netfilter_legacy_has(const struct node *node, bool six, const char *table);

/* The chains that begin with `prefix`: {"iptables": {"nat": ["CNI-…", …]}, "ip6tables": {…}}. A new reference. */
int netfilter_legacy_record(const struct node *node, const char *prefix, json_t **ret, struct err *err);

/* Remove the chains that begin with `prefix`, and the rules that lead into them. What `before` names stays. */
int netfilter_legacy_clean(const struct node *node, const char *prefix, const json_t *before, struct err *err);
