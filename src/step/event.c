/* SPDX-License-Identifier: Apache-2.0 */
#include "step/event.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

const char *event_state_name(enum event_state state)
{
	switch (state) {
	case EVENT_BEGIN:
		return "begin";
	case EVENT_CHANGED:
		return "changed";
	case EVENT_UNCHANGED:
		return "unchanged";
	case EVENT_WOULD:
		return "would-change";
	case EVENT_FAILED:
		return "failed";
	case EVENT_REVERTED:
		return "reverted";
	case EVENT_LEFT:
		return "left";
	case EVENT_NOTE:
		return "note";
	case EVENT_OUTPUT:
		return "output";
	}
	return "unknown";
}

void event_send(struct event_sink *sink, const struct event *event)
{
	if (sink)
		sink->take(sink, event);
}

void event_note(struct event_sink *sink, const char *verb, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		mem_die();
	va_end(ap);
	event_send(sink, &(struct event){.verb = verb, .state = EVENT_NOTE, .detail = text});
}
