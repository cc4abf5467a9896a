/* SPDX-License-Identifier: Apache-2.0 */
/* One value of the configuration: its text checked and stored as its row of the schema says. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "config/diagnostic.h"
#include "config/schema.h"

struct value_place {
	const char *section;
	const char *host; /* NULL outside the topology */
	const struct schema_key *key;
	struct mark mark;
	struct diagnostics *diagnostics;
};

/*
 * Store `text` (of `len` octets, terminated) in the member of `base` that the row names. What is wrong is reported; the
 * member then has its mark and is not given.
 */
void value_set(const struct value_place *place, const char *text, size_t len, void *base);

/* Report a value that is there but cannot be used; remembers the mark as above. */
void value_refuse(const struct value_place *place, void *base, const char *hint, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
