/* SPDX-License-Identifier: Apache-2.0 */
/* What a node's kubeadm step stands on, for its parts: kubeadm.c, kubeadm-run.c, kubeadm-reset.c. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"
#include "resource/node.h"

#define KUBELET_UNIT "kubelet.service"

/*
 * `kubeadm init` or `join`, shown live and logged, ended at `deadline` of clock_ms(). The error tells what to do.
 * -EAGAIN: the cluster has not noticed yet that an earlier member of this name has gone.
 */
int kubeadm_run(const json_t *want, struct node *node, int64_t deadline, struct err *err);

/*
 * `kubeadm reset`, and away with what it leaves behind of this node's membership. `others` (may be NULL), paths of
 * kubeadm_aside_find(), are kept.
 */
int kubeadm_reset(const json_t *want, struct node *node, const json_t *others, struct err *err);
