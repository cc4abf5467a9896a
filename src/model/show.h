/* SPDX-License-Identifier: Apache-2.0 */
/* The cluster for people and programs: what holds, and what follows from it. */
#pragma once

#include <jansson.h>

#include "model/cluster.h"

#define SHOW_MASKED "<masked>" /* in place of a secret; the parser takes it for an empty value */

/*
 * The configuration that `cluster` was made from, with every default filled in (`config` is changed to have them), as
 * an object of sections that is a valid configuration itself, and a member "derived" with what follows from it
 * (doc/JSON.md). With `secrets` token and certificate key are in it, else SHOW_MASKED. A new reference.
 */
json_t *cluster_show(struct config *config, const struct cluster *cluster, bool secrets);
