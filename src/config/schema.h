/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every section and key of the configuration, once. Parsing, type checks, "did you mean", the JSON Schema and the
 * manual's table of keys come from these rows; a new key is one row here and one member in struct config.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum value_type {
	VALUE_CHOICE,	 /* struct config_text: one of `choices` */
	VALUE_WORDS,	 /* struct config_text: words with blanks between them */
	VALUE_PATH,	 /* struct config_text: an absolute path */
	VALUE_INTERFACE, /* struct config_text: a name that the kernel takes for a link */
	VALUE_VERSION,	 /* struct config_text: "latest" or "v1.2.3" */
	VALUE_TOKEN,	 /* struct config_text: a bootstrap token; never shown */
	VALUE_HASH,	 /* struct config_text: SHA-256 in hexadecimal */
	VALUE_NUMBER,	 /* struct config_number: min..max */
	VALUE_FLAG,	 /* struct config_flag */
	VALUE_ADDRESS,	 /* struct config_address of `family` */
	VALUE_PREFIX,	 /* struct config_prefix of `family` */
};

struct schema_key {
	const char *name; /* NULL ends a table */
	enum value_type type;
	size_t offset;		    /* in struct config; in struct config_host for the keys of a host */
	int family;		    /* AF_INET, AF_INET6, AF_UNSPEC: either */
	unsigned long min, max;	    /* VALUE_NUMBER */
	const char *const *choices; /* VALUE_CHOICE, NULL-terminated */
	const char *modern;	    /* the key that took this one's place; NULL: this is it */
	const char *default_text;   /* as the manual shows it; NULL: none */
	const char *help;	    /* one sentence */
};

struct schema_section {
	const char *name; /* NULL ends the table */
	const char *help;
	bool hosts; /* its keys are host names, each a mapping of `keys` */
	const struct schema_key *keys;
};

#define SCHEMA_KEYS_MAX 16 /* a section's */

extern const struct schema_section schema_sections[];

/* The row with this name, or NULL. */
const struct schema_section *schema_section(const char *name);
const struct schema_key *schema_key(const struct schema_section *section, const char *name);

/* The section that has this key (a modern one, not a host's) when there is exactly one, or NULL. */
const struct schema_section *schema_home(const char *name);
