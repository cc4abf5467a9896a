/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What verification says to a responder, and hears: one line with a nonce there, one line of JSON back, {"node":
 * "minion-1", "pod": "fd00:40::5", "nonce": …}. The nonce proves that the answer is to this question, the node's name
 * that it comes from where it should. Pure, but for the random numbers.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "net/address.h"

#define GREETING_PORT 10264 /* unused by Kubernetes, whose own are 10248 to 10260 */
#define GREETING_NONCE 32   /* hexadecimal digits */
#define GREETING_LINE_MAX 64

/* A new request: the nonce and a newline. */
void greeting_request(char ret[GREETING_NONCE + 2]);

/* The answer to a request of `len` octets, with its newline; `pod` may be NULL. -EINVAL: that was no request. */
int greeting_answer(const char *request, size_t len, const char *node, const struct address *pod, struct str *ret);

/*
 * Read the answer to `request` that has to come from `node`. `ret_pod` (may be NULL) gets the pod's address. -EPROTO:
 * not an answer, or to something else; -ENODEV: another node answered; -ENXIO: an answer without the address that was
 * wanted.
 */
int greeting_read(const char *answer, const char *request, const char *node, struct address *ret_pod, struct err *err);
