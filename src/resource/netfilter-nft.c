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
	const char *family, *name;
	char *label; /* "ip nat" */
	bool before;
	bool touched; /* some chains of it go */
	struct chain *chains;
	size_t n, cap;
};

/*
 * Tables and chains without their rules: kube-proxy makes so many that nobody can list them all. Nearly all of them are
 * in chains that go, so the rules of the few others are listed chain by chain.
 */
struct ruleset {
	json_t *table_list, *chain_list; /* what nft printed; the names are in them */
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
	json_decref(ruleset->table_list);
	json_decref(ruleset->chain_list);
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
	ruleset->tables[ruleset->n++] =
		(struct table){.family = family, .name = name, .label = mem_printf("%s %s", family, name)};
}

static void add_chain(struct ruleset *ruleset, const json_t *item)
{
	struct table *table = find_table(ruleset, json_text(item, "family"), json_text(item, "table"));

	if (table == NULL)
		return;
	table->chains = mem_grow(table->chains, table->n, &table->cap, sizeof(*table->chains));
	table->chains[table->n++] = (struct chain){.name = json_text(item, "name"), .base = is_base_chain(item)};
}

/*
 * An array of one-key objects, by their types (libnftables-json(5)), a new reference. -EIO when nft refuses, as it does
 * when something went away meanwhile.
 */
static int list(const char *const *argv, json_t **ret, struct err *err)
{
	_cleanup_run_ struct run_result result = {0};
	_cleanup_json_ json_t *json = NULL;
	json_error_t error;
	int r;

	r = nft_run(argv, NULL, 0, &result, err);
	if (r < 0)
		return r;
	if (result.status != 0)
		return err_set(err, EIO, "nft cannot list the rules: %s", str_text(&result.err));
	json = json_loadb(str_text(&result.out), result.out.len, 0, &error);
	if (json == NULL)
		return err_set(err, EBADMSG, "nft lists the rules in a form that is not JSON: %s", error.text);
	*ret = json_incref(json_object_get(json, "nftables"));
	return 0;
}

static int ruleset_read(struct ruleset *ret, struct err *err)
{
	static const char *const tables[] = {"nft", "-j", "list", "tables", NULL};
	static const char *const chains[] = {"nft", "-j", "list", "chains", NULL};
	json_t *entry, *item;
	size_t i;
	int r;

	r = list(tables, &ret->table_list, err);
	if (r == 0)
		r = list(chains, &ret->chain_list, err);
	if (r < 0)
		return r;
	json_array_foreach (ret->table_list, i, entry)
		if ((item = json_object_get(entry, "table")))
			add_table(ret, item);
	json_array_foreach (ret->chain_list, i, entry)
		if ((item = json_object_get(entry, "chain")))
			add_chain(ret, item);
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
		for (j = 0; j < table->n; j++) {
			table->chains[j].goes = !table->chains[j].before && str_starts(table->chains[j].name, prefix);
			table->touched = table->touched || table->chains[j].goes;
		}
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

static int add_rule_deletions(struct table *table, struct chain *chain, struct str *ret, struct err *err)
{
	const char *const argv[] = {"nft", "-j", "list", "chain", table->family, table->name, chain->name, NULL};
	_cleanup_json_ json_t *json = NULL;
	json_t *entry;
	size_t i;
	int r;

	r = list(argv, &json, err);
	json_array_foreach (json, i, entry) {
		const json_t *rule = json_object_get(entry, "rule");
		const struct chain *target = rule ? find_chain(table, rule_target(rule)) : NULL;

		if (target && target->goes)
			str_addf(ret, "delete rule %s %s handle %lld\n", table->label, chain->name,
				(long long)json_number(rule, "handle"));
		else if (rule)
			chain->rules++;
	}
	return r;
}

/* The chains may lead into each other, so all are emptied before the first goes. */
static void add_chain_deletions(const struct table *table, struct str *ret)
{
	size_t i;

	for (i = 0; i < table->n; i++)
		if (table->chains[i].goes)
			str_addf(ret, "flush chain %s %s\n", table->label, table->chains[i].name);
	for (i = 0; i < table->n; i++) {
		const struct chain *chain = &table->chains[i];

		if (chain->goes || (chain->base && !chain->before && chain->rules == 0))
			str_addf(ret, "delete chain %s %s\n", table->label, chain->name);
	}
}

/* Only rules that may lead into what goes are looked at, and those of base chains that may go. */
static int add_deletions(struct table *table, struct str *ret, struct err *err)
{
	size_t i;
	int r = 0;

	for (i = 0; i < table->n && r == 0; i++) {
		struct chain *chain = &table->chains[i];

		if (!chain->goes && (table->touched || (chain->base && !chain->before)))
			r = add_rule_deletions(table, chain, ret, err);
	}
	if (r == 0)
		add_chain_deletions(table, ret);
	return r;
}

static int clean_chains(const char *prefix, const json_t *before, struct err *err)
{
	_cleanup_ruleset_ struct ruleset ruleset = {NULL};
	_cleanup_str_ struct str commands = STR_INIT;
	size_t i;
	int r;

	r = ruleset_read(&ruleset, err);
	if (r == 0)
		mark(&ruleset, prefix, before);
	for (i = 0; i < ruleset.n && r == 0; i++)
		r = add_deletions(&ruleset.tables[i], &commands, err);
	return r < 0 || commands.len == 0 ? r : nft_apply(commands.s, 0, err);
}

/* Sets, maps, and what else has no place in iptables may be in a table without chains. */
static int clean_table(const struct table *table, struct err *err)
{
	const char *const argv[] = {"nft", "-j", "list", "table", table->family, table->name, NULL};
	_cleanup_free_ char *command = mem_printf("delete table %s\n", table->label);
	_cleanup_json_ json_t *json = NULL;
	json_t *entry;
	size_t i;
	int r;

	r = list(argv, &json, err);
	json_array_foreach (json, i, entry)
		if (json_object_get(entry, "metainfo") == NULL && json_object_get(entry, "table") == NULL)
			return 0;
	return r < 0 ? r : nft_apply(command, 0, err);
}

static int clean_tables(const char *prefix, const json_t *before, struct err *err)
{
	_cleanup_ruleset_ struct ruleset ruleset = {NULL};
	size_t i;
	int r;

	r = ruleset_read(&ruleset, err);
	if (r == 0)
		mark(&ruleset, prefix, before);
	for (i = 0; i < ruleset.n && r == 0; i++)
		if (ruleset.tables[i].n == 0 && !ruleset.tables[i].before)
			r = clean_table(&ruleset.tables[i], err);
	return r;
}

int netfilter_nft_clean(const char *prefix, const json_t *before, struct err *err)
{
	int r = -EIO, i;

	for (i = 0; i < TRIES && r == -EIO; i++) {
		r = clean_chains(prefix, before, err);
		if (r == 0)
			r = clean_tables(prefix, before, err);
	}
	return r;
}
