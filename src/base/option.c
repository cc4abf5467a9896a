/* SPDX-License-Identifier: Apache-2.0 */
#include "base/option.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

static const struct option_row *find(const struct option_row *const *tables, const char *name, size_t len, char letter)
{
	for (; *tables; tables++) {
		const struct option_row *row;

		for (row = *tables; row->name; row++) {
			if (name && strlen(row->name) == len && strncmp(row->name, name, len) == 0)
				return row;
			if (!name && letter && row->letter == letter)
				return row;
		}
	}
	return NULL;
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

static int unknown(const struct option_row *const *tables, const char *word, size_t len, struct err *err)
{
	_cleanup_free_ char *name = mem_strndup(word, len);
	const char *near = nearest(tables, name);

	if (near)
		return err_set(err, EINVAL, "unknown option '--%s': did you mean '--%s'?", name, near);
	return err_set(err, EINVAL, "unknown option '--%s': see 'lazyjack help'", name);
}

static int take_value(const struct option_row *row, const char *value, struct err *err)
{
	int r;

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)row->value = true;
		return 0;
	case OPTION_COUNT:
		(*(unsigned int *)row->value)++;
		return 0;
	case OPTION_TEXT:
		*(const char **)row->value = value;
		return 0;
	case OPTION_NUMBER:
		r = str_to_uint(value, row->max, row->value);
		if (r < 0)
			return err_set(err, EINVAL, "'%s' is no value for '--%s': a number from 0 to %lu is wanted",
				value, row->name, row->max);
		return 0;
	}
	return -EINVAL;
}

static bool has_argument(const struct option_row *row)
{
	return row->kind == OPTION_TEXT || row->kind == OPTION_NUMBER;
}

/* "--name", "--name=value", "--name value" */
static int take_long(const struct option_row *const *tables, char **argv, int argc, int *i, struct err *err)
{
	const char *name = argv[*i] + 2, *equals = strchr(name, '=');
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_row *row = find(tables, name, len, 0);

	if (row == NULL)
		return unknown(tables, name, len, err);
	if (!has_argument(row)) {
		if (equals)
			return err_set(err, EINVAL, "option '--%s' takes no value", row->name);
		return take_value(row, NULL, err);
	}
	if (equals)
		return take_value(row, equals + 1, err);
	if (*i + 1 >= argc)
		return err_set(
			err, EINVAL, "option '--%s' needs a value: --%s %s", row->name, row->name, row->argument);
	return take_value(row, argv[++*i], err);
}

/* "-v", "-vv", "-c FILE", "-cFILE" */
static int take_short(const struct option_row *const *tables, char **argv, int argc, int *i, struct err *err)
{
	const char *p;

	for (p = argv[*i] + 1; *p; p++) {
		const struct option_row *row = find(tables, NULL, 0, *p);
		int r;

		if (row == NULL)
			return err_set(err, EINVAL, "unknown option '-%c': see 'lazyjack help'", *p);
		if (has_argument(row)) {
			if (p[1])
				return take_value(row, p + 1, err);
			if (*i + 1 >= argc)
				return err_set(
					err, EINVAL, "option '-%c' needs a value: -%c %s", *p, *p, row->argument);
			return take_value(row, argv[++*i], err);
		}
		r = take_value(row, NULL, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int options_parse(const struct option_row *const *tables, int *argc, char **argv, bool keep_dashes, struct err *err)
{
	int i, kept = 0, r;

	for (i = 0; i < *argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			for (i += keep_dashes ? 0 : 1; i < *argc; i++)
				argv[kept++] = argv[i];
			break;
		}
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			argv[kept++] = argv[i];
			continue;
		}
		r = argv[i][1] == '-' ? take_long(tables, argv, *argc, &i, err)
				      : take_short(tables, argv, *argc, &i, err);
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

		if (n > width)
			width = n;
	}
	for (row = table; row->name; row++) {
		size_t n = strlen(row->name) + (row->argument ? strlen(row->argument) + 1 : 0);

		if (row->letter)
			str_addf(ret, "  -%c, ", row->letter);
		else
			str_add(ret, "      ");
		str_addf(ret, "--%s%s%s%*s  %s\n", row->name, row->argument ? " " : "",
			row->argument ? row->argument : "", (int)(width - n), "", row->help);
	}
}
