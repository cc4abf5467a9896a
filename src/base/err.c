/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static char *format_va(const char *format, va_list ap) __attribute__((format(printf, 1, 0)));
static char *format_va(const char *format, va_list ap)
{
	char *s;

	if (vasprintf(&s, format, ap) < 0)
		mem_die();
	return s;
}

static int take(struct err *err, int code, char *msg)
{
	if (err == NULL) {
		free(msg);
		return -code;
	}
	free(err->msg);
	err->code = code;
	err->msg = msg;
	return -code;
}

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list ap;
	char *msg;

	va_start(ap, format);
	msg = format_va(format, ap);
	va_end(ap);
	return take(err, code, msg);
}

int err_errno(struct err *err, int code, const char *format, ...)
{
	char *subject, *msg;
	va_list ap;

	va_start(ap, format);
	subject = format_va(format, ap);
	va_end(ap);
	if (asprintf(&msg, "%s: %s", subject, strerror(code)) < 0)
		mem_die();
	free(subject);
	return take(err, code, msg);
}

int err_wrap(struct err *err, const char *format, ...)
{
	char *context, *msg;
	va_list ap;

	if (err == NULL)
		return -EIO;
	va_start(ap, format);
	context = format_va(format, ap);
	va_end(ap);
	if (asprintf(&msg, "%s: %s", context, err->msg ? err->msg : strerror(err->code)) < 0)
		mem_die();
	free(context);
	return take(err, err->code, msg);
}

void err_done(struct err *err)
{
	if (err == NULL)
		return;
	free(err->msg);
	err->msg = NULL;
	err->code = 0;
}
