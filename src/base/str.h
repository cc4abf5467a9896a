/* SPDX-License-Identifier: Apache-2.0 */
/* A growing text. `s` is always a terminated string once anything was added; NULL before. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct str {
	char *s;
	size_t len; /* octets before the terminating NUL */
	size_t cap;
};

#define STR_INIT                                                                                                       \
	{                                                                                                              \
		NULL, 0, 0                                                                                             \
	}
#define _cleanup_str_ __attribute__((cleanup(str_done)))

void str_add(struct str *str, const char *text);
void str_add_n(struct str *str, const char *bytes, size_t n);
void str_addf(struct str *str, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text, "" when nothing was added; still owned by `str`. */
const char *str_text(const struct str *str);

/* Hand the text over to the caller (never NULL) and leave `str` empty. */
char *str_take(struct str *str);

/* Forget the text, keep the memory for the next one. */
void str_clear(struct str *str);
void str_done(struct str *str);

/* Overwrite the text with zeros (for secrets), then free it. */
void str_wipe(struct str *str);

bool str_eq(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/*
 * Decimal digits alone, no sign, no blanks, at most `max`. Returns 0 and sets `*ret`, or -EINVAL (not a number) or
 * -ERANGE (too large).
 */
int str_to_uint(const char *s, unsigned long max, unsigned long *ret);

/* Levenshtein distance, for "did you mean"; texts over 64 octets count as far apart. */
unsigned int str_distance(const char *a, const char *b);

/* The nearest of `n` candidates within a third of its length, or NULL. */
const char *str_nearest(const char *s, const char *const *candidates, size_t n);
