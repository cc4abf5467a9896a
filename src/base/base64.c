/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <errno.h>
#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/mem.h"

char *base64_encode(const void *data, size_t len)
{
	char *text;

	if (len > INT_MAX / 2)
		mem_die();
	text = mem_new((len + 2) / 3 * 4 + 1, 1);
	EVP_EncodeBlock((unsigned char *)text, data, (int)len);
	return text;
}

int base64_decode(const char *text, char **ret, size_t *ret_len)
{
	size_t len = strlen(text), padding = 0;
	_cleanup_free_ char *data = NULL;
	int n;

	if (len % 4 != 0 || len > INT_MAX / 2)
		return -EINVAL;
	while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
		padding++;
	if (memchr(text, '=', len - padding))
		return -EINVAL;
	data = mem_new(len / 4 * 3 + 1, 1);
	n = EVP_DecodeBlock((unsigned char *)data, (const unsigned char *)text, (int)len);
	/* EVP_DecodeBlock() trims white space, which has no place here, and counts padding as zero octets. */
	if (n < 0 || (size_t)n != len / 4 * 3)
		return -EINVAL;
	data[(size_t)n - padding] = '\0';
	*ret = TAKE_PTR(data);
	*ret_len = (size_t)n - padding;
	return 0;
}
