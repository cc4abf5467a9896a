/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a packet filter would do with the first packet of a connection between pods. Both ways to read a filter
 * (iptables-save's text, nft's JSON) give the same rules, each with how sure it is that the packet matches. A rule that
 * may or may not match decides nothing: only what is certain is reported.
 */
#pragma once

#include <jansson.h>

#include "net/prefix.h"

struct forward_packet {
	struct prefix from, to; /* every address in them; length 0: any */
	const char *in, *out;	/* interfaces, NULL: not known */
	const char *words;	/* "packets of the pods here to other nodes" */
};

enum forward_fit {
	FIT_NEVER,
	FIT_MAYBE,
	FIT_SURELY,
};

enum forward_verdict {
	VERDICT_NONE, /* goes on with the next rule */
	VERDICT_ACCEPT,
	VERDICT_DROP, /* or reject */
	VERDICT_RETURN,
	VERDICT_JUMP,
	VERDICT_GOTO,
};

struct forward_rule {
	char *chain;
	enum forward_fit fit;
	enum forward_verdict verdict;
	char *target; /* of a jump; else NULL */
	char *text;   /* as its tool shows it; NULL: only the handle is known */
	long handle;  /* nftables' */
};

struct forward_rules {
	struct forward_rule *items;
	size_t n, cap;
};

struct forward_verdict_of {
	enum forward_verdict verdict;	 /* ACCEPT or DROP */
	const struct forward_rule *rule; /* NULL: the policy */
};

/* Walk through the base chain; `drops` is its policy. */
struct forward_verdict_of forward_judge(const struct forward_rules *rules, const char *chain, bool drops);

/* Rules of table filter in the text of iptables-save. `ret_drops` is the policy of FORWARD. */
void forward_parse_save(
	const char *text, const struct forward_packet *packet, struct forward_rules *ret, bool *ret_drops);

/* Rules of a table in the JSON of `nft -j list table FAMILY NAME`. */
void forward_parse_nft(const json_t *table, const struct forward_packet *packet, struct forward_rules *ret);

void forward_add(struct forward_rules *rules, const struct forward_rule *taken);
void forward_rules_done(struct forward_rules *rules);
#define _cleanup_forward_rules_ __attribute__((cleanup(forward_rules_done)))

/* How sure a packet's address or interface matches; `pattern` ends in `wildcard` for "all that begin so". */
enum forward_fit forward_fit_prefix(const struct prefix *wanted, const struct prefix *packet);
enum forward_fit forward_fit_interface(const char *pattern, char wildcard, const char *interface);
enum forward_fit forward_fit_not(enum forward_fit fit);
