/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/netfilter-legacy.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "resource/lines.h"

#define LOCK_WAIT "5" /* seconds for xtables.lock, which kube-proxy holds at times */

enum { NAMES_MAX = 4096 };

static const struct family {
	const char *name; /* in records */
	const char *program;
	const char *restore;
	const char *tables; /* names of the tables there are, one a line */
} families[] = {
	{"iptables", "iptables-legacy", "iptables-legacy-restore", "/proc/net/ip_tables_names"},
	{"ip6tables", "ip6tables-legacy", "ip6tables-legacy-restore", "/proc/net/ip6_tables_names"},
};

/* `iptables -S` of one table. 0 also when the program is not installed: then nobody here uses it. */
static int list_rules(const struct family *family, const char *table, struct str *ret, struct err *err)
{
	const char *const argv[] = {family->program, "-w", LOCK_WAIT, "-t", table, "-S", NULL};
	const struct run_options options = {.argv = argv};
	_cleanup_run_ struct run_result result = {0};
	_cleanup_err_ struct err reason = ERR_INIT;
	int r;

	r = run_program(&options, &result, &reason);
	if (r == -ENOENT) {
		log_info("the kernel has tables of '%s', but the program is missing", family->program);
		return 0;
	}
	if (r < 0)
		return err_set(err, reason.code, "%s", reason.msg);
	if (result.status != 0)
		return err_set(
			err, EIO, "%s cannot list table '%s': %s", family->program, table, str_text(&result.err));
	str_add(ret, str_text(&result.out));
	return 0;
}

/* The next word of a rule from `*at`; quoted ones count as one, with their quotes. */
static bool next_word(const struct line *line, size_t *at, struct line *ret)
{
	size_t i = *at, n = line_length(line), from;
	bool quoted = false;

	while (i < n && line->s[i] == ' ')
		i++;
	from = i;
	for (; i < n && (quoted || line->s[i] != ' '); i++) {
		if (line->s[i] == '\\' && i + 1 < n)
			i++;
		else if (line->s[i] == '"')
			quoted = !quoted;
	}
	*at = i;
	*ret = (struct line){line->s + from, i - from};
	return i > from;
}

static bool word_is(const struct line *word, const char *text)
{
	return word->len == strlen(text) && memcmp(word->s, text, word->len) == 0;
}

static bool is_kept(const struct line *chain, const json_t *before)
{
	json_t *name;
	size_t i;

	json_array_foreach (before, i, name)
		if (word_is(chain, json_string_value(name)))
			return true;
	return false;
}

/* True for a chain that goes. */
static bool goes(const struct line *chain, const char *prefix, const json_t *before)
{
	size_t n = strlen(prefix);

	return chain->len >= n && memcmp(chain->s, prefix, n) == 0 && !is_kept(chain, before);
}

/* True when the rest of a rule leads into a chain that goes. */
static bool leads_into(const struct line *line, size_t at, const char *prefix, const json_t *before)
{
	struct line word;

	while (next_word(line, &at, &word))
		if ((word_is(&word, "-j") || word_is(&word, "-g")) && next_word(line, &at, &word) &&
			goes(&word, prefix, before))
			return true;
	return false;
}

/*
 * What iptables-restore has to do, from what `iptables -S` prints: its lines are commands ("-N CHAIN", "-A CHAIN
 * RULE"), so a rule is deleted by its own words.
 */
static void make_commands(const char *rules, const char *prefix, const json_t *before, struct str *ret)
{
	_cleanup_str_ struct str emptied = STR_INIT, removed = STR_INIT;
	_cleanup_lines_ struct lines lines = LINES_INIT;
	size_t i;

	lines_split(rules, strlen(rules), &lines);
	for (i = 0; i < lines.n; i++) {
		const struct line *line = &lines.items[i];
		struct line command, chain;
		size_t at = 0;

		if (!next_word(line, &at, &command) || !next_word(line, &at, &chain))
			continue;
		if (goes(&chain, prefix, before)) {
			if (word_is(&command, "-N")) {
				str_addf(&emptied, "-F %.*s\n", (int)chain.len, chain.s);
				str_addf(&removed, "-X %.*s\n", (int)chain.len, chain.s);
			}
		} else if (word_is(&command, "-A") && leads_into(line, at, prefix, before)) {
			str_addf(ret, "-D%.*s\n", (int)(line_length(line) - 2), line->s + 2);
		}
	}
	str_add(ret, str_text(&emptied));
	str_add(ret, str_text(&removed));
}

static int clean_table(
	const struct family *family, const char *table, const char *prefix, const json_t *before, struct err *err)
{
	const char *const argv[] = {family->restore, "-w", LOCK_WAIT, "--noflush", NULL};
	_cleanup_str_ struct str rules = STR_INIT, commands = STR_INIT, input = STR_INIT;
	struct run_options options = {.argv = argv};
	int r;

	r = list_rules(family, table, &rules, err);
	if (r < 0)
		return r;
	make_commands(str_text(&rules), prefix, before, &commands);
	if (commands.len == 0)
		return 0;
	str_addf(&input, "*%s\n%sCOMMIT\n", table, commands.s);
	options.input = input.s;
	options.input_len = input.len;
	return run_checked(&options, NULL, err);
}

/* Add the chains of one table to `ret`. */
static int record_table(
	const struct family *family, const char *table, const char *prefix, json_t *ret, struct err *err)
{
	_cleanup_lines_ struct lines lines = LINES_INIT;
	_cleanup_str_ struct str rules = STR_INIT;
	json_t *chains = json_array();
	size_t i;
	int r;

	json_object_set_new(ret, table, chains);
	r = list_rules(family, table, &rules, err);
	if (r < 0)
		return r;
	lines_split(str_text(&rules), rules.len, &lines);
	for (i = 0; i < lines.n; i++) {
		struct line command, chain;
		size_t at = 0;

		if (next_word(&lines.items[i], &at, &command) && word_is(&command, "-N") &&
			next_word(&lines.items[i], &at, &chain) && goes(&chain, prefix, NULL))
			json_array_append_new(chains, json_stringn(chain.s, chain.len));
	}
	return 0;
}

/* Call `each` for every table of the family in this namespace. */
static int for_tables(const struct node *node, const struct family *family,
	int (*each)(const struct family *family, const char *table, void *user, struct err *err), void *user,
	struct err *err)
{
	_cleanup_free_ char *path = node_path(node, family->tables), *names = NULL;
	_cleanup_lines_ struct lines lines = LINES_INIT;
	size_t len, i;
	int r = 0;

	/* The file is there only where the kernel has this back end at all. */
	if (file_read(path, NAMES_MAX, &names, &len, NULL, NULL) < 0)
		return 0;
	lines_split(names, len, &lines);
	for (i = 0; i < lines.n && r == 0; i++) {
		_cleanup_free_ char *table = mem_strndup(lines.items[i].s, line_length(&lines.items[i]));

		r = each(family, table, user, err);
	}
	return r;
}

struct record_request {
	const char *prefix;
	json_t *into;
};

static int record_each(const struct family *family, const char *table, void *user, struct err *err)
{
	struct record_request *request = user;

	return record_table(family, table, request->prefix, request->into, err);
}

int netfilter_legacy_record(const struct node *node, const char *prefix, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *record = json_object();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		struct record_request request = {prefix, json_object()};
		int r;

		json_object_set_new(record, families[i].name, request.into);
		r = for_tables(node, &families[i], record_each, &request, err);
		if (r < 0)
			return r;
	}
	*ret = TAKE_PTR(record);
	return 0;
}

struct clean_request {
	const char *prefix;
	const json_t *before; /* of the family: {"nat": […]} */
};

static int clean_each(const struct family *family, const char *table, void *user, struct err *err)
{
	const struct clean_request *request = user;

	return clean_table(family, table, request->prefix, json_object_get(request->before, table), err);
}

int netfilter_legacy_clean(const struct node *node, const char *prefix, const json_t *before, struct err *err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++) {
		struct clean_request request = {prefix, json_object_get(before, families[i].name)};
		int r = for_tables(node, &families[i], clean_each, &request, err);

		if (r < 0)
			return r;
	}
	return 0;
}

bool netfilter_legacy_has(const struct node *node, bool six, const char *table)
{
	_cleanup_free_ char *path = node_path(node, families[six].tables), *names = NULL;
	_cleanup_lines_ struct lines lines = LINES_INIT;
	size_t len, i;

	if (file_read(path, NAMES_MAX, &names, &len, NULL, NULL) < 0)
		return false;
	lines_split(names, len, &lines);
	for (i = 0; i < lines.n; i++)
		if (line_length(&lines.items[i]) == strlen(table) &&
			memcmp(lines.items[i].s, table, strlen(table)) == 0)
			return true;
	return false;
}
