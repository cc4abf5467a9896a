/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

struct report {
	struct event_sink sink; /* first: the sink is the report */
	enum report_style style;
	char *node;
	unsigned int verbosity;
	bool dry_run;
	bool live; /* the terminal shows an unfinished line */
};

enum report_style report_style_pick(bool json)
{
	const char *terminal = getenv("TERM");

	if (json)
		return REPORT_JSON;
	if (isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") != 0)
		return REPORT_TERMINAL;
	return REPORT_LINES;
}

static void print_json(json_t *taken)
{
	_cleanup_json_ json_t *json = taken;
	_cleanup_free_ char *text = json_line(json);

	puts(text);
}

static json_t *event_json(
	const struct report *report, const char *verb, const char *step, const char *state, const char *detail)
{
	char now[CLOCK_TEXT_MAX];

	clock_text(now);
	return json_make("{s:s,s:s,s:s,s:s?,s:s,s:s?}", "time", now, "node", report->node, "verb", verb, "step", step,
		"state", state, "detail", detail);
}

static const char *colour(const struct report *report, enum event_state state)
{
	if (report->style != REPORT_TERMINAL)
		return "";
	switch (state) {
	case EVENT_CHANGED:
	case EVENT_REVERTED:
		return "\033[32m";
	case EVENT_WOULD:
		return "\033[36m";
	case EVENT_FAILED:
		return "\033[31m";
	case EVENT_LEFT:
		return "\033[33m";
	case EVENT_BEGIN:
	case EVENT_UNCHANGED:
	case EVENT_NOTE:
	case EVENT_OUTPUT:
		break;
	}
	return "\033[2m";
}

static unsigned int terminal_width(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
		return size.ws_col;
	return 80;
}

static void clear_live(struct report *report)
{
	if (report->live)
		fputs("\r\033[K", stdout);
	report->live = false;
}

/* What is going on right now, in one line that the next one overwrites. */
static void show_live(struct report *report, const struct event *event)
{
	_cleanup_str_ struct str line = STR_INIT;
	unsigned int width = terminal_width();

	clear_live(report);
	str_addf(&line, "[%u/%u] %s", event->index, event->total, event->step);
	printf("%.*s", (int)width - 1, line.s);
	fflush(stdout);
	report->live = true;
}

static void show_line(struct report *report, const struct event *event)
{
	const char *reset = report->style == REPORT_TERMINAL ? "\033[0m" : "";

	clear_live(report);
	if (event->state == EVENT_NOTE) {
		printf("%s: %s\n", event->verb, event->detail);
	} else if (event->state == EVENT_OUTPUT) {
		printf("%s%s |%s %s\n", colour(report, event->state), event->step, reset, event->detail);
	} else {
		printf("[%u/%u] %s%s%s: %s", event->index, event->total, colour(report, event->state),
			event_state_name(event->state), reset, event->step);
		if (event->detail && *event->detail)
			printf("%s%s", event->state == EVENT_CHANGED || event->state == EVENT_WOULD ? "  # " : ": ",
				event->detail);
		putchar('\n');
	}
}

static bool worth_showing(const struct report *report, enum event_state state)
{
	switch (state) {
	case EVENT_BEGIN:
		return false;
	case EVENT_UNCHANGED:
		return report->verbosity > 0;
	case EVENT_CHANGED:
	case EVENT_WOULD:
	case EVENT_FAILED:
	case EVENT_REVERTED:
	case EVENT_LEFT:
	case EVENT_NOTE:
	case EVENT_OUTPUT:
		return true;
	}
	return true;
}

static void take(struct event_sink *sink, const struct event *event)
{
	struct report *report = (struct report *)sink;

	log_debug("event: %s %s %s %s", event->verb, event->step ? event->step : "-", event_state_name(event->state),
		event->detail ? event->detail : "");
	if (report->style == REPORT_JSON)
		print_json(event_json(report, event->verb, event->step, event_state_name(event->state), event->detail));
	else if (worth_showing(report, event->state))
		show_line(report, event);
	/* Before what may take a while, and not after each of the thousands of steps of a batch, which have no begin.
	 */
	if (event->state == EVENT_BEGIN || event->state == EVENT_NOTE || event->state == EVENT_OUTPUT)
		fflush(stdout);
	if (report->style == REPORT_TERMINAL && event->state == EVENT_BEGIN)
		show_live(report, event);
}

struct report *report_new(enum report_style style, const char *node, unsigned int verbosity, bool dry_run)
{
	struct report *report = mem_new(1, sizeof(*report));

	*report = (struct report){
		.sink = {.take = take},
		.style = style,
		.node = mem_strdup(node),
		.verbosity = verbosity,
		.dry_run = dry_run,
	};
	return report;
}

void report_free(struct report *report)
{
	if (report == NULL)
		return;
	clear_live(report);
	fflush(stdout);
	free(report->node);
	free(report);
}

struct event_sink *report_sink(struct report *report)
{
	return &report->sink;
}

void report_summary(struct report *report, const struct report_summary *summary)
{
	_cleanup_str_ struct str text = STR_INIT;

	clear_live(report);
	if (report->style == REPORT_JSON) {
		json_t *line = event_json(report, summary->verb, NULL, summary->failed ? "failed" : "done", NULL);

		json_object_set_new(line, "summary",
			json_make("{s:i,s:i,s:i,s:i}", "changed", (int)summary->changed, "unchanged",
				(int)summary->unchanged, "reverted", (int)summary->reverted, "left",
				(int)summary->left));
		print_json(line);
		return;
	}
	str_addf(&text, "%u %schanged, %u unchanged", summary->changed, report->dry_run ? "would be " : "",
		summary->unchanged);
	if (summary->reverted)
		str_addf(&text, ", %u %sundone", summary->reverted, report->dry_run ? "would be " : "");
	if (summary->left)
		str_addf(&text, ", %u left as someone else made them", summary->left);
	printf("%s: %s%s\n", summary->verb, summary->failed ? "failed: " : "", text.s);
	fflush(stdout);
}

void report_error(struct report *report, const char *verb, const struct err *err)
{
	const char *message = err->msg ? err->msg : strerror(err->code);

	clear_live(report);
	if (report->style == REPORT_JSON)
		print_json(event_json(report, verb, NULL, "failed", message));
	log_info("%s failed: %s", verb, message);
	fflush(stdout);
	fprintf(stderr, "lazyjack: %s: %s\n", verb, message);
}
