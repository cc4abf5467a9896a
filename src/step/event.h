/* SPDX-License-Identifier: Apache-2.0 */
/* What happens during a run, told to whoever listens. The field names are those of `--json` (doc/JSON.md). */
#pragma once

enum event_state {
	EVENT_BEGIN,	 /* about to be applied */
	EVENT_CHANGED,	 /* applied */
	EVENT_UNCHANGED, /* was so already */
	EVENT_WOULD,	 /* dry run: would be applied; detail holds the diff, if any */
	EVENT_FAILED,
	EVENT_REVERTED, /* undone */
	EVENT_LEFT,	/* not undone, since someone else changed it; detail says what */
	EVENT_NOTE,	/* a remark, a warning, a result in words */
	EVENT_OUTPUT,	/* a line that a program printed; step says which program */
};

struct event {
	const char *verb; /* "prepare" */
	const char *step; /* "route fd00::/64"; NULL for a note about the whole run */
	enum event_state state;
	const char *detail; /* may be NULL; the command, the diff, or the reason */
	unsigned int index; /* 1..total for a step */
	unsigned int total;
};

const char *event_state_name(enum event_state state);

/* Who listens. `event` and its texts live only during the call. */
struct event_sink {
	void (*take)(struct event_sink *sink, const struct event *event);
};

void event_send(struct event_sink *sink, const struct event *event);
void event_note(struct event_sink *sink, const char *verb, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
