/* SPDX-License-Identifier: Apache-2.0 */
#include "config/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/*
 * The parser keeps every token of a flow collection, and every anchor and tag, until it knows whether all of it is a
 * key. The largest topology written as JSON on one line needs a quarter of this.
 */
#define PUNCTUATION_MAX (1U << 18)

static void add_line(struct source *source, size_t offset)
{
	source->lines = mem_grow(source->lines, source->n_lines, &source->cap_lines, sizeof(*source->lines));
	source->lines[source->n_lines++] = (uint32_t)offset;
}

void source_open(struct source *source, const char *text, size_t len)
{
	size_t i;

	*source = (struct source){text, len, NULL, 0, 0};
	add_line(source, len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0);
	for (i = 0; i < len; i++)
		if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == len || text[i + 1] != '\n')))
			add_line(source, i + 1);
}

void source_done(struct source *source)
{
	free(source->lines);
	*source = (struct source)SOURCE_INIT;
}

struct mark source_mark(const struct source *source, size_t offset)
{
	size_t low = 0, high = source->n_lines;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (source->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	if (offset < source->lines[low])
		offset = source->lines[low];
	return (struct mark){(unsigned int)low + 1, (unsigned int)(offset - source->lines[low]) + 1};
}

size_t source_line_start(const struct source *source, size_t line)
{
	return source->lines[line - 1];
}

size_t source_line_end(const struct source *source, size_t line)
{
	size_t end = line < source->n_lines ? source->lines[line] : source->len, start = source->lines[line - 1];

	while (end > start && (source->text[end - 1] == '\n' || source->text[end - 1] == '\r'))
		end--;
	return end;
}

size_t source_offset(const struct source *source, unsigned int line, unsigned int column)
{
	size_t offset, end;

	if (line < 1)
		line = 1;
	if (line > source->n_lines)
		return source->len;
	offset = source_line_start(source, line);
	end = source_line_end(source, line);
	while (column > 1 && offset < end) {
		offset++;
		/* octets of the form 10xxxxxx belong to the character before (RFC 3629 section 3) */
		while (offset < end && ((unsigned char)source->text[offset] & 0xc0) == 0x80)
			offset++;
		column--;
	}
	return offset;
}

/* Octets in the well-formed sequence at `s` (RFC 3629 section 4), 0: none. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	size_t i, n;

	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > left)
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
		(s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static bool check_octets(const struct source *source, struct diagnostics *diagnostics)
{
	const unsigned char *text = (const unsigned char *)source->text;
	size_t i = 0, n;

	while (i < source->len) {
		if (text[i] == '\0') {
			diagnostics_add(diagnostics, SEVERITY_ERROR, source_mark(source, i),
				"save the file as text in UTF-8", "NUL character: this is not a text file");
			return false;
		}
		if ((text[i] < ' ' && strchr("\t\n\r", text[i]) == NULL) || text[i] == 0x7f) {
			diagnostics_add(diagnostics, SEVERITY_ERROR, source_mark(source, i), "take the character out",
				"control character 0x%02x, which YAML does not allow", text[i]);
			return false;
		}
		if (text[i] == '\r' && (i + 1 == source->len || text[i + 1] != '\n')) {
			diagnostics_add(diagnostics, SEVERITY_ERROR, source_mark(source, i),
				"end lines with a line feed, as Unix does", "a carriage return without a line feed");
			return false;
		}
		n = utf8_length(text + i, source->len - i);
		if (n == 0) {
			diagnostics_add(diagnostics, SEVERITY_ERROR, source_mark(source, i), "save the file as UTF-8",
				"octet 0x%02x is not UTF-8", text[i]);
			return false;
		}
		i += n;
	}
	return true;
}

/*
 * "%YAML 1.2" means nothing here and does no harm; every other directive is refused, since none is of use and libfyaml
 * 0.7 can loop for ever on a malformed one.
 */
static bool check_directives(const struct source *source, struct diagnostics *diagnostics)
{
	size_t line;

	for (line = 1; line <= source->n_lines; line++) {
		const char *text = source->text + source_line_start(source, line);
		size_t len = source_line_end(source, line) - source_line_start(source, line);

		if (len == 0 || text[0] != '%' ||
			(len == 9 && strncmp(text, "%YAML 1.", 8) == 0 && text[8] >= '0' && text[8] <= '3'))
			continue;
		diagnostics_add(diagnostics, SEVERITY_ERROR, (struct mark){(unsigned int)line, 1}, "take the line out",
			"a YAML directive ('%%'), which is not supported");
		return false;
	}
	return true;
}

/*
 * "? key" makes a key of anything, even of a mapping; nothing here needs it, and libfyaml 0.7 can free a token twice
 * when such a key is malformed.
 */
static bool check_complex_keys(const struct source *source, struct diagnostics *diagnostics)
{
	char before = '\n'; /* the last character that is no blank */
	size_t i;

	for (i = 0; i < source->len; i++) {
		char c = source->text[i], next = i + 1 < source->len ? source->text[i + 1] : '\n';

		if (c == '?' && strchr("\n-[{,:?", before) && strchr(" \t\r\n", next)) {
			diagnostics_add(diagnostics, SEVERITY_ERROR, source_mark(source, i), "write 'key: value'",
				"a complex key ('?'), which is not supported");
			return false;
		}
		if (c != ' ' && c != '\t' && c != '\r')
			before = c;
	}
	return true;
}

static bool check_punctuation(const struct source *source, struct diagnostics *diagnostics)
{
	size_t i, n = 0;

	for (i = 0; i < source->len; i++) {
		if (strchr("[]{},&*!?%", source->text[i]) == NULL || ++n <= PUNCTUATION_MAX)
			continue;
		diagnostics_add(diagnostics, SEVERITY_ERROR, source_mark(source, i),
			"write one key a line, as in the sample", "too much punctuation for a configuration");
		return false;
	}
	return true;
}

bool source_check(const struct source *source, struct diagnostics *diagnostics)
{
	return check_octets(source, diagnostics) && check_directives(source, diagnostics) &&
	       check_complex_keys(source, diagnostics) && check_punctuation(source, diagnostics);
}

const char *source_line_break(const struct source *source, size_t offset)
{
	size_t line = source_mark(source, offset).line, end;

	if (line == source->n_lines && line > 1)
		line--;
	end = source_line_end(source, line);
	if (end == source->len || source->text[end] == '\n')
		return "\n";
	return end + 1 < source->len && source->text[end + 1] == '\n' ? "\r\n" : "\r";
}

size_t source_skip_blanks(const struct source *source, size_t offset)
{
	while (offset < source->len && (source->text[offset] == ' ' || source->text[offset] == '\t'))
		offset++;
	return offset;
}

bool source_indented(const struct source *source, size_t offset, size_t *ret_start)
{
	*ret_start = source_line_start(source, source_mark(source, offset).line);
	return source_skip_blanks(source, *ret_start) == offset;
}
