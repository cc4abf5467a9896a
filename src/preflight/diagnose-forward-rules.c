/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "preflight/diagnose-forward.h"

enum { DEPTH_MAX = 32 }; /* the kernel allows 16 jumps within one another (nftables), and refuses loops */

enum forward_fit forward_fit_not(enum forward_fit fit)
{
	return fit == FIT_SURELY ? FIT_NEVER : fit == FIT_NEVER ? FIT_SURELY : FIT_MAYBE;
}

enum forward_fit forward_fit_prefix(const struct prefix *wanted, const struct prefix *packet)
{
	if (wanted->address.family != packet->address.family)
		return FIT_NEVER;
	if (prefix_contains(wanted, packet))
		return FIT_SURELY;
	return prefix_overlaps(wanted, packet) ? FIT_MAYBE : FIT_NEVER;
}

enum forward_fit forward_fit_interface(const char *pattern, char wildcard, const char *interface)
{
	size_t n = strlen(pattern);
	bool open = n > 0 && pattern[n - 1] == wildcard;

	if (open && n == 1)
		return FIT_SURELY;
	if (interface == NULL)
		return FIT_MAYBE;
	if (open ? strncmp(pattern, interface, n - 1) == 0 : str_eq(pattern, interface))
		return FIT_SURELY;
	return FIT_NEVER;
}

/* What the chain decides; VERDICT_NONE: nothing, the packet goes on where it came from. */
static struct forward_verdict_of walk(const struct forward_rules *rules, const char *chain, int depth)
{
	static const struct forward_verdict_of nothing = {VERDICT_NONE, NULL};
	size_t i;

	for (i = 0; i < rules->n && depth < DEPTH_MAX; i++) {
		const struct forward_rule *rule = &rules->items[i];
		struct forward_verdict_of inner;

		if (rule->fit != FIT_SURELY || !str_eq(rule->chain, chain))
			continue;
		switch (rule->verdict) {
		case VERDICT_NONE:
			break;
		case VERDICT_ACCEPT:
		case VERDICT_DROP:
			return (struct forward_verdict_of){rule->verdict, rule};
		case VERDICT_RETURN:
			return nothing;
		case VERDICT_JUMP:
		case VERDICT_GOTO:
			inner = walk(rules, rule->target, depth + 1);
			if (inner.verdict != VERDICT_NONE || rule->verdict == VERDICT_GOTO)
				return inner;
			break;
		}
	}
	return nothing;
}

struct forward_verdict_of forward_judge(const struct forward_rules *rules, const char *chain, bool drops)
{
	struct forward_verdict_of result = walk(rules, chain, 0);

	if (result.verdict == VERDICT_NONE)
		result.verdict = drops ? VERDICT_DROP : VERDICT_ACCEPT;
	return result;
}

void forward_add(struct forward_rules *rules, const struct forward_rule *taken)
{
	rules->items = mem_grow(rules->items, rules->n, &rules->cap, sizeof(*rules->items));
	rules->items[rules->n++] = *taken;
}

void forward_rules_done(struct forward_rules *rules)
{
	size_t i;

	for (i = 0; i < rules->n; i++) {
		free(rules->items[i].chain);
		free(rules->items[i].target);
		free(rules->items[i].text);
	}
	free(rules->items);
	*rules = (struct forward_rules){0};
}
