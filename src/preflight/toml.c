/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/toml.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static const char blanks[] = " \t\r";

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/* "plugins.'io.containerd.cri.v1.runtime'.containerd]" as "plugins/io.containerd.cri.v1.runtime/containerd". */
static void read_header(const char *at, struct str *ret)
{
	char quote = '\0';

	str_clear(ret);
	for (; *at && *at != '\n' && (quote || *at != ']'); at++) {
		if (quote ? *at == quote : is_quote(*at))
			quote = quote ? '\0' : *at;
		else if (quote == '\0' && *at == '.')
			str_add(ret, "/");
		else if (quote || !strchr(blanks, *at))
			str_add_n(ret, at, 1);
	}
}

/* What stands behind "key =" on this line, NULL when it is another key's. */
static const char *value_of(const char *line, const char *key)
{
	size_t n = strlen(key);
	bool quoted = is_quote(*line);

	if (strncmp(line + quoted, key, n) != 0)
		return NULL;
	line += quoted + n;
	if (quoted && !is_quote(*line++))
		return NULL;
	line += strspn(line, blanks);
	if (*line != '=')
		return NULL;
	return line + 1 + strspn(line + 1, blanks);
}

static char *read_value(const char *at)
{
	size_t n;

	if (is_quote(*at)) {
		const char end[] = {*at, '\n', '\0'};

		return mem_strndup(at + 1, strcspn(at + 1, end));
	}
	n = strcspn(at, "#\n");
	while (n > 0 && strchr(blanks, at[n - 1]))
		n--;
	return mem_strndup(at, n);
}

char *toml_find(const char *text, const char *table, const char *key)
{
	_cleanup_str_ struct str header = STR_INIT;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		const char *line = text + strspn(text, blanks), *value;

		if (str_starts(line, "[[")) {
			str_clear(&header);
			str_add(&header, "[["); /* one of an array of tables: nobody asks for those */
		} else if (*line == '[') {
			read_header(line + 1, &header);
		} else if (str_eq(str_text(&header), table)) {
			value = value_of(line, key);
			if (value)
				return read_value(value);
		}
	}
	return NULL;
}
