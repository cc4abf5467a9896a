/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ask the API server something, as this node's own kubectl would. Only `get --raw`: it asks for nothing else before and
 * keeps no cache below the home directory, so that looking leaves no trace.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"

/*
 * GET `path` ("/readyz") with the credentials of `kubeconfig`, a full path, within 15 s. `ret` (may be NULL) receives
 * the body; the caller's. -ENOTSUP: the server has no such path, or gives it to others only; -ENOENT: there is no
 * kubectl; -EIO and others: no answer, or a bad one, and the error quotes the last line of what kubectl said.
 */
int kubectl_get(const char *kubeconfig, const char *path, struct str *ret, struct err *err);

/* Append text of others to a message: one line of printable ASCII, at most `max` octets and then "...". */
void kubectl_quote(const char *text, size_t max, struct str *ret);
