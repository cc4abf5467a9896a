/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* One option of a word: letters that stand together are several. */
struct use {
	const struct option_row *row; /* NULL: unknown */
	const char *shown;	      /* as the person wrote it: "--config", "-v" */
	int shown_len;
	const char *value;   /* NULL: none within the word */
	const char *letters; /* those still to come; NULL: none */
	bool takes_next;     /* the value is, or should be, the word behind */
};

static bool all_digits(const char *s)
{
	return s[0] && s[strspn(s, "0123456789")] == '\0';
}

static bool same_name(const char *name, const char *typed, size_t len)
{
	size_t i;

	if (strlen(name) != len)
		return false;
	for (i = 0; i < len; i++)
		if (name[i] != typed[i] && !(strchr("-_", name[i]) && strchr("-_", typed[i])))
			return false;
	return true;
}

static const struct option_row *find(const struct option_row *const *tables, const char *name, size_t len)
{
	for (; *tables; tables++) {
		const struct option_row *row;

		for (row = *tables; row->name; row++)
			if (same_name(row->name, name, len) || (len == 1 && row->letter == name[0]))
				return row;
	}
	return NULL;
}

static bool needs_value(const struct option_row *row)
{
	return row->kind == OPTION_TEXT || row->kind == OPTION_NUMBER;
}

/* "--name", "-name", "--name=value", "-v=2" */
static bool read_name(const struct option_row *const *tables, const char *word, const char *next, struct use *ret)
{
	const char *name = word + (word[1] == '-' ? 2 : 1), *end = strchrnul(name, '=');

	*ret = (struct use){.shown = word, .shown_len = (int)(end - word)};
	ret->row = find(tables, name, (size_t)(end - name));
	if (ret->row == NULL)
		return false;
	if (*end)
		ret->value = end + 1;
	else
		ret->takes_next = needs_value(ret->row) || (ret->row->kind == OPTION_COUNT && next && all_digits(next));
	return true;
}

/* The next one of "-nvc FILE", "-cFILE", "-v2". */
static void read_letter(const struct option_row *const *tables, struct use *use)
{
	const char *p = use->letters;

	*use = (struct use){.row = find(tables, p, 1), .shown = p, .shown_len = 1};
	if (use->row && needs_value(use->row)) {
		use->value = p[1] ? p + 1 : NULL;
		use->takes_next = !p[1];
	} else if (use->row && use->row->kind == OPTION_COUNT && all_digits(p + 1)) {
		use->value = p + 1;
	} else {
		use->letters = p[1] ? p + 1 : NULL;
	}
}

static void read_first(const struct option_row *const *tables, const char *word, const char *next, struct use *ret)
{
	if (read_name(tables, word, next, ret) || word[1] == '-')
		return;
	ret->letters = word + 1;
	read_letter(tables, ret);
}

static const char *nearest(const struct option_row *const *tables, const char *name)
{
	const char *names[128];
	size_t n = 0;

	for (; *tables; tables++) {
		const struct option_row *row;

		for (row = *tables; row->name && n < ARRAY_SIZE(names); row++)
			names[n++] = row->name;
	}
	return str_nearest(name, names, n);
}

static int unknown(const struct option_row *const *tables, const char *word, const struct use *use, struct err *err)
{
	const char *name = word + (word[1] == '-' ? 2 : 1);
	size_t len = strcspn(name, "=");
	_cleanup_free_ char *typed = mem_strndup(name, len);
	int shown = (int)(name - word + (ptrdiff_t)len);
	const char *near = nearest(tables, typed);

	if (near)
		return err_set(err, EINVAL, "unknown option '%.*s': did you mean '--%s'?", shown, word, near);
	if (word[1] != '-' && len > 1 && use->shown_len == 1)
		return err_set(err, EINVAL, "unknown option '-%c' in '%s': see 'lazyjack help'", *use->shown, word);
	return err_set(err, EINVAL, "unknown option '%.*s': see 'lazyjack help'", shown, word);
}

/* What a person writes before the value: "--config", "-c". */
static const char *dash(const struct use *use)
{
	return use->shown[0] == '-' ? "" : "-";
}

static int wrong(const struct use *use, const char *value, const char *wanted, struct err *err)
{
	return err_set(err, EINVAL, "'%s' is no value for '%s%.*s': %s is wanted", value, dash(use), use->shown_len,
		use->shown, wanted);
}

static int take_flag(const struct use *use, const char *value, struct err *err)
{
	static const char *const words[] = {"false", "true", "0", "1", "f", "t"};
	size_t i = 1;

	if (value) {
		for (i = 0; i < ARRAY_SIZE(words) && strcasecmp(words[i], value) != 0; i++)
			;
		if (i == ARRAY_SIZE(words))
			return wrong(use, value, "true or false", err);
	}
	if (use->row->value)
		*(bool *)use->row->value = i % 2;
	return 0;
}

static int take_number(const struct use *use, const char *value, unsigned long *ret, struct err *err)
{
	_cleanup_free_ char *wanted = NULL;

	if (str_to_uint(value, use->row->max, ret) == 0)
		return 0;
	wanted = mem_printf("a number from 0 to %lu", use->row->max);
	return wrong(use, value, wanted, err);
}

static int take_count(const struct use *use, const char *value, struct err *err)
{
	unsigned int *count = use->row->value;
	unsigned long number = 0;

	if (value == NULL) {
		(*count)++;
		return 0;
	}
	if (take_number(use, value, &number, err) < 0)
		return -EINVAL;
	*count = (unsigned int)number;
	return 0;
}

static int take_text(const struct use *use, const char *value, struct err *err)
{
	_cleanup_str_ struct str wanted = STR_INIT;
	const char *const *choice = use->row->choices;

	if (choice) {
		for (; *choice && strcasecmp(*choice, value) != 0; choice++)
			str_addf(&wanted, "%s'%s'",
				choice == use->row->choices ? ""
				: choice[1]		    ? ", "
							    : " or ",
				*choice);
		if (*choice == NULL)
			return wrong(use, value, str_text(&wanted), err);
		value = *choice;
	}
	if (use->row->value)
		*(const char **)use->row->value = value;
	return 0;
}

static int take(const struct use *use, const char *next, struct err *err)
{
	const char *value = use->takes_next ? next : use->value;
	unsigned long number;

	if (needs_value(use->row) && (value == NULL || value[0] == '\0'))
		return err_set(err, EINVAL, "option '%s%.*s' needs a value: --%s %s", dash(use), use->shown_len,
			use->shown, use->row->name, use->row->argument);
	switch (use->row->kind) {
	case OPTION_FLAG:
		return take_flag(use, value, err);
	case OPTION_COUNT:
		return take_count(use, value, err);
	case OPTION_TEXT:
		return take_text(use, value, err);
	case OPTION_NUMBER:
		return take_number(use, value, use->row->value ? use->row->value : &number, err);
	}
	return -EINVAL;
}

/* Returns how many words were taken. */
static int take_word(const struct option_row *const *tables, const char *word, const char *next, struct err *err)
{
	struct use use;

	for (read_first(tables, word, next, &use);; read_letter(tables, &use)) {
		if (use.row == NULL)
			return unknown(tables, word, &use, err);
		if (take(&use, next, err) < 0)
			return -EINVAL;
		if (use.letters == NULL)
			return use.takes_next ? 2 : 1;
	}
}

struct option_word option_look(const struct option_row *const *tables, const char *word, const char *next)
{
	struct use use;

	read_first(tables, word, next, &use);
	while (use.row && use.letters)
		read_letter(tables, &use);
	return (struct option_word){
		.row = use.row,
		.value = use.takes_next ? next : use.value,
		.words = use.takes_next ? 2 : 1,
	};
}

bool option_like(const char *word)
{
	return word[0] == '-' && word[1] && strcmp(word, "--") != 0;
}

int options_parse(const struct option_row *const *tables, int *argc, char **argv, bool keep_dashes, struct err *err)
{
	int i, kept = 0, r;

	for (i = 0; i < *argc; i += r) {
		if (strcmp(argv[i], "--") == 0) {
			for (i += keep_dashes ? 0 : 1; i < *argc; i++)
				argv[kept++] = argv[i];
			break;
		}
		r = 1;
		if (!option_like(argv[i])) {
			argv[kept++] = argv[i];
			continue;
		}
		r = take_word(tables, argv[i], i + 1 < *argc ? argv[i + 1] : NULL, err);
		if (r < 0)
			return r;
	}
	*argc = kept;
	argv[kept] = NULL;
	return 0;
}

void options_help(const struct option_row *table, struct str *ret)
{
	const struct option_row *row;
	size_t width = 0;

	for (row = table; row->name; row++) {
		size_t n = strlen(row->name) + (row->argument ? strlen(row->argument) + 1 : 0);

		if (row->help && n > width)
			width = n;
	}
	for (row = table; row->name; row++) {
		size_t n = strlen(row->name) + (row->argument ? strlen(row->argument) + 1 : 0);

		if (row->help == NULL)
			continue;
		if (row->letter)
			str_addf(ret, "  -%c, ", row->letter);
		else
			str_add(ret, "      ");
		str_addf(ret, "--%s%s%s%*s  %s\n", row->name, row->argument ? " " : "",
			row->argument ? row->argument : "", (int)(width - n), "", row->help);
	}
}
