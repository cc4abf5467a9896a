/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/apt.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"

#define UPDATES "/var/lib/dpkg/updates"

enum {
	QUERY_MS = 30000,
	RUN_MS = 30 * 60 * 1000, /* a slow mirror is no error */
	LOCK_MS = 120000,
	PAUSE_MS = 500,
	WORDS_MAX = 256,  /* of an argument vector */
	QUOTE_MAX = 1000, /* octets of what an error quotes */
};

/* needrestart(1) would restart other services, apt-listchanges(1) would ask. */
static const char *const environment[] = {"DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "NEEDRESTART_SUSPEND=1",
	"APT_LISTCHANGES_FRONTEND=none", NULL};

bool apt_has(const json_t *names, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach (names, i, item)
		if (str_eq(json_string_value(item), name))
			return true;
	return false;
}

void apt_add(json_t *names, const char *name)
{
	if (!apt_has(names, name))
		json_array_append_new(names, json_string(name));
}

static int run_words(struct node *node, const char *const *words, const json_t *names, int timeout,
	struct run_result *ret, struct err *err)
{
	const char *argv[WORDS_MAX];
	const json_t *name;
	size_t n = 0, i;

	*ret = (struct run_result){0};
	for (; *words; words++)
		argv[n++] = *words;
	json_array_foreach (names, i, name) {
		if (n + 1 >= WORDS_MAX)
			return err_set(err, E2BIG, "these are too many packages at once for '%s'", argv[0]);
		argv[n++] = json_string_value(name);
	}
	argv[n] = NULL;
	return run_program(
		&(struct run_options){
			.argv = argv,
			.environment = environment,
			.timeout_ms = timeout,
			.root = node->root[0] ? node->root : NULL,
		},
		ret, err);
}

/* The last of what it wrote tells little with these programs; what they call an error tells more. */
static int failed(const char *program, const struct run_result *result, struct err *err)
{
	const char *text = str_text(result->err.len ? &result->err : &result->out), *line;
	_cleanup_str_ struct str words = STR_INIT;

	for (line = text; *line && words.len < QUOTE_MAX; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t n = strcspn(line, "\n");

		if (n > 0 && !str_starts(line, "W: ") && !str_starts(line, "Errors were encountered")) {
			str_add(&words, words.len ? " | " : "");
			str_add_n(&words, line + strspn(line, " "), n - strspn(line, " "));
		}
	}
	return err_set(err, EIO, "'%s' failed with status %d: %s", program, result->status, str_text(&words));
}

/* To a good end. */
static int run_well(
	struct node *node, const char *const *words, const json_t *names, int timeout, struct str *ret, struct err *err)
{
	_cleanup_run_ struct run_result result = {0};
	int r = run_words(node, words, names, timeout, &result, err);

	if (r < 0)
		return r;
	if (result.status != 0)
		return failed(words[0], &result, err);
	if (ret) {
		*ret = result.out;
		result.out = (struct str)STR_INIT;
	}
	return 0;
}

/*
 * dpkg gives up at once when somebody else has its lock, which may be a dpkg that runs on although the apt-get that
 * started it was killed.
 */
static int run_dpkg(
	struct node *node, const char *const *words, const json_t *names, struct run_result *ret, struct err *err)
{
	int64_t deadline = clock_ms() + LOCK_MS;
	int r;

	for (;;) {
		run_shield(true);
		r = run_words(node, words, names, RUN_MS, ret, err);
		run_shield(false);
		if (r < 0 || ret->status == 0 || !strstr(str_text(&ret->err), "lock was locked by another process") ||
			clock_left(deadline) == 0)
			return r;
		run_done(ret);
		clock_pause(PAUSE_MS);
	}
}

static enum apt_state state_of(const char *word, size_t n)
{
	static const struct {
		const char *word;
		enum apt_state state;
	} rows[] = {{"installed", APT_INSTALLED}, {"not-installed", APT_ABSENT}, {"config-files", APT_CONFIG_FILES},
		/* What waits for a trigger of another package works. */
		{"triggers-awaited", APT_INSTALLED}, {"triggers-pending", APT_INSTALLED}};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].word) == n && memcmp(word, rows[i].word, n) == 0)
			return rows[i].state;
	return APT_BROKEN;
}

int apt_look(struct node *node, const char *package, enum apt_state *ret, bool *ret_held, struct err *err)
{
	const char *const argv[] = {
		"/usr/bin/dpkg-query", "-W", "-f=${db:Status-Want} ${db:Status-Status}\\n", package, NULL};
	_cleanup_run_ struct run_result result = {0};
	enum apt_state state = APT_ABSENT;
	bool held = false;
	const char *line;
	int r;

	r = run_program(
		&(struct run_options){
			.argv = argv,
			.environment = environment,
			.timeout_ms = QUERY_MS,
			.root = node->root[0] ? node->root : NULL,
		},
		&result, err);
	if (r < 0)
		return r;
	/* 1: it knows no such package. One line for each architecture. */
	if (result.status > 1)
		return err_set(
			err, EIO, "'dpkg-query' failed with status %d: %s", result.status, str_text(&result.err));
	for (line = str_text(&result.out); *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *word = line + strcspn(line, " \n");
		enum apt_state here;

		word += *word == ' ';
		here = state_of(word, strcspn(word, "\n"));
		state = here > state ? here : state;
		held = held || str_starts(line, "hold ");
	}
	*ret = state;
	if (ret_held)
		*ret_held = held;
	return 0;
}

int apt_offers(struct node *node, const char *package, struct err *err)
{
	const char *const words[] = {"/usr/bin/apt-cache", "policy", package, NULL};
	static const char candidate[] = "Candidate: ";
	_cleanup_str_ struct str out = STR_INIT;
	const char *at;
	int r = run_well(node, words, NULL, QUERY_MS, &out, err);

	if (r < 0)
		return r;
	at = strstr(str_text(&out), candidate);
	return at && !str_starts(at + sizeof(candidate) - 1, "(none)");
}

json_t *apt_simulated(const char *output, const char *verb, json_t *ret_upgraded)
{
	json_t *names = json_array();
	size_t n = strlen(verb);
	const char *line;

	for (line = output; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		_cleanup_free_ char *name = NULL;
		const char *word = line + n + 1;

		if (strncmp(line, verb, n) != 0 || line[n] != ' ')
			continue;
		name = mem_strndup(word, strcspn(word, " \n"));
		word += strlen(name);
		apt_add(names, name);
		/* "Inst NAME [old] (new ORIGIN [architecture])" */
		if (ret_upgraded && word[0] == ' ' && word[1] == '[')
			apt_add(ret_upgraded, name);
	}
	return names;
}

int apt_simulate_install(struct node *node, const char *package, char **ret, struct err *err)
{
	const char *const words[] = {
		"/usr/bin/apt-get", "-s", "-y", "-q", "--no-install-recommends", "install", package, NULL};
	struct str out = STR_INIT;
	int r = run_well(node, words, NULL, QUERY_MS, &out, err);

	if (r == 0)
		*ret = str_take(&out);
	return r;
}

int apt_install(struct node *node, const json_t *packages, struct err *err)
{
	const char *const words[] = {"/usr/bin/apt-get", "-y", "-q", "--no-install-recommends", "-o",
		"DPkg::Lock::Timeout=120", "-o", "Dpkg::Use-Pty=0", "-o", "Dpkg::Options::=--force-confdef", "-o",
		"Dpkg::Options::=--force-confold", "install", NULL};
	int r;

	run_shield(true);
	r = run_well(node, words, packages, RUN_MS, NULL, err);
	run_shield(false);
	return r;
}

/* The word at `text` up to a blank, without "." or ":" at its end and an architecture; the caller frees it. */
static char *package_at(const char *text)
{
	size_t n = strcspn(text, " \n:");

	return mem_strndup(text, n > 0 && text[n - 1] == '.' ? n - 1 : n);
}

/*
 * "dpkg: dependency problems prevent removal of PACKAGE:", then lines " OTHER depends on PACKAGE."; each package that
 * was not removed stands in a line "dpkg: error processing package PACKAGE (--remove):" as well.
 */
bool apt_needed(const char *errors, json_t **ret)
{
	static const char prevent[] = "dpkg: dependency problems prevent removal of ",
			  error[] = "dpkg: error processing package ";
	json_t *needed = json_object();
	_cleanup_free_ char *package = NULL;
	bool only = true;
	const char *line;

	for (line = errors; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (str_starts(line, prevent)) {
			free(package);
			package = package_at(line + sizeof(prevent) - 1);
		} else if (*line == ' ' && package && json_object_get(needed, package) == NULL) {
			_cleanup_free_ char *other = package_at(line + 1);

			json_object_set_new(needed, package, json_string(other));
		} else if (str_starts(line, error)) {
			_cleanup_free_ char *name = package_at(line + sizeof(error) - 1);

			only = only && json_object_get(needed, name) != NULL;
		}
	}
	*ret = needed;
	return only && json_object_size(needed) > 0;
}

int apt_remove(struct node *node, const json_t *packages, json_t **ret_needed, struct err *err)
{
	const char *const words[] = {"/usr/bin/dpkg", "--force-remove-reinstreq", "--remove", NULL};
	_cleanup_run_ struct run_result result = {0};
	_cleanup_json_ json_t *needed = NULL;
	int r = run_dpkg(node, words, packages, &result, err);

	if (r < 0)
		return r;
	if (!apt_needed(str_text(&result.err), &needed) && result.status != 0)
		return failed(words[0], &result, err);
	*ret_needed = TAKE_PTR(needed);
	return 0;
}

int apt_purge(struct node *node, const json_t *packages, struct err *err)
{
	const char *const words[] = {"/usr/bin/dpkg", "--purge", NULL};
	_cleanup_run_ struct run_result result = {0};
	int r = json_array_size(packages) ? run_dpkg(node, words, packages, &result, err) : 0;

	return r == 0 && result.status != 0 ? failed(words[0], &result, err) : r;
}

int apt_automatic(struct node *node, json_t **ret, struct err *err)
{
	const char *const words[] = {"/usr/bin/apt-mark", "showauto", NULL};
	_cleanup_str_ struct str out = STR_INIT;
	json_t *names;
	const char *line;
	int r = run_well(node, words, NULL, QUERY_MS, &out, err);

	if (r < 0)
		return r;
	names = json_array();
	for (line = str_text(&out); *line; line += strcspn(line, "\n"), line += *line == '\n') {
		_cleanup_free_ char *name = mem_strndup(line, strcspn(line, "\n"));

		if (*name)
			json_array_append_new(names, json_string(name));
	}
	*ret = names;
	return 0;
}

int apt_mark(struct node *node, const char *action, const json_t *packages, struct err *err)
{
	const char *const words[] = {"/usr/bin/apt-mark", action, NULL};

	return run_well(node, words, packages, QUERY_MS, NULL, err);
}

/* Files with numbers for names. */
static bool is_interrupted(const struct node *node)
{
	_cleanup_free_ char *path = node_path(node, UPDATES);
	DIR *directory = opendir(path);
	struct dirent *entry;
	bool found = false;

	while (directory && !found && (entry = readdir(directory)))
		found = isdigit((unsigned char)entry->d_name[0]);
	if (directory)
		closedir(directory);
	return found;
}

int apt_repair(struct node *node, struct err *err)
{
	const char *const words[] = {"/usr/bin/dpkg", "--force-confdef", "--force-confold", "--configure", "-a", NULL};
	_cleanup_run_ struct run_result result = {0};

	/* What cannot be configured is no hindrance: the files that say "interrupted" go all the same. */
	return is_interrupted(node) ? run_dpkg(node, words, NULL, &result, err) : 0;
}
