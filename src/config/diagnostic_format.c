/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "config/diagnostic.h"
#include "config/quote.h"
#include "config/source.h"

#define EXCERPT_MAX 100 /* octets of a source line */

static const char *severity_text(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR:
		return "error";
	case SEVERITY_WARNING:
		return "warning";
	}
	return "";
}

/* Secrets stand on lines that say "token" or "certificate-key"; quote_add() hides those that stand elsewhere by their
 * form. */
static bool may_show(const char *line, size_t len)
{
	_cleanup_free_ char *copy = mem_strndup(line, len);

	return strcasestr(copy, "token") == NULL && strcasestr(copy, "certificate-key") == NULL;
}

static void add_excerpt(const struct source *source, struct mark mark, struct str *ret)
{
	_cleanup_str_ struct str line = STR_INIT;
	const char *text;
	size_t start, len, i;

	if (mark.line < 1 || mark.line > source->n_lines || mark.column > EXCERPT_MAX)
		return;
	start = source_line_start(source, mark.line);
	len = source_line_end(source, mark.line) - start;
	text = source->text + start;
	if (!may_show(text, len))
		return;

	str_addf(ret, "%6u | ", mark.line);
	for (i = 0; i < len && text[i] == '\t'; i++)
		str_add(ret, " ");
	quote_add(ret, text + i, len - i, EXCERPT_MAX);
	/* As many characters before the caret as the excerpt has there. */
	if (mark.column - 1 > i && mark.column - 1 <= len)
		quote_add(&line, text + i, mark.column - 1 - i, EXCERPT_MAX);
	str_addf(ret, "\n       | %*s", (int)(mark.column - 1 < i ? mark.column - 1 : i), "");
	for (i = 0; i < line.len; i++)
		if (((unsigned char)line.s[i] & 0xc0) != 0x80)
			str_add(ret, " ");
	str_add(ret, "^\n");
}

static void add_text(const struct diagnostics *list, const struct diagnostic *item, struct str *ret)
{
	str_add(ret, list->file ? list->file : "config");
	if (item->mark.line > 0)
		str_addf(ret, ":%u:%u", item->mark.line, item->mark.column);
	str_addf(ret, ": %s: %s\n", severity_text(item->severity), item->message);
}

/* JSON has no other text than UTF-8; a file name may be any octets. */
static json_t *json_printable(const char *text)
{
	_cleanup_free_ char *copy = NULL;
	json_t *json = json_string(text);
	char *c;

	if (json)
		return json;
	copy = mem_strdup(text);
	for (c = copy; *c; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	return json_string(copy);
}

static void add_json(const struct diagnostics *list, const struct diagnostic *item, struct str *ret)
{
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *line = NULL;

	json = json_make("{s:o, s:i, s:i, s:s, s:o, s:o}", "file", json_printable(list->file ? list->file : "config"),
		"line", (int)item->mark.line, "column", (int)item->mark.column, "severity",
		severity_text(item->severity), "message", json_printable(item->message), "hint",
		item->hint ? json_printable(item->hint) : json_null());
	line = json_line(json);
	str_addf(ret, "%s\n", line);
}

static unsigned int errors_listed(const struct diagnostics *list)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < list->n; i++)
		n += list->items[i].severity == SEVERITY_ERROR;
	return n;
}

void diagnostics_format(const struct diagnostics *list, const char *source, bool json, struct str *ret)
{
	_cleanup_source_ struct source lines = SOURCE_INIT;
	unsigned int more = list->errors - errors_listed(list);
	size_t i;

	if (source && !json)
		source_open(&lines, source, strlen(source));
	for (i = 0; i < list->n; i++) {
		if (json) {
			add_json(list, &list->items[i], ret);
			continue;
		}
		add_text(list, &list->items[i], ret);
		if (source)
			add_excerpt(&lines, list->items[i].mark, ret);
		if (list->items[i].hint)
			str_addf(ret, "  hint: %s\n", list->items[i].hint);
	}
	if (more > 0) {
		_cleanup_free_ char *message = mem_printf("%u more errors, not listed", more);
		struct diagnostic rest = {.severity = SEVERITY_ERROR, .message = message};

		if (json)
			add_json(list, &rest, ret);
		else
			add_text(list, &rest, ret);
	}
}
