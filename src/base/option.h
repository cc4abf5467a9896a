/* SPDX-License-Identifier: Apache-2.0 */
/* Options by table: parsing, help and manual come from the same rows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum option_kind {
	OPTION_FLAG,   /* bool; may have "=true" or "=false" */
	OPTION_COUNT,  /* unsigned int: one more each time, or set to a number given as value */
	OPTION_TEXT,   /* const char *, never empty */
	OPTION_NUMBER, /* unsigned long, 0..max */
};

struct option_row {
	const char *name; /* long name without dashes; NULL ends a table */
	char letter;	  /* short name; 0: none */
	enum option_kind kind;
	void *value;		    /* bool *, unsigned int *, const char ** or unsigned long *; NULL: has no effect */
	unsigned long max;	    /* for OPTION_NUMBER and OPTION_COUNT */
	const char *argument;	    /* "FILE"; NULL for flags. "FILE", "DIR" and "HOST" are completed as such */
	const char *help;	    /* NULL: accepted, but not shown */
	const char *const *choices; /* the texts allowed, in any case, ended by NULL; NULL: any text */
};

/*
 * One dash or two make no difference before a name, and '_' in a name is '-': --log-dir DIR, -log_dir=DIR. A letter is
 * a name, too (-c=FILE, --v=2); letters may also stand together behind one dash, the last with its value: -nvc FILE,
 * -cFILE, -v2. A value is behind '=' or is the next word. A count takes the next word only if that is all digits and
 * the option stands alone: "-v 2", but neither "-v init" nor "-vv 2".
 */

/*
 * Take the options of the tables (NULL-terminated list of tables) out of argv, wherever they stand before "--"; the
 * other words stay in their order and `*argc` shrinks. "--" itself stays with what follows, when `keep_dashes`. Returns
 * 0 or -EINVAL with a message that names the nearest option.
 */
int options_parse(const struct option_row *const *tables, int *argc, char **argv, bool keep_dashes, struct err *err);

/* What a word of the command line is, without taking it. */
struct option_word {
	const struct option_row *row; /* the last one of letters that stand together; NULL: no option of the tables */
	const char *value;	      /* within the word or the word behind it; NULL: none, or not there yet */
	int words;		      /* 2 when the value is, or should be, the word behind it; else 1 */
};

/* `word` begins with a dash; `next` is the word behind it, or NULL. */
struct option_word option_look(const struct option_row *const *tables, const char *word, const char *next);

/* Is it an option, and neither a word for the command ("-", "name") nor the end of options ("--")? */
bool option_like(const char *word);

/* The rows as help text, aligned. */
void options_help(const struct option_row *table, struct str *ret);
