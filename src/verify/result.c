/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/result.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"

static void append(struct verdicts *verdicts, struct verdict verdict)
{
	verdicts->items = mem_grow(verdicts->items, verdicts->n, &verdicts->cap, sizeof(*verdicts->items));
	verdicts->items[verdicts->n++] = verdict;
}

void verdicts_add(struct verdicts *verdicts, const char *check, const char *from, const char *to, bool ok,
	const char *format, ...)
{
	char *detail = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&detail, format, ap) < 0)
		mem_die();
	va_end(ap);
	append(verdicts, (struct verdict){.check = mem_strdup(check),
				 .from = mem_strdup(from),
				 .to = mem_strdup(to),
				 .ok = ok,
				 .detail = detail});
}

static void take_remark(struct verdicts *verdicts, char *remark)
{
	size_t i;

	for (i = 0; i < verdicts->n_remarks; i++)
		if (str_eq(verdicts->remarks[i], remark)) {
			free(remark);
			return;
		}
	verdicts->remarks =
		mem_grow(verdicts->remarks, verdicts->n_remarks, &verdicts->cap_remarks, sizeof(*verdicts->remarks));
	verdicts->remarks[verdicts->n_remarks++] = remark;
}

void verdicts_remark(struct verdicts *verdicts, const char *format, ...)
{
	char *remark = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&remark, format, ap) < 0)
		mem_die();
	va_end(ap);
	take_remark(verdicts, remark);
}

int verdicts_add_json(struct verdicts *verdicts, const json_t *json)
{
	const char *check = json_text(json, "check"), *from = json_text(json, "from"), *to = json_text(json, "to"),
		   *detail = json_text(json, "detail"), *remark = json_text(json, "remark");

	if (remark) {
		verdicts_remark(verdicts, "%s", remark);
		return 0;
	}
	if (check == NULL || from == NULL || to == NULL || detail == NULL ||
		!json_is_boolean(json_object_get(json, "ok")))
		return -EINVAL;
	verdicts_add(verdicts, check, from, to, json_flag(json, "ok"), "%s", detail);
	return 0;
}

void verdicts_move(struct verdicts *verdicts, struct verdicts *from)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		append(verdicts, from->items[i]);
	for (i = 0; i < from->n_remarks; i++)
		take_remark(verdicts, from->remarks[i]);
	free(from->items);
	free(from->remarks);
	*from = (struct verdicts)VERDICTS_INIT;
}

size_t verdicts_failed(const struct verdicts *verdicts)
{
	size_t i, failed = 0;

	for (i = 0; i < verdicts->n; i++)
		failed += !verdicts->items[i].ok;
	return failed;
}

void verdicts_done(struct verdicts *verdicts)
{
	size_t i;

	for (i = 0; i < verdicts->n; i++) {
		free(verdicts->items[i].check);
		free(verdicts->items[i].from);
		free(verdicts->items[i].to);
		free(verdicts->items[i].detail);
	}
	for (i = 0; i < verdicts->n_remarks; i++)
		free(verdicts->remarks[i]);
	free(verdicts->remarks);
	free(verdicts->items);
	*verdicts = (struct verdicts)VERDICTS_INIT;
}

json_t *verdict_json(const struct verdict *verdict)
{
	return json_make("{s:s,s:s,s:s,s:b,s:s}", "check", verdict->check, "from", verdict->from, "to", verdict->to,
		"ok", verdict->ok, "detail", verdict->detail);
}

json_t *remark_json(const char *remark)
{
	return json_make("{s:s}", "remark", remark);
}

json_t *verdicts_summary(const struct verdicts *verdicts)
{
	size_t failed = verdicts_failed(verdicts);

	return json_make(
		"{s:{s:I,s:I}}", "summary", "passed", (json_int_t)(verdicts->n - failed), "failed", (json_int_t)failed);
}

char *verdict_pod(const char *node)
{
	return mem_printf("%s/pod", node);
}
