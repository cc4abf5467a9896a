/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/greeting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/json.h"
#include "base/mem.h"

void greeting_request(char ret[GREETING_NONCE + 2])
{
	unsigned char bytes[GREETING_NONCE / 2] = {0};
	size_t i;

	/* Short of a kernel without random numbers (never seen after boot), 16 octets come whole (getrandom(2)). */
	if (getrandom(bytes, sizeof(bytes), 0) < 0)
		mem_die();
	for (i = 0; i < sizeof(bytes); i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	ret[GREETING_NONCE] = '\n';
	ret[GREETING_NONCE + 1] = '\0';
}

int greeting_answer(const char *request, size_t len, const char *node, const struct address *pod, struct str *ret)
{
	char text[ADDRESS_TEXT_MAX];
	_cleanup_free_ char *nonce = NULL, *line = NULL;
	_cleanup_json_ json_t *answer = NULL;

	if (len != GREETING_NONCE + 1 || request[GREETING_NONCE] != '\n')
		return -EINVAL;
	nonce = mem_strndup(request, GREETING_NONCE);
	if (strspn(nonce, "0123456789abcdef") != GREETING_NONCE)
		return -EINVAL;
	answer = json_make("{s:s,s:s?,s:s}", "node", node, "pod", pod ? address_text(pod, text) : NULL, "nonce", nonce);
	line = json_line(answer);
	str_addf(ret, "%s\n", line);
	return 0;
}

int greeting_read(const char *answer, const char *request, const char *node, struct address *ret_pod, struct err *err)
{
	_cleanup_json_ json_t *told = json_loads(answer, 0, NULL);
	const char *nonce = json_text(told, "nonce"), *from = json_text(told, "node"), *pod = json_text(told, "pod");

	if (nonce == NULL || from == NULL || strlen(nonce) != GREETING_NONCE ||
		memcmp(nonce, request, GREETING_NONCE) != 0)
		return err_set(err, EPROTO, "something else than 'lazyjack verify --serve' answered");
	if (!str_eq(from, node))
		return err_set(err, ENODEV, "'%.64s' answered instead of '%s': two nodes may have the same address",
			from, node);
	if (ret_pod && (pod == NULL || address_parse(pod, ret_pod) < 0))
		return err_set(err, ENXIO,
			"'%s' has no pod: run 'lazyjack up' there, then 'lazyjack verify --serve' again", node);
	return 0;
}
