/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events to people and programs: a live view on a terminal, plain lines elsewhere, one JSON object a line with --json.
 * Everything goes to standard output, but errors, which go to standard error (with --json as an object to standard
 * output as well, so that a program sees them in order).
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "step/event.h"

enum report_style {
	REPORT_TERMINAL,
	REPORT_LINES,
	REPORT_JSON,
};

struct report;

/* `node` is the name shown in JSON; `verbosity` 0 shows changes only, 1 also what was so already. */
struct report *report_new(enum report_style style, const char *node, unsigned int verbosity, bool dry_run);
void report_free(struct report *report);

/* JSON when asked for, the terminal view when standard output is one that can, else lines. */
enum report_style report_style_pick(bool json);

struct event_sink *report_sink(struct report *report);

/* The last line of a run. */
struct report_summary {
	const char *verb;
	unsigned int changed, unchanged, reverted, left;
	bool failed;
};
void report_summary(struct report *report, const struct report_summary *summary);

void report_error(struct report *report, const char *verb, const struct err *err);
