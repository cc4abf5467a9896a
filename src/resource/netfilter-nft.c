/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/netfilter-nft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "resource/nft.h"

enum { TRIES = 3 }; /* others may change rules between our look and our change */

struct chain {
	const char *name;
	bool base;   /* a hook of the kernel's with policy accept, made by iptables-nft */
	bool before; /* was there before lazyjack */
	bool goes;
	size_t rules; /* that stay */
};

struct table {
	char *label; /* "ip nat" */
	bool before;
	bool other; /* sets, maps, and what else has no place in iptables */
	struct chain *chains;
	size_t n, cap;
};

struct ruleset {
	json_t *json; /* what nft printed; the names are in it */
	struct table *tables;
	size_t n, cap;
};

static void ruleset_done(struct ruleset *ruleset)
{
	size_t i;

	for (i = 0; i < ruleset->n; i++) {
		free(ruleset->tables[i].label);
		free(ruleset->tables[i].chains);
	}
	free(ruleset->tables);
	json_decref(ruleset->json);
}

#define _cleanup_ruleset_ __attribute__((cleanup(ruleset_done)))

static bool one_of(const char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

static bool is_iptables_table(const char *family, const char *name)
{
	static const char *const names[] = {"nat", "filter", "mangle", "raw", "security"};

	return (str_eq(family, "ip") || str_eq(family, "ip6")) && one_of(names, ARRAY_SIZE(names), name);
}

static bool is_base_chain(const json_t *chain)
{
	static const char *const names[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};

	return json_text(chain, "hook") && str_eq(json_text(chain, "policy"), "accept") &&
	       one_of(names, ARRAY_SIZE(names), json_text(chain, "name"));
}

static struct table *find_table(struct ruleset *ruleset, const char *family, const char *name)
{
	_cleanup_free_ char *label = mem_printf("%s %s", family, name);
	size_t i;

	for (i = 0; i < ruleset->n; i++)
		if (str_eq(ruleset->tables[i].label, label))
			return &ruleset->tables[i];
	return NULL;
}

static struct chain *find_chain(struct table *table, const char *name)
{
	size_t i;

	for (i = 0; i < table->n; i++)
		if (str_eq(table->chains[i].name, name))
			return &table->chains[i];
	return NULL;
}

static void add_table(struct ruleset *ruleset, const json_t *item)
{
	const char *family = json_text(item, "family"), *name = json_text(item, "name");

	if (!is_iptables_table(family, name))
		return;
	ruleset->tables = mem_grow(ruleset->tables, ruleset->n, &ruleset->cap, sizeof(*ruleset->tables));
	ruleset->tables[ruleset->n++].label = mem_printf("%s %s", family, name);
}

/* Anything that stands in a table: a chain, or something that iptables does not know. Rules are looked at later. */
static void add_content(struct ruleset *ruleset, const char *type, const json_t *item)
{
	struct table *table = find_table(ruleset, json_text(item, "family"), json_text(item, "table"));

	if (table == NULL || str_eq(type, "rule"))
		return;
	if (!str_eq(type, "chain")) {
		table->other = true;
		return;
	}
	table->chains = mem_grow(table->chains, table->n, &table->cap, sizeof(*table->chains));
	table->chains[table->n++] = (struct chain){.name = json_text(item, "name"), .base = is_base_chain(item)};
}

/* nft prints an array of one-key objects, each table before what is in it (libnftables-json(5)). */
static int ruleset_read(struct ruleset *ret, struct err *err)
{
	static const char *const argv[] = {"nft", "-j", "list", "ruleset", NULL};
	_cleanup_run_ struct run_result result = {0};
	json_error_t error;
	const char *type;
	json_t *entry, *item;
	size_t i;
	int r;

	r = nft_run(argv, NULL, 0, &result, err);
	if (r < 0)
		return r;
	if (result.status != 0)
		return err_set(err, EIO, "nft cannot list the rules: %s", str_text(&result.err));
	ret->json = json_loadb(str_text(&result.out), result.out.len, 0, &error);
	if (ret->json == NULL)
		return err_set(err, EBADMSG, "nft lists the rules in a form that is not JSON: %s", error.text);
	json_array_foreach (json_object_get(ret->json, "nftables"), i, entry) {
		json_object_foreach (entry, type, item) {
			if (str_eq(type, "table"))
				add_table(ret, item);
			else
				add_content(ret, type, item);
		}
	}
	return 0;
}

int netfilter_nft_record(json_t **ret, struct err *err)
{
	_cleanup_ruleset_ struct ruleset ruleset = {NULL};
	size_t i, j;
	int r;

	r = ruleset_read(&ruleset, err);
	if (r < 0)
		return r;
	*ret = json_object();
	for (i = 0; i < ruleset.n; i++) {
		json_t *chains = json_array();

		for (j = 0; j < ruleset.tables[i].n; j++)
			json_array_append_new(chains, json_string(ruleset.tables[i].chains[j].name));
		json_object_set_new(*ret, ruleset.tables[i].label, chains);
	}
	return 0;
}

/* Decide which chains go. */
static void mark(struct ruleset *ruleset, const char *prefix, const json_t *before)
{
	size_t i, j, k;
	json_t *name;

	for (i = 0; i < ruleset->n; i++) {
		struct table *table = &ruleset->tables[i];
		const json_t *names = json_object_get(before, table->label);

		table->before = names != NULL;
		json_array_foreach (names, k, name) {
			struct chain *chain = find_chain(table, json_string_value(name));

			if (chain)
				chain->before = true;
		}
		for (j = 0; j < table->n; j++)
			table->chains[j].goes = !table->chains[j].before && str_starts(table->chains[j].name, prefix);
	}
}

/* Where the rule leads to, or NULL. */
static const char *rule_target(const json_t *rule)
{
	const char *target;
	json_t *part;
	size_t i;

	json_array_foreach (json_object_get(rule, "expr"), i, part) {
		target = json_text(json_object_get(part, "jump"), "target");
		if (target == NULL)
			target = json_text(json_object_get(part, "goto"), "target");
		if (target)
			return target;
	}
	return NULL;
}

static void add_rule_deletions(struct ruleset *ruleset, struct str *ret)
{
	json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(ruleset->json, "nftables"), i, entry) {
		const json_t *rule = json_object_get(entry, "rule");
		struct chain *chain, *target;
		struct table *table;

		table = rule ? find_table(ruleset, json_text(rule, "family"), json_text(rule, "table")) : NULL;
		chain = table ? find_chain(table, json_text(rule, "chain")) : NULL;
		if (chain == NULL || chain->goes)
			continue;
		target = find_chain(table, rule_target(rule));
		if (target && target->goes)
			str_addf(ret, "delete rule %s %s handle %lld\n", table->label, chain->name,
				(long long)json_number(rule, "handle"));
		else
			chain->rules++;
	}
}

/* The chains may lead into each other, so all are emptied before the first goes. */
static void add_chain_deletions(const struct table *table, struct str *ret)
{
	size_t left = table->n, i;

	for (i = 0; i < table->n; i++)
		if (table->chains[i].goes)
			str_addf(ret, "flush chain %s %s\n", table->label, table->chains[i].name);
	for (i = 0; i < table->n; i++) {
		const struct chain *chain = &table->chains[i];

		if (chain->goes || (chain->base && !chain->before && chain->rules == 0)) {
			str_addf(ret, "delete chain %s %s\n", table->label, chain->name);
			left--;
		}
	}
	if (left == 0 && !table->before && !table->other)
		str_addf(ret, "delete table %s\n", table->label);
}

static int clean_once(const char *prefix, const json_t *before, struct err *err)
{
	_cleanup_ruleset_ struct ruleset ruleset = {NULL};
	_cleanup_str_ struct str commands = STR_INIT;
	size_t i;
	int r;

	r = ruleset_read(&ruleset, err);
	if (r < 0)
		return r;
	mark(&ruleset, prefix, before);
	add_rule_deletions(&ruleset, &commands);
	for (i = 0; i < ruleset.n; i++)
		add_chain_deletions(&ruleset.tables[i], &commands);
	return commands.len == 0 ? 0 : nft_apply(commands.s, 0, err);
}

int netfilter_nft_clean(const char *prefix, const json_t *before, struct err *err)
{
	int r = -EIO, i;

	for (i = 0; i < TRIES && r == -EIO; i++)
		r = clean_once(prefix, before, err);
	return r;
}
