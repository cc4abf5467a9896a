/* SPDX-License-Identifier: Apache-2.0 */
#include "config/quote.h"

#include <stdbool.h>
#include <string.h>

#define TOKEN_ID 6
#define TOKEN_SECRET 16
#define KEY_DIGITS 64

static bool token_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static size_t run_length(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && token_character(text[i]))
		i++;
	return i;
}

/*
 * Octets at `text` that may be a token or a certificate key, 0: none. A bit too long or too short counts as well: a
 * mistyped token is still most of a secret.
 */
static size_t secret_length(const char *text, size_t len)
{
	size_t id = run_length(text, len), secret;

	if (id >= KEY_DIGITS - 4 && id <= KEY_DIGITS + 4 && strspn(text, "0123456789abcdefABCDEF") >= id)
		return id;
	if (id < TOKEN_ID - 1 || id == len || text[id] != '.')
		return 0;
	secret = run_length(text + id + 1, len - id - 1);
	return secret < TOKEN_SECRET - 4 ? 0 : id + 1 + secret;
}

static size_t character_length(const unsigned char *s, size_t left)
{
	size_t n = 1;

	while (n < left && (s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* C0, DEL and C1, which begin escape sequences of terminals (ECMA-48 section 5.3). */
static bool control(const unsigned char *s, size_t n)
{
	return s[0] < 0x20 || s[0] == 0x7f || (n == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

void quote_add(struct str *ret, const char *text, size_t len, size_t max)
{
	size_t i = 0, n;

	while (i < len) {
		bool word = i == 0 || !token_character(text[i - 1]);

		n = word ? secret_length(text + i, len - i) : 0;
		if (n > 0) {
			str_add(ret, "***");
			i += n;
			continue;
		}
		n = character_length((const unsigned char *)text + i, len - i);
		if (i + n > max) {
			str_add(ret, "...");
			return;
		}
		if (control((const unsigned char *)text + i, n))
			str_add(ret, "?");
		else
			str_add_n(ret, text + i, n);
		i += n;
	}
}

char *quote(const char *text, size_t len)
{
	struct str ret = STR_INIT;

	str_add(&ret, "'");
	quote_add(&ret, text, len, QUOTE_MAX);
	str_add(&ret, "'");
	return str_take(&ret);
}
