/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/dns.h"

#include <errno.h>
#include <string.h>

enum {
	HEADER = 12,
	CLASS_IN = 1,
	LABEL_MAX = 63,
};

static unsigned int get16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static size_t put16(uint8_t *p, unsigned int value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return 2;
}

int dns_query(const char *name, unsigned int type, uint16_t id, uint8_t ret[DNS_QUERY_MAX])
{
	size_t len = strlen(name), at;

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len > DNS_NAME_MAX)
		return -EINVAL;
	memset(ret, 0, HEADER);
	put16(ret, id);
	ret[2] = 0x01; /* recursion desired */
	put16(ret + 4, 1);
	at = HEADER;
	while (len > 0) {
		size_t n = strcspn(name, ".");

		if (n > len)
			n = len;
		if (n == 0 || n > LABEL_MAX)
			return -EINVAL;
		ret[at++] = (uint8_t)n;
		memcpy(ret + at, name, n);
		at += n;
		name += n;
		len -= n;
		if (len > 0) {
			name++;
			len--;
			if (len == 0)
				return -EINVAL; /* an empty label */
		}
	}
	ret[at++] = 0;
	at += put16(ret + at, type);
	at += put16(ret + at, CLASS_IN);
	return (int)at;
}

/* Step over a name. A compression pointer ends it (RFC 1035 section 4.1.4), so none is ever followed. */
static int skip_name(const uint8_t *message, size_t len, size_t *at)
{
	while (*at < len) {
		unsigned int n = message[*at];

		if ((n & 0xc0) == 0xc0) {
			*at += 2;
			return *at <= len ? 0 : -EBADMSG;
		}
		if (n & 0xc0)
			return -EBADMSG;
		*at += 1 + n;
		if (n == 0)
			return *at <= len ? 0 : -EBADMSG;
	}
	return -EBADMSG;
}

int dns_parse(const uint8_t *message, size_t len, const uint8_t *query, size_t query_len, struct dns_answer *ret)
{
	struct dns_answer answer = {0};
	unsigned int type = get16(query + query_len - 4), count;
	size_t at = query_len;

	if (len < HEADER || memcmp(message, query, 2) != 0 || !(message[2] & 0x80))
		return -ENOMSG;
	answer.rcode = message[3] & 0x0f;
	answer.truncated = message[2] & 0x02;
	/* A server that could not read the query may leave the question out; its error is an answer all the same. */
	if (get16(message + 4) == 0 && answer.rcode != 0) {
		*ret = answer;
		return 0;
	}
	if (get16(message + 4) != 1 || len < query_len ||
		memcmp(message + HEADER, query + HEADER, query_len - HEADER) != 0)
		return -ENOMSG;

	for (count = get16(message + 6); count > 0; count--) {
		unsigned int size, want = type == DNS_A ? 4 : 16;

		if (skip_name(message, len, &at) < 0 || len - at < 10) {
			if (answer.truncated)
				break;
			return -EBADMSG;
		}
		size = get16(message + at + 8);
		if (len - at - 10 < size)
			return -EBADMSG;
		if (get16(message + at) == type && get16(message + at + 2) == CLASS_IN) {
			struct address *address = &answer.addresses[answer.n];

			if (size != want)
				return -EBADMSG;
			if (answer.n < DNS_ADDRESSES_MAX) {
				address->family = type == DNS_A ? AF_INET : AF_INET6;
				memcpy(address->bytes, message + at + 10, size);
				answer.n++;
			}
		}
		at += 10 + size;
	}
	*ret = answer;
	return 0;
}

const char *dns_rcode_name(unsigned int rcode)
{
	static const char *const names[] = {"no error", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};

	return rcode < sizeof(names) / sizeof(names[0]) ? names[rcode] : "a rare error";
}
