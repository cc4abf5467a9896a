/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/message.h"

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { WARNING_MAX = 512 }; /* octets; the verifier's own log can be of any length and goes to the log alone */

static char warning[WARNING_MAX];

static int take(enum libbpf_print_level level, const char *format, va_list ap) __attribute__((format(printf, 2, 0)));

static int take(enum libbpf_print_level level, const char *format, va_list ap)
{
	char text[WARNING_MAX];
	size_t n;

	if (level == LIBBPF_DEBUG)
		return 0;
	vsnprintf(text, sizeof(text), format, ap);
	n = strlen(text);
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	log_debug("libbpf: %s", text);
	if (level == LIBBPF_WARN)
		memcpy(warning, text, sizeof(warning));
	return 0;
}

void nat64_messages_catch(void)
{
	warning[0] = '\0';
	libbpf_set_print(take);
}

int nat64_error(struct err *err, int code, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		mem_die();
	va_end(ap);
	if (warning[0])
		return err_set(err, code, "%s: %s (%s)", text, strerror(code), warning);
	return err_errno(err, code, "%s", text);
}
