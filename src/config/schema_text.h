/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the schema for people: what a key takes, and tables of all keys. */
#pragma once

#include "base/str.h"
#include "config/schema.h"

/* "`bridge`, `ptp`", "1280 to 65535 octets", "IPv6 network": what may stand there. */
void schema_value_text(const struct schema_key *key, struct str *ret);

/* "always", "in `ipv6`, refused elsewhere", "no": where a key has to be. */
void schema_needed_text(const struct schema_key *key, struct str *ret);

/* The sections, each with a table of its keys, and the old forms, as the manual has them. */
void schema_markdown(struct str *ret);

/* One paragraph a key, for a terminal. */
void schema_plain(struct str *ret);
