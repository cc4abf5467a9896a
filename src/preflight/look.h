/* SPDX-License-Identifier: Apache-2.0 */
/* Small questions about the machine that facts and checks have in common. All paths are the node's. */
#pragma once

#include <stdbool.h>

#include "resource/node.h"

bool look_exists(struct node *node, const char *path);

/* The absolute path of a program, NULL when it isn't in any of the usual directories; the caller frees it. */
char *look_program(struct node *node, const char *program);

/*
 * Run "kubeadm", "kubelet" or "kubectl" for its version, "v1.20.2"; NULL when the program is missing or says something
 * else. The caller frees it.
 */
char *look_kubernetes_version(struct node *node, const char *program);
