/* SPDX-License-Identifier: Apache-2.0 */
/* Changes to a text by ranges of octets, collected in any order and made at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct splice {
	size_t start, end; /* the octets [start, end) go; equal: none */
	struct str text;   /* comes in their place */
	size_t order;	   /* of two that put text in one place, the one that was added first comes first */
};

struct splices {
	struct splice *items;
	size_t n, cap;
};

#define SPLICES_INIT                                                                                                   \
	{                                                                                                              \
		NULL, 0, 0                                                                                             \
	}

/* `text` is copied. */
void splices_add(struct splices *splices, size_t start, size_t end, const char *text);

/* Make all of them; false when two want the same octets. `*ret` must be empty. */
bool splices_apply(struct splices *splices, const char *text, size_t len, struct str *ret);

void splices_done(struct splices *splices); /* wipes the texts */
#define _cleanup_splices_ __attribute__((cleanup(splices_done)))
