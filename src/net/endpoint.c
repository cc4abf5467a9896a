/* SPDX-License-Identifier: Apache-2.0 */
#include "net/endpoint.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"

enum { PORT_MAX = 65535 };

/* Without a leading zero, which some would read as octal. */
static int parse_port(const char *text, unsigned int *ret)
{
	unsigned long port;

	if (*text == '0' || str_to_uint(text, PORT_MAX, &port) < 0)
		return -EINVAL;
	*ret = (unsigned int)port;
	return 0;
}

/* The host is `n` octets from `text` on; `rest` is what follows it and its brackets. */
static int take(const char *text, size_t n, const char *rest, struct endpoint *ret)
{
	if (n == 0 || n >= sizeof(ret->host))
		return -EINVAL;
	memcpy(ret->host, text, n);
	if (address_parse(ret->host, &ret->address) < 0)
		ret->address.family = AF_UNSPEC;
	if (*rest == '\0')
		return 0;
	return *rest == ':' ? parse_port(rest + 1, &ret->port) : -EINVAL;
}

int endpoint_parse(const char *text, struct endpoint *ret)
{
	struct endpoint endpoint = {.port = API_SERVER_PORT};
	const char *end = *text == '[' ? strchr(text, ']') : NULL;
	struct address address;
	int r;

	if (end)
		r = take(text + 1, (size_t)(end - text) - 1, end + 1, &endpoint);
	else if (address_parse(text, &address) == 0)
		r = take(text, strlen(text), "", &endpoint);
	else
		r = take(text, strcspn(text, ":"), strchr(text, ':') ? strchr(text, ':') : "", &endpoint);
	/* Brackets are for IPv6 addresses. */
	if (r < 0 || (end && endpoint.address.family != AF_INET6))
		return -EINVAL;
	*ret = endpoint;
	return 0;
}

void endpoint_text(const struct endpoint *endpoint, struct str *ret)
{
	if (endpoint->address.family != AF_UNSPEC)
		address_host_port(&endpoint->address, endpoint->port, ret);
	else
		str_addf(ret, "%s:%u", endpoint->host, endpoint->port);
}
