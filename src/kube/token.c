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
};

int token_new(char ret[TOKEN_SIZE], struct err *err)
{
	unsigned char random[64];
	char token[TOKEN_SIZE];
	size_t n = 0, i;

	token[DOT] = '.';
	token[TOKEN_SIZE - 1] = '\0';
	while (n < TOKEN_SIZE - 1) {
		ssize_t got = getrandom(random, sizeof(random), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, errno, "cannot read the kernel's random source");
		for (i = 0; i < (size_t)got && n < TOKEN_SIZE - 1; i++) {
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
