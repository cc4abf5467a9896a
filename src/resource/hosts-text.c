/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/hosts-text.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/address.h"
#include "resource/lines.h"

#define ADDED "  #[+]"
#define REMOVED "#[-] "

enum { NAME_MAX_OCTETS = 255 }; /* of a host name (RFC 1035 section 2.3.4); longer words name none of ours */

struct entry {
	const char *name;
	const char *text;
	struct address address;
	bool found;
};

struct hosts_index {
	struct entry *items; /* by name */
	size_t n;
};

struct word {
	const char *s;
	size_t len;
};

static int compare_entries(const void *a, const void *b)
{
	return strcasecmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int compare_name(const void *name, const void *entry)
{
	return strcasecmp(name, ((const struct entry *)entry)->name);
}

static struct hosts_index *hosts_index_new(const json_t *entries)
{
	struct hosts_index *index = mem_new(1, sizeof(*index));
	size_t i;

	index->n = json_array_size(entries);
	index->items = mem_new(index->n, sizeof(*index->items));
	for (i = 0; i < index->n; i++) {
		const json_t *pair = json_array_get(entries, i);
		struct entry *entry = &index->items[i];

		entry->name = json_string_value(json_array_get(pair, 0));
		entry->text = json_string_value(json_array_get(pair, 1));
		if (entry->name == NULL || entry->text == NULL || address_parse(entry->text, &entry->address) < 0)
			entry->name = entry->text = "";
	}
	qsort(index->items, index->n, sizeof(*index->items), compare_entries);
	return index;
}

static void hosts_index_freep(struct hosts_index **index)
{
	free((*index)->items);
	free(*index);
}
#define _cleanup_index_ __attribute__((cleanup(hosts_index_freep)))

/* The first of the entries for a name; `*ret_n` of them stand in a row. */
static struct entry *find(const struct hosts_index *index, const struct word *word, size_t *ret_n)
{
	char name[NAME_MAX_OCTETS + 1];
	struct entry *entry, *end = index->items + index->n;

	*ret_n = 0;
	if (word->len > NAME_MAX_OCTETS)
		return NULL;
	memcpy(name, word->s, word->len);
	name[word->len] = '\0';
	entry = bsearch(name, index->items, index->n, sizeof(*index->items), compare_name);
	if (entry == NULL)
		return NULL;
	while (entry > index->items && strcasecmp(entry[-1].name, name) == 0)
		entry--;
	while (entry + *ret_n < end && strcasecmp(entry[*ret_n].name, name) == 0)
		++*ret_n;
	return entry;
}

/* The next word of a line from `*at`, up to a comment. */
static bool next_word(const struct line *line, size_t *at, struct word *ret)
{
	static const char ends[] = " \t\r\n#";
	size_t from = *at, to;

	while (from < line->len && (line->s[from] == ' ' || line->s[from] == '\t'))
		from++;
	to = from;
	while (to < line->len && memchr(ends, line->s[to], sizeof(ends) - 1) == NULL)
		to++;
	*at = to;
	*ret = (struct word){line->s + from, to - from};
	return to > from;
}

static bool is_added(const struct line *line)
{
	size_t n = line_length(line), m = strlen(ADDED);

	return n >= m && memcmp(line->s + n - m, ADDED, m) == 0;
}

static bool is_removed(const struct line *line)
{
	return line->len >= strlen(REMOVED) && memcmp(line->s, REMOVED, strlen(REMOVED)) == 0;
}

void hosts_strip(const char *text, size_t len, struct str *ret)
{
	_cleanup_lines_ struct lines lines = LINES_INIT;
	size_t i;

	lines_split(text, len, &lines);
	for (i = 0; i < lines.n; i++) {
		const struct line *line = &lines.items[i];
		size_t skip = is_removed(line) ? strlen(REMOVED) : 0;

		if (!is_added(line))
			str_add_n(ret, line->s + skip, line->len - skip);
	}
}

/* True when one of our names stands for another address of the family than this one. */
static bool clashes(const struct hosts_index *index, const struct word *word, const struct address *address)
{
	bool family = false;
	size_t n, i;
	struct entry *entry = find(index, word, &n);

	for (i = 0; i < n; i++) {
		if (address_equal(&entry[i].address, address))
			return false;
		family = family || entry[i].address.family == address->family;
	}
	return family;
}

/* Add one line of somebody else's: as it is, or put out of action, with a copy that has only the other names. */
static void add_line(const struct hosts_index *index, const struct line *line, struct str *ret)
{
	_cleanup_str_ struct str kept = STR_INIT;
	char text[ADDRESS_TEXT_MAX];
	struct address address;
	bool clash = false, others = false;
	struct word word;
	size_t at = 0;

	if (next_word(line, &at, &word) && word.len < sizeof(text)) {
		memcpy(text, word.s, word.len);
		text[word.len] = '\0';
		str_add(&kept, text);
		while (address_parse(text, &address) == 0 && next_word(line, &at, &word)) {
			if (clashes(index, &word, &address)) {
				clash = true;
				continue;
			}
			others = true;
			str_add(&kept, " ");
			str_add_n(&kept, word.s, word.len);
		}
	}
	if (clash)
		str_add(ret, REMOVED);
	str_add_n(ret, line->s, line->len);
	if (line_length(line) == line->len)
		str_add(ret, "\n");
	if (clash && others) {
		str_add(ret, str_text(&kept));
		str_add(ret, ADDED "\n");
	}
}

void hosts_add(const char *text, size_t len, const json_t *entries, struct str *ret)
{
	_cleanup_index_ struct hosts_index *index = hosts_index_new(entries);
	_cleanup_lines_ struct lines lines = LINES_INIT;
	size_t i;

	lines_split(text, len, &lines);
	for (i = 0; i < lines.n; i++)
		add_line(index, &lines.items[i], ret);
	for (i = 0; i < json_array_size(entries); i++) {
		const json_t *pair = json_array_get(entries, i);

		str_addf(ret, "%s %s" ADDED "\n", json_string_value(json_array_get(pair, 1)),
			json_string_value(json_array_get(pair, 0)));
	}
}

/* Tick off the entry that a line "ADDRESS NAME  #[+]" stands for; false when there is none. */
static bool tick_off(const struct hosts_index *index, const struct line *line)
{
	bool found = false;
	struct word address, name;
	size_t at = 0, n, i;
	struct entry *entry;

	if (!next_word(line, &at, &address) || !next_word(line, &at, &name) || at + strlen(ADDED) != line_length(line))
		return false;
	entry = find(index, &name, &n);
	for (i = 0; i < n; i++)
		if (strlen(entry[i].text) == address.len && memcmp(entry[i].text, address.s, address.len) == 0)
			found = entry[i].found = true;
	return found;
}

void hosts_look(const char *text, size_t len, const json_t *entries, struct hosts_found *ret)
{
	_cleanup_index_ struct hosts_index *index = hosts_index_new(entries);
	_cleanup_lines_ struct lines lines = LINES_INIT;
	size_t i;

	*ret = (struct hosts_found){0};
	lines_split(text, len, &lines);
	for (i = 0; i < lines.n; i++) {
		const struct line *line = &lines.items[i];

		ret->marked = ret->marked || is_removed(line) || is_added(line);
		if (is_removed(line) || !is_added(line))
			continue;
		if (!tick_off(index, line) && (i == 0 || !is_removed(&lines.items[i - 1])))
			ret->stale++;
	}
	for (i = 0; i < index->n; i++) {
		ret->wanted += index->items[i].found;
		if (!index->items[i].found && ret->missing == NULL)
			ret->missing = index->items[i].name;
	}
}
