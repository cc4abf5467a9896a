/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every section and key of the configuration, once. Parsing, type checks, which mode needs what, "did you mean", the
 * sample, the JSON Schema and the manual's table of keys come from these rows; a new key is one row here and one member
 * in struct config.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum value_type {
	VALUE_CHOICE,	   /* struct config_text: one of `choices` */
	VALUE_WORDS,	   /* struct config_text: words with blanks between them */
	VALUE_PATH,	   /* struct config_text: an absolute path */
	VALUE_SOCKET,	   /* struct config_text: an absolute path of a socket, kept without "unix://" */
	VALUE_NETWORKS,	   /* struct config_text: networks of `family` with blanks between them, or "none" */
	VALUE_IMAGE,	   /* struct config_text: the name of a container image */
	VALUE_INTERFACE,   /* struct config_text: a name that the kernel takes for a link */
	VALUE_VERSION,	   /* struct config_text: "latest" or "v1.2.3" */
	VALUE_TOKEN,	   /* struct config_text: a bootstrap token; never shown */
	VALUE_SECRET,	   /* struct config_text: 32 octets in hexadecimal; never shown */
	VALUE_HASH,	   /* struct config_text: SHA-256 in hexadecimal */
	VALUE_ENDPOINT,	   /* struct config_text: an address or a name, with or without a port */
	VALUE_NUMBER,	   /* struct config_number: min..max */
	VALUE_FLAG,	   /* struct config_flag */
	VALUE_ADDRESS,	   /* struct config_address of `family` */
	VALUE_PREFIX,	   /* struct config_prefix of `family` */
	VALUE_OLD_NETWORK, /* struct config_text: the address of a network, its length elsewhere (earlier releases) */
};

/* A value that earlier releases wrote in two parts: `modern` names what took the place of each. */
enum schema_part {
	PART_NONE,
	PART_NETWORK, /* struct config_text: an address, or for pods its leading groups */
	PART_LENGTH,  /* struct config_number: the prefix length */
};

/* Bits of the modes, in the order of general.mode's choices. */
enum {
	IN_IPV6 = 1 << 0,
	IN_IPV4 = 1 << 1,
	IN_DUAL = 1 << 2,
	IN_NONE = 0,
	IN_ALL = IN_IPV6 | IN_IPV4 | IN_DUAL,
	SCHEMA_MODES = 3, /* how many */
};

struct schema_key {
	const char *name; /* NULL ends a table */
	enum value_type type;
	size_t offset;		      /* in struct config; in struct config_host for the keys of a host */
	int family;		      /* AF_INET, AF_INET6, AF_UNSPEC: either */
	unsigned long min, max;	      /* VALUE_NUMBER */
	const char *const *choices;   /* VALUE_CHOICE, NULL-terminated */
	unsigned int needed, allowed; /* in these modes; for a host's keys: `needed` in all or none */
	const char *help;	      /* what it is: a phrase, lower case, no full stop */
	const char *detail;	      /* for the manual alone: limits, and what else is to know; may be NULL */
	const char *values;	      /* what it takes, where the type does not say it well; may be NULL */
	const char *unit;	      /* VALUE_NUMBER; may be NULL */
	const char *default_text;     /* as the manual shows it; NULL: none */
	bool default_derived;	      /* default_text is a description, not a value */
	const char *samples[2];	      /* what the sample has, for IPv6 and for IPv4; NULL: none, or one for both */

	/* forms of earlier releases */
	bool top_level;	       /* it stood outside of the section, and may */
	const char *modern;    /* the key that took this one's place; NULL: this is it */
	enum schema_part part; /* of the value of `modern` */
};

struct schema_section {
	const char *name; /* NULL ends the table */
	const char *help; /* a sentence */
	bool hosts;	  /* its keys are host names, each a mapping of `keys` */
	const struct schema_key *keys;
	const char *detail; /* for the manual alone; may be NULL */
};

enum { SCHEMA_KEYS_MAX = 16, SCHEMA_SECTIONS_MAX = 16 }; /* a section's, and how many sections */

extern const struct schema_section schema_sections[];

/* Whether a value of this key is shown to nobody who did not ask for secrets. */
bool schema_is_secret(const struct schema_key *key);

/* The row with this name, or NULL. */
const struct schema_section *schema_section(const char *name);
const struct schema_key *schema_key(const struct schema_section *section, const char *name);

/* The section that has this key (a modern one, not a host's) when there is exactly one, or NULL. */
const struct schema_section *schema_home(const char *name);

/* The key that may stand at top level as in earlier releases, with its section; NULL: none has this name. */
const struct schema_key *schema_top_level(const char *name, const struct schema_section **ret_section);

/* "ipv6", "ipv4", "dual-stack", NULL: by the number of the bit. */
extern const char *const schema_modes[];

/* Whether a file in the present form may have this key. */
static inline bool schema_is_modern(const struct schema_key *key)
{
	return key->modern == NULL;
}
