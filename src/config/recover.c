/* SPDX-License-Identifier: Apache-2.0 */
#include "config/recover.h"

#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "config/quote.h"

#define ROUNDS_MAX 16 /* each parses the whole text */

/* A section reaches from a line that begins in its first column to the next such line; numbers of lines, from 1. */
struct extent {
	size_t first, end; /* `end` is the line behind */
};

struct recovery {
	const struct source *source;
	struct diagnostics *diagnostics;
	char *text; /* a copy, in which blanks replace what does not parse: offsets stay */
	bool complete;
};

static bool starts_section(const struct source *source, size_t line)
{
	size_t start = source_line_start(source, line);

	return start < source_line_end(source, line) && strchr(" \t#", source->text[start]) == NULL;
}

static struct extent section_at(const struct source *source, size_t line)
{
	struct extent ret = {line, line + 1};

	while (ret.first > 1 && !starts_section(source, ret.first))
		ret.first--;
	while (ret.end <= source->n_lines && !starts_section(source, ret.end))
		ret.end++;
	return ret;
}

/* Returns true when there was anything to blank. */
static bool blank(struct recovery *r, size_t first, size_t end)
{
	bool any = false;
	size_t line, i;

	for (line = first; line < end; line++) {
		for (i = source_line_start(r->source, line); i < source_line_end(r->source, line); i++) {
			any = any || r->text[i] != ' ';
			r->text[i] = ' ';
		}
	}
	r->complete = false;
	return any;
}

/* Octets of blanks that the line begins with, 0 when it has no content. */
static size_t indentation(const struct source *source, size_t line)
{
	size_t start = source_line_start(source, line), end = source_line_end(source, line), i = start;

	while (i < end && (source->text[i] == ' ' || source->text[i] == '\t'))
		i++;
	return i == end || source->text[i] == '#' ? 0 : i - start;
}

/*
 * A section indented by tabs alone means what the same number of blanks means. Where both are mixed nobody can tell, so
 * that section is left out.
 */
static bool repair_tabs(struct recovery *r, struct extent section)
{
	bool tabs = false, blanks = false;
	size_t line;

	for (line = section.first; line < section.end; line++) {
		size_t start = source_line_start(r->source, line), n = indentation(r->source, line);
		const char *tab = memchr(r->text + start, '\t', n);

		blanks = blanks || memchr(r->text + start, ' ', n);
		if (tab == NULL)
			continue;
		tabs = true;
		diagnostics_add(r->diagnostics, SEVERITY_ERROR, source_mark(r->source, (size_t)(tab - r->text)),
			"indent with blanks; YAML allows no tabs there", "tab used for indentation");
	}
	if (!tabs)
		return false;
	if (blanks) {
		blank(r, section.first, section.end);
		return true;
	}
	for (line = section.first; line < section.end; line++)
		memset(r->text + source_line_start(r->source, line), ' ', indentation(r->source, line));
	return true;
}

static bool repair_all_tabs(struct recovery *r)
{
	struct extent section = {1, 1};
	bool any = false;

	while (section.end <= r->source->n_lines) {
		section = section_at(r->source, section.end);
		any = repair_tabs(r, section) || any;
	}
	return any;
}

/* "id:3" is a text, not a key with a value: the most frequent slip behind such errors. */
static bool colon_without_blank(const struct source *source, size_t line)
{
	const char *c = source->text + source_line_start(source, line) + indentation(source, line);
	const char *end = source->text + source_line_end(source, line);

	while (c < end && (*c == '-' || *c == '_' || (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z')))
		c++;
	return end - c >= 2 && c[0] == ':' && c[1] != ' ' && c[1] != '\t';
}

static void report(struct recovery *r, const struct yaml *yaml)
{
	struct mark mark = source_mark(r->source, yaml->error_at);
	_cleanup_str_ struct str message = STR_INIT;
	const char *hint = NULL;

	/* The library words some of its messages around characters of the file. */
	quote_add(&message, yaml->error, strlen(yaml->error), 200);
	if (colon_without_blank(r->source, mark.line))
		hint = "put a blank behind ':'";
	else if (strstr(yaml->error, "nested block mapping on the same line"))
		hint = "put the value in double quotes: ':' with a blank or nothing behind it begins a mapping";
	else if (strstr(yaml->error, "quoted"))
		hint = "look for a quote that is missing, or one too many";
	else if (strstr(yaml->error, "cannot start"))
		hint = "put the value in double quotes";
	else if (strstr(yaml->error, "closed"))
		hint = "close it, or write one key a line without brackets";
	else
		hint = "look at the indentation here and in the lines before";
	diagnostics_add(r->diagnostics, SEVERITY_ERROR, mark, hint, "syntax error: %s", message.s);
}

/* Make the text parse further than the error. Returns false when there is nothing left to try. */
static bool leave_out(struct recovery *r, size_t line, size_t *reported)
{
	struct extent section = section_at(r->source, line);

	if (*reported != section.first && line > section.first) {
		*reported = section.first;
		return blank(r, line, section.end);
	}
	*reported = section.first;
	return blank(r, section.first, section.end);
}

bool recover_parse(const struct source *source, struct yaml *ret, struct diagnostics *diagnostics)
{
	_cleanup_free_ char *text = mem_strndup(source->text, source->len);
	struct recovery r = {source, diagnostics, text, true};
	struct source copy = *source;
	size_t reported = 0; /* first line of the last section that was */
	unsigned int round;

	copy.text = text;
	yaml_parse(&copy, ret);
	if (ret->error && repair_all_tabs(&r)) {
		yaml_done(ret);
		yaml_parse(&copy, ret);
	}
	for (round = 0; ret->error && round < ROUNDS_MAX; round++) {
		size_t line = source_mark(source, ret->error_at).line;

		if (section_at(source, line).first != reported)
			report(&r, ret);
		if (!leave_out(&r, line, &reported))
			break;
		yaml_done(ret);
		yaml_parse(&copy, ret);
	}
	return r.complete && ret->error == NULL;
}
