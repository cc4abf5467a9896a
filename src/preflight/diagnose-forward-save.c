/* SPDX-License-Identifier: Apache-2.0 */
/* iptables-save(8): "*TABLE", ":CHAIN POLICY [counters]", and rules as the arguments of iptables(8). */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "preflight/diagnose-forward.h"
#include "resource/lines.h"

#define WORD_MAX 512 /* a comment has 255 octets at most, each of which may be quoted */

struct parser {
	const struct forward_packet *packet;
	const char *at; /* behind the last word */
	const char *end;
	char word[WORD_MAX];
};

/* The next word without its quotes. */
static bool next(struct parser *p)
{
	bool quoted = false;
	size_t n = 0;

	while (p->at < p->end && *p->at == ' ')
		p->at++;
	if (p->at == p->end)
		return false;
	for (; p->at < p->end && (quoted || *p->at != ' '); p->at++) {
		if (*p->at == '"') {
			quoted = !quoted;
			continue;
		}
		if (*p->at == '\\' && p->at + 1 < p->end)
			p->at++;
		if (n + 1 < sizeof(p->word))
			p->word[n++] = *p->at;
	}
	p->word[n] = '\0';
	return true;
}

static enum forward_fit fit_address(const char *text, const struct prefix *packet)
{
	struct prefix wanted;

	if (address_parse(text, &wanted.address) == 0)
		wanted = prefix_of_address(&wanted.address);
	else if (prefix_parse(text, &wanted) < 0)
		return FIT_MAYBE; /* a mask that is no prefix */
	return forward_fit_prefix(&wanted, packet);
}

/* The packet is the first one of its connection. */
static enum forward_fit fit_state(const char *states)
{
	return strstr(states, "NEW") ? FIT_SURELY : FIT_NEVER;
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
	return str_eq(word, a) || str_eq(word, b);
}

static enum forward_fit read_match(struct parser *p, const char *option)
{
	const struct forward_packet *packet = p->packet;

	if (str_eq(option, "-m")) {
		if (!next(p))
			return FIT_MAYBE;
		/* What these ask for comes as an option of its own. */
		return str_eq(p->word, "comment") || is_one_of(p->word, "conntrack", "state") ? FIT_SURELY : FIT_MAYBE;
	}
	if (!next(p))
		return FIT_MAYBE;
	if (str_eq(option, "--comment"))
		return FIT_SURELY;
	if (str_eq(option, "-s"))
		return fit_address(p->word, &packet->from);
	if (str_eq(option, "-d"))
		return fit_address(p->word, &packet->to);
	if (str_eq(option, "-i"))
		return forward_fit_interface(p->word, '+', packet->in);
	if (str_eq(option, "-o"))
		return forward_fit_interface(p->word, '+', packet->out);
	if (is_one_of(option, "--ctstate", "--state"))
		return fit_state(p->word);
	return FIT_MAYBE;
}

static void read_target(struct parser *p, bool jump, struct forward_rule *rule)
{
	if (!next(p))
		return;
	if (is_one_of(p->word, "DROP", "REJECT")) {
		rule->verdict = VERDICT_DROP;
	} else if (str_eq(p->word, "ACCEPT")) {
		rule->verdict = VERDICT_ACCEPT;
	} else if (str_eq(p->word, "RETURN")) {
		rule->verdict = VERDICT_RETURN;
	} else {
		/* A target such as LOG has no rules, so a jump there does nothing either. */
		rule->verdict = jump ? VERDICT_JUMP : VERDICT_GOTO;
		rule->target = mem_strdup(p->word);
	}
}

/* Behind "-A CHAIN". */
static void read_rule(struct parser *p, struct forward_rule *rule)
{
	bool negated = false;

	while (next(p)) {
		char option[WORD_MAX];
		enum forward_fit fit;

		if (str_eq(p->word, "!")) {
			negated = true;
			continue;
		}
		memcpy(option, p->word, sizeof(option));
		if (is_one_of(option, "-j", "-g")) {
			read_target(p, option[1] == 'j', rule);
			return; /* what follows belongs to the target */
		}
		/* Unknown options without a value are no harm: the rule is uncertain already. */
		fit = option[0] == '-' ? read_match(p, option) : FIT_MAYBE;
		if (negated)
			fit = forward_fit_not(fit);
		negated = false;
		if (fit < rule->fit)
			rule->fit = fit;
	}
}

static void read_line(struct parser *p, const struct line *line, struct forward_rules *ret, bool *ret_drops)
{
	struct forward_rule rule = {.fit = FIT_SURELY};

	p->at = line->s;
	p->end = line->s + line_length(line);
	if (!next(p))
		return;
	if (str_eq(p->word, ":FORWARD")) {
		*ret_drops = next(p) && str_eq(p->word, "DROP");
	} else if (str_eq(p->word, "-A") && next(p)) {
		rule.chain = mem_strdup(p->word);
		rule.text = mem_strndup(line->s, line_length(line));
		read_rule(p, &rule);
		forward_add(ret, &rule);
	}
}

void forward_parse_save(
	const char *text, const struct forward_packet *packet, struct forward_rules *ret, bool *ret_drops)
{
	_cleanup_lines_ struct lines lines = LINES_INIT;
	struct parser parser = {.packet = packet};
	bool filter = false;
	size_t i;

	*ret_drops = false;
	lines_split(text, strlen(text), &lines);
	for (i = 0; i < lines.n; i++) {
		const struct line *line = &lines.items[i];

		if (line->s[0] == '*')
			filter = line_length(line) == 7 && memcmp(line->s, "*filter", 7) == 0;
		else if (filter && line->s[0] != '#')
			read_line(&parser, line, ret, ret_drops);
	}
}
