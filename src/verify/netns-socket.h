/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of another network namespace: a socket stays in the namespace it was made in, whoever uses it later. */
#pragma once

#include "base/err.h"
#include "resource/node.h"

/* socket(2) inside `netns` (NULL: here), non-blocking and close-on-exec. */
int netns_socket(struct node *node, const char *netns, int family, int type, int protocol, int *ret, struct err *err);
