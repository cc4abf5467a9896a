/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void reserve(struct str *str, size_t more)
{
	size_t want = str->len + more + 1, cap = str->cap ? str->cap : 64;

	if (want <= str->cap)
		return;
	while (cap < want)
		cap *= 2;
	str->s = realloc(str->s, cap);
	if (str->s == NULL)
		mem_die();
	str->cap = cap;
}

void str_add_n(struct str *str, const char *bytes, size_t n)
{
	reserve(str, n);
	memcpy(str->s + str->len, bytes, n);
	str->len += n;
	str->s[str->len] = '\0';
}

void str_add(struct str *str, const char *text)
{
	str_add_n(str, text, strlen(text));
}

void str_addf(struct str *str, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0)
		mem_die();
	reserve(str, (size_t)n);
	va_start(ap, format);
	vsnprintf(str->s + str->len, (size_t)n + 1, format, ap);
	va_end(ap);
	str->len += (size_t)n;
}

const char *str_text(const struct str *str)
{
	return str->s ? str->s : "";
}

char *str_take(struct str *str)
{
	char *s;

	if (str->s == NULL)
		return mem_strdup("");
	s = str->s;
	*str = (struct str)STR_INIT;
	return s;
}

void str_clear(struct str *str)
{
	str->len = 0;
	if (str->s)
		str->s[0] = '\0';
}

void str_done(struct str *str)
{
	free(str->s);
	*str = (struct str)STR_INIT;
}

void str_wipe(struct str *str)
{
	if (str->s)
		explicit_bzero(str->s, str->cap);
	str_done(str);
}

bool str_eq(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

int str_to_uint(const char *s, unsigned long max, unsigned long *ret)
{
	unsigned long value = 0;
	const char *p;

	if (*s == '\0')
		return -EINVAL;
	for (p = s; *p; p++)
		if (*p < '0' || *p > '9')
			return -EINVAL;
	for (p = s; *p; p++) {
		if (__builtin_mul_overflow(value, 10UL, &value) ||
			__builtin_add_overflow(value, (unsigned long)(*p - '0'), &value))
			return -ERANGE;
	}
	if (value > max)
		return -ERANGE;
	*ret = value;
	return 0;
}

unsigned int str_distance(const char *a, const char *b)
{
	enum { MAX = 64 };
	size_t n = strlen(a), m = strlen(b), i, j;
	unsigned int row[MAX + 1];

	if (n > MAX || m > MAX)
		return MAX;
	for (j = 0; j <= m; j++)
		row[j] = (unsigned int)j;
	for (i = 1; i <= n; i++) {
		unsigned int diagonal = row[0];

		row[0] = (unsigned int)i;
		for (j = 1; j <= m; j++) {
			unsigned int best = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m];
}

const char *str_nearest(const char *s, const char *const *candidates, size_t n)
{
	const char *best = NULL;
	unsigned int best_distance = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned int distance = str_distance(s, candidates[i]);

		if (distance * 3 > strlen(candidates[i]) + 2)
			continue;
		if (best == NULL || distance < best_distance) {
			best = candidates[i];
			best_distance = distance;
		}
	}
	return best;
}
