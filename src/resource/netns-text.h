/* SPDX-License-Identifier: Apache-2.0 */
/* How steps that may lie in a network namespace ("netns" in `want`) call it in words. */
#pragma once

#include <jansson.h>

#include "base/str.h"

/* The name as it goes into `want`: NULL for the namespace that we run in. */
const char *netns_or_null(const char *netns);

/* " in NETNS", nothing for the namespace that we run in. */
void netns_suffix(const json_t *want, struct str *ret);

/* "ip", "ip -n NETNS". */
void netns_ip(const json_t *want, struct str *ret);
