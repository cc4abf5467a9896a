/* SPDX-License-Identifier: Apache-2.0 */
/* The directory that holds secrets and kubeadm's documents, which both `init` and `prepare` need. Pure. */
#pragma once

#include "model/cluster.h"
#include "step/plan.h"

/* The work area, root's alone, and those of its parents that may be missing. */
void plan_work_area(const struct cluster *cluster, struct plan *ret);
