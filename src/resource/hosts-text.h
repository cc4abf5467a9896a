/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a hosts file (hosts(5)) with lazyjack's lines in it, by pure functions. No I/O.
 *
 * Ours end in "  #[+]"; a line of somebody else's that gives one of our names another address of the same family gets
 * the prefix "#[-] ", and when it names other hosts too, a copy without our names follows it as one of our lines.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* The text as it would be without lazyjack. */
void hosts_strip(const char *text, size_t len, struct str *ret);

/* A text without our lines gets them: `entries` is [["name", "address"], …]. */
void hosts_add(const char *text, size_t len, const json_t *entries, struct str *ret);

struct hosts_found {
	size_t wanted;	     /* of the entries, how many stand there */
	size_t stale;	     /* lines of ours that nobody wants */
	bool marked;	     /* any line bears one of the marks */
	const char *missing; /* the name of the first entry that does not stand there; borrowed from `entries` */
};

/* Look which of our lines stand in the text. */
void hosts_look(const char *text, size_t len, const json_t *entries, struct hosts_found *ret);
