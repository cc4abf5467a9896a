/* SPDX-License-Identifier: Apache-2.0 */
/* libnftables-json(5). */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "preflight/diagnose-forward.h"

struct parser {
	const json_t *table; /* for its named sets */
	const struct forward_packet *packet;
};

/* What the left side of a match asks for. */
enum field {
	FIELD_OTHER,
	FIELD_FROM,
	FIELD_TO,
	FIELD_IN,
	FIELD_OUT,
	FIELD_STATE,
	FIELD_FAMILY,
};

static enum field field_of(const json_t *left, int *ret_family)
{
	const json_t *payload = json_object_get(left, "payload"), *meta = json_object_get(left, "meta");
	const char *key = json_text(meta, "key"), *name = json_text(payload, "field");

	*ret_family = str_eq(json_text(payload, "protocol"), "ip") ? AF_INET : AF_INET6;
	if (str_eq(name, "saddr"))
		return FIELD_FROM;
	if (str_eq(name, "daddr"))
		return FIELD_TO;
	if (str_eq(key, "iifname") || str_eq(key, "iif"))
		return FIELD_IN;
	if (str_eq(key, "oifname") || str_eq(key, "oif"))
		return FIELD_OUT;
	if (str_eq(key, "nfproto") || str_eq(key, "protocol"))
		return FIELD_FAMILY;
	return str_eq(json_text(json_object_get(left, "ct"), "key"), "state") ? FIELD_STATE : FIELD_OTHER;
}

static enum forward_fit fit_text(const struct parser *p, enum field field, const char *text)
{
	const struct forward_packet *packet = p->packet;
	struct prefix wanted;
	bool six;

	switch (field) {
	case FIELD_FROM:
	case FIELD_TO:
		if (address_parse(text, &wanted.address) < 0)
			return FIT_MAYBE;
		wanted = prefix_of_address(&wanted.address);
		return forward_fit_prefix(&wanted, field == FIELD_FROM ? &packet->from : &packet->to);
	case FIELD_IN:
		return forward_fit_interface(text, '*', packet->in);
	case FIELD_OUT:
		return forward_fit_interface(text, '*', packet->out);
	case FIELD_STATE:
		return str_eq(text, "new") ? FIT_SURELY : FIT_NEVER;
	case FIELD_FAMILY:
		six = str_eq(text, "ipv6") || str_eq(text, "ip6");
		return six == (packet->from.address.family == AF_INET6) ? FIT_SURELY : FIT_NEVER;
	case FIELD_OTHER:
		break;
	}
	return FIT_MAYBE;
}

static enum forward_fit fit_prefix(const struct parser *p, enum field field, const json_t *value)
{
	struct prefix wanted;
	const char *text = json_text(value, "addr");
	json_int_t length = json_number(value, "len");

	if ((field != FIELD_FROM && field != FIELD_TO) || text == NULL || address_parse(text, &wanted.address) < 0 ||
		length < 0 || length > address_bits(&wanted.address))
		return FIT_MAYBE;
	wanted.length = (unsigned int)length;
	return forward_fit_prefix(&wanted, field == FIELD_FROM ? &p->packet->from : &p->packet->to);
}

static const json_t *named_set(const struct parser *p, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(p->table, "nftables"), i, item) {
		const json_t *set = json_object_get(item, "set");

		if (set && str_eq(json_text(set, "name"), name))
			return json_object_get(set, "elem");
	}
	return NULL;
}

static enum forward_fit fit_value(const struct parser *p, enum field field, const json_t *value, int depth);

/* Any of them is enough. */
static enum forward_fit fit_any(const struct parser *p, enum field field, const json_t *values, int depth)
{
	enum forward_fit best = FIT_NEVER;
	const json_t *value;
	size_t i;

	json_array_foreach (values, i, value) {
		enum forward_fit fit = fit_value(p, field, value, depth + 1);

		if (fit > best)
			best = fit;
	}
	return best;
}

static enum forward_fit fit_value(const struct parser *p, enum field field, const json_t *value, int depth)
{
	const char *text = json_string_value(value);
	const json_t *inner;

	if (depth > 4)
		return FIT_MAYBE;
	if (text && text[0] == '@') {
		inner = named_set(p, text + 1);
		return inner ? fit_any(p, field, inner, depth) : FIT_MAYBE;
	}
	if (text)
		return fit_text(p, field, text);
	if (json_is_array(value))
		return fit_any(p, field, value, depth);
	if ((inner = json_object_get(value, "set")))
		return fit_any(p, field, inner, depth);
	if ((inner = json_object_get(value, "elem"))) /* an element with a time-out or comment */
		return fit_value(p, field, json_object_get(inner, "val"), depth + 1);
	if ((inner = json_object_get(value, "prefix")))
		return fit_prefix(p, field, inner);
	return FIT_MAYBE;
}

static enum forward_fit fit_match(const struct parser *p, const json_t *match)
{
	const char *op = json_text(match, "op");
	int family;
	enum field field = field_of(json_object_get(match, "left"), &family);
	enum forward_fit fit;

	/* "ip saddr" implies that the packet is one of that family. */
	if ((field == FIELD_FROM || field == FIELD_TO) && family != p->packet->from.address.family)
		return FIT_NEVER;
	fit = fit_value(p, field, json_object_get(match, "right"), 0);
	if (str_eq(op, "!="))
		return forward_fit_not(fit);
	return str_eq(op, "==") || str_eq(op, "in") ? fit : FIT_MAYBE;
}

/* What iptables-nft leaves to modules of its own. */
static void take_xt(const json_t *xt, struct forward_rule *rule)
{
	const char *name = json_text(xt, "name");

	if (str_eq(json_text(xt, "type"), "target")) {
		if (str_eq(name, "REJECT"))
			rule->verdict = VERDICT_DROP;
	} else if (!str_eq(name, "comment") && rule->fit == FIT_SURELY) {
		rule->fit = FIT_MAYBE;
	}
}

static bool is_one_of(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (str_eq(*names, name))
			return true;
	return false;
}

static void take_expression(const struct parser *p, const char *name, const json_t *value, struct forward_rule *rule)
{
	/* These let every packet pass on to the next expression. */
	static const char *const neutral[] = {
		"counter", "comment", "log", "mangle", "notrack", "ct helper", "secmark", NULL};
	enum forward_fit fit = FIT_SURELY;

	if (str_eq(name, "accept")) {
		rule->verdict = VERDICT_ACCEPT;
	} else if (str_eq(name, "drop") || str_eq(name, "reject")) {
		rule->verdict = VERDICT_DROP;
	} else if (str_eq(name, "return")) {
		rule->verdict = VERDICT_RETURN;
	} else if (str_eq(name, "jump") || str_eq(name, "goto")) {
		rule->verdict = name[0] == 'j' ? VERDICT_JUMP : VERDICT_GOTO;
		free(rule->target);
		rule->target = mem_strdup(json_text(value, "target"));
	} else if (str_eq(name, "match")) {
		fit = fit_match(p, value);
	} else if (str_eq(name, "xt")) {
		take_xt(value, rule);
	} else if (!is_one_of(neutral, name)) {
		fit = FIT_MAYBE; /* a limit, a verdict map, … */
	}
	if (fit < rule->fit)
		rule->fit = fit;
}

static void take_rule(const struct parser *p, const json_t *json, struct forward_rules *ret)
{
	struct forward_rule rule = {
		.chain = mem_strdup(json_text(json, "chain")),
		.fit = FIT_SURELY,
		.handle = (long)json_number(json, "handle"),
	};
	const json_t *expression;
	size_t i;

	json_array_foreach (json_object_get(json, "expr"), i, expression) {
		void *first = json_object_iter((json_t *)expression);

		if (first)
			take_expression(p, json_object_iter_key(first), json_object_iter_value(first), &rule);
	}
	forward_add(ret, &rule);
}

void forward_parse_nft(const json_t *table, const struct forward_packet *packet, struct forward_rules *ret)
{
	const struct parser parser = {table, packet};
	const json_t *item;
	size_t i;

	json_array_foreach (json_object_get(table, "nftables"), i, item) {
		const json_t *rule = json_object_get(item, "rule");

		if (rule)
			take_rule(&parser, rule, ret);
	}
}
