/* SPDX-License-Identifier: Apache-2.0 */
/* A text and where its lines begin, so that offsets become places. No copy is made: the text must live longer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/diagnostic.h"

struct source {
	const char *text;
	size_t len;
	uint32_t *lines; /* offset of each line's first octet (behind a byte order mark) */
	size_t n_lines;
	size_t cap_lines;
};

#define SOURCE_INIT                                                                                                    \
	{                                                                                                              \
		NULL, 0, NULL, 0, 0                                                                                    \
	}
#define _cleanup_source_ __attribute__((cleanup(source_done)))

/* Lines end with LF, CR LF or CR (YAML 1.2.2 section 5.4). `len` is below 4 GiB. */
void source_open(struct source *source, const char *text, size_t len);
void source_done(struct source *source);

struct mark source_mark(const struct source *source, size_t offset);

/* Offset of the `column`-th character (from 1) of a line (from 1); within the text for any argument. */
size_t source_offset(const struct source *source, unsigned int line, unsigned int column);

/* Where a line (from 1, up to n_lines) begins and ends (before its line break). */
size_t source_line_start(const struct source *source, size_t line);
size_t source_line_end(const struct source *source, size_t line);

/*
 * Whether the text may go to the YAML parser at all. Reported and refused: NUL and other octets that are not UTF-8 (RFC
 * 3629), directives, and text whose punctuation alone would make the parser use memory and time without bound.
 */
bool source_check(const struct source *source, struct diagnostics *diagnostics);

/* For edits: the line break that the file uses around `offset`, the place behind blanks and tabs, and whether only
 * blanks stand before `offset` on its line, which begins at `*ret_start`. */
const char *source_line_break(const struct source *source, size_t offset);
size_t source_skip_blanks(const struct source *source, size_t offset);
bool source_indented(const struct source *source, size_t offset, size_t *ret_start);
