/* SPDX-License-Identifier: Apache-2.0 */
/* Whether somebody answers where the cluster's API server is to be found. */
#pragma once

#include "base/err.h"
#include "net/endpoint.h"

/*
 * Connect and hang up, from this process' network namespace, with at most 2 seconds for each address of the host.
 * Returns 0, -ENXIO when the resolver does not know the name, or what connect(2) had to say: -ECONNREFUSED,
 * -ETIMEDOUT, -EHOSTUNREACH ...
 */
int api_server_connect(const struct endpoint *endpoint, struct err *err);
