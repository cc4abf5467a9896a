/* SPDX-License-Identifier: Apache-2.0 */
/* Options by table: parsing, help and manual come from the same rows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_COUNT,  /* unsigned int, one more each time */
	OPTION_TEXT,   /* const char * */
	OPTION_NUMBER, /* unsigned long, 0..max */
};

struct option_row {
	const char *name; /* long name without dashes; NULL ends a table */
	char letter;	  /* short name; 0: none */
	enum option_kind kind;
	void *value;	      /* bool *, unsigned int *, const char ** or unsigned long * */
	unsigned long max;    /* for OPTION_NUMBER */
	const char *argument; /* "FILE"; NULL for flags */
	const char *help;
};

/*
 * Take the options of the tables (NULL-terminated list of tables) out of argv, wherever they stand before "--"; the
 * other words stay in their order and `*argc` shrinks. "--" itself stays with what follows, when `keep_dashes`. Returns
 * 0 or -EINVAL with a message that names the nearest option.
 */
int options_parse(const struct option_row *const *tables, int *argc, char **argv, bool keep_dashes, struct err *err);

/* The rows as help text, aligned. */
void options_help(const struct option_row *table, struct str *ret);
