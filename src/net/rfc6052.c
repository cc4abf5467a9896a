/* SPDX-License-Identifier: Apache-2.0 */
#include "net/rfc6052.h"

#include <errno.h>
#include <sys/socket.h>

/* Octet 8 of an address ("u", bits 64 to 71) is reserved and zero: RFC 6052 section 2.2. */
enum { U_OCTET = 8 };

bool rfc6052_length_ok(unsigned int length)
{
	switch (length) {
	case 32:
	case 40:
	case 48:
	case 56:
	case 64:
	case 96:
		return true;
	default:
		return false;
	}
}

bool rfc6052_is_well_known(const struct prefix *prefix)
{
	static const struct prefix well_known = {{AF_INET6, {0x00, 0x64, 0xff, 0x9b}}, 96};

	return prefix_equal(&well_known, prefix);
}

static bool usable(const struct prefix *prefix)
{
	/* Only a /96 is long enough to have an octet of its own there. */
	return prefix->address.family == AF_INET6 && rfc6052_length_ok(prefix->length) &&
	       (prefix->length != 96 || prefix->address.bytes[U_OCTET] == 0);
}

/* Where octet `i` of the IPv4 address lies: behind the prefix, around the u octet. */
static unsigned int position(const struct prefix *prefix, unsigned int i)
{
	unsigned int at = prefix->length / 8 + i;

	return prefix->length < 96 && at >= U_OCTET ? at + 1 : at;
}

int rfc6052_embed(const struct prefix *prefix, const struct address *v4, struct address *ret)
{
	struct prefix network = prefix_network(prefix);
	unsigned int i;

	if (!usable(prefix) || v4->family != AF_INET)
		return -EINVAL;
	for (i = 0; i < 4; i++)
		network.address.bytes[position(prefix, i)] = v4->bytes[i];
	*ret = network.address;
	return 0;
}

int rfc6052_extract(const struct prefix *prefix, const struct address *v6, struct address *ret)
{
	struct address v4 = {.family = AF_INET};
	unsigned int i;

	if (!usable(prefix) || v6->family != AF_INET6)
		return -EINVAL;
	if (!prefix_contains_address(prefix, v6))
		return -ENOENT;
	for (i = 0; i < 4; i++)
		v4.bytes[i] = v6->bytes[position(prefix, i)];
	*ret = v4;
	return 0;
}
