/* SPDX-License-Identifier: Apache-2.0 */
#include "kube/token.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";

enum {
	LETTERS = sizeof(alphabet) - 1,
	FAIR = 256 - 256 % LETTERS, /* octets from here on would make the first letters likelier: thrown away */
	DOT = 6,
	KEY_OCTETS = (CERTIFICATE_KEY_SIZE - 1) / 2,
};

/* Up to 256 octets come at once and whole, unless a signal comes first (getrandom(2)). */
static int fill(unsigned char *ret, size_t n, struct err *err)
{
	ssize_t got;

	do {
		got = getrandom(ret, n, 0);
	} while (got < 0 && errno == EINTR);
	return got == (ssize_t)n ? 0 : err_errno(err, errno, "cannot read the kernel's random source");
}

int token_new(char ret[TOKEN_SIZE], struct err *err)
{
	unsigned char random[64];
	char token[TOKEN_SIZE];
	size_t n = 0, i;
	int r;

	token[DOT] = '.';
	token[TOKEN_SIZE - 1] = '\0';
	while (n < TOKEN_SIZE - 1) {
		r = fill(random, sizeof(random), err);
		if (r < 0)
			return r;
		for (i = 0; i < sizeof(random) && n < TOKEN_SIZE - 1; i++) {
			if (n == DOT)
				n++;
			if (random[i] < FAIR)
				token[n++] = alphabet[random[i] % LETTERS];
		}
	}
	memcpy(ret, token, TOKEN_SIZE);
	explicit_bzero(random, sizeof(random));
	explicit_bzero(token, sizeof(token));
	return 0;
}

int certificate_key_new(char ret[CERTIFICATE_KEY_SIZE], struct err *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[KEY_OCTETS];
	size_t i;
	int r = fill(random, sizeof(random), err);

	for (i = 0; r == 0 && i < KEY_OCTETS; i++) {
		ret[2 * i] = digits[random[i] >> 4];
		ret[2 * i + 1] = digits[random[i] & 0xf];
	}
	ret[r == 0 ? CERTIFICATE_KEY_SIZE - 1 : 0] = '\0';
	explicit_bzero(random, sizeof(random));
	return r;
}
