/* SPDX-License-Identifier: Apache-2.0 */
#include "net/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/str.h"

int address_parse(const char *text, struct address *ret)
{
	struct address address = {.family = strchr(text, ':') ? AF_INET6 : AF_INET};

	/* inet_pton(3) wants four decimal parts without leading zeros, so "010.0.0.1" and "10.1" have no second
	 * meaning. */
	if (inet_pton(address.family, text, address.bytes) != 1)
		return -EINVAL;
	*ret = address;
	return 0;
}

const char *address_text(const struct address *address, char ret[ADDRESS_TEXT_MAX])
{
	if (inet_ntop(address->family, address->bytes, ret, ADDRESS_TEXT_MAX) == NULL)
		snprintf(ret, ADDRESS_TEXT_MAX, "none");
	return ret;
}

unsigned int address_bits(const struct address *address)
{
	switch (address->family) {
	case AF_INET:
		return 32;
	case AF_INET6:
		return 128;
	default:
		return 0;
	}
}

bool address_equal(const struct address *a, const struct address *b)
{
	return address_compare(a, b) == 0;
}

int address_compare(const struct address *a, const struct address *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, address_bits(a) / 8);
}

int address_add(const struct address *address, uint64_t value, unsigned int shift, struct address *ret)
{
	struct address sum = *address;
	uint64_t low = value << shift % 8, high = shift % 8 ? value >> (64 - shift % 8) : 0;
	int at = (int)(address_bits(address) / 8) - 1 - (int)(shift / 8);
	unsigned int carry = 0;

	for (; low || high || carry; at--) {
		if (at < 0)
			return -ERANGE;
		carry += sum.bytes[at] + (unsigned int)(low & 0xff);
		sum.bytes[at] = (uint8_t)carry;
		carry >>= 8;
		low = low >> 8 | high << 56;
		high >>= 8;
	}
	*ret = sum;
	return 0;
}

bool address_is_multicast(const struct address *address)
{
	if (address->family == AF_INET6)
		return address->bytes[0] == 0xff;
	return address->family == AF_INET && address->bytes[0] >> 4 == 0xe;
}

bool address_is_link_local(const struct address *address)
{
	if (address->family == AF_INET6)
		return address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
	return address->family == AF_INET && address->bytes[0] == 169 && address->bytes[1] == 254;
}

bool address_is_unspecified(const struct address *address)
{
	static const uint8_t zero[16];

	return address->family != AF_UNSPEC && memcmp(address->bytes, zero, address_bits(address) / 8) == 0;
}

void address_host_port(const struct address *address, unsigned int port, struct str *ret)
{
	char text[ADDRESS_TEXT_MAX];

	str_addf(ret, address->family == AF_INET6 ? "[%s]:%u" : "%s:%u", address_text(address, text), port);
}

unsigned int address_sockaddr(const struct address *address, uint16_t port, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (address->family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(&in6->sin6_addr, address->bytes, sizeof(in6->sin6_addr));
		return sizeof(*in6);
	}
	struct sockaddr_in *in = (struct sockaddr_in *)ret;

	in->sin_family = AF_INET;
	in->sin_port = htons(port);
	memcpy(&in->sin_addr, address->bytes, sizeof(in->sin_addr));
	return sizeof(*in);
}
