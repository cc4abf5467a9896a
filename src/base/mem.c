/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

_Noreturn void mem_die(void)
{
	static const char text[] = "lazyjack: out of memory\n";

	/* No stdio: it may want memory itself. */
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		abort();
	abort();
}

void *mem_new(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (p == NULL)
		mem_die();
	return p;
}

void *mem_grow(void *items, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap;

	if (n < want)
		return items;
	while (want <= n)
		want = want ? want * 2 : 8;
	items = reallocarray(items, want, size);
	if (items == NULL)
		mem_die();
	memset((char *)items + *cap * size, 0, (want - *cap) * size);
	*cap = want;
	return items;
}

char *mem_strdup(const char *s)
{
	return s ? mem_strndup(s, strlen(s)) : NULL;
}

char *mem_strndup(const char *s, size_t n)
{
	char *p = strndup(s, n);

	if (p == NULL)
		mem_die();
	return p;
}

char *mem_printf(const char *format, ...)
{
	va_list ap;
	char *s;

	va_start(ap, format);
	if (vasprintf(&s, format, ap) < 0)
		mem_die();
	va_end(ap);
	return s;
}
