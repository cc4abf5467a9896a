/* SPDX-License-Identifier: Apache-2.0 */
#include "net/prefix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

int prefix_parse(const char *text, struct prefix *ret)
{
	const char *slash = strchr(text, '/');
	char address[ADDRESS_TEXT_MAX];
	struct prefix prefix;
	unsigned long length;
	int r;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	if (address_parse(address, &prefix.address) < 0)
		return -EINVAL;
	/* "/064" is refused: some programs would read it as octal. */
	if (slash[1] == '0' && slash[2] != '\0')
		return -EINVAL;
	r = str_to_uint(slash + 1, address_bits(&prefix.address), &length);
	if (r < 0)
		return r;
	prefix.length = (unsigned int)length;
	*ret = prefix;
	return 0;
}

const char *prefix_text(const struct prefix *prefix, char ret[PREFIX_TEXT_MAX])
{
	char text[ADDRESS_TEXT_MAX];

	snprintf(ret, PREFIX_TEXT_MAX, "%s/%u", address_text(&prefix->address, text), prefix->length);
	return ret;
}

struct prefix prefix_network(const struct prefix *prefix)
{
	struct prefix network = *prefix;
	unsigned int i, octets = address_bits(&prefix->address) / 8, whole = prefix->length / 8;

	if (whole < octets && prefix->length % 8)
		network.address.bytes[whole++] &= (uint8_t)(0xff << (8 - prefix->length % 8));
	for (i = whole; i < octets; i++)
		network.address.bytes[i] = 0;
	return network;
}

bool prefix_host_bits(const struct prefix *prefix)
{
	struct prefix network = prefix_network(prefix);

	return !address_equal(&network.address, &prefix->address);
}

bool prefix_equal(const struct prefix *a, const struct prefix *b)
{
	return a->length == b->length && address_equal(&a->address, &b->address);
}

bool prefix_contains_address(const struct prefix *prefix, const struct address *address)
{
	struct prefix outer = prefix_network(prefix), same = {*address, prefix->length};

	if (prefix->address.family == AF_UNSPEC || address->family != prefix->address.family)
		return false;
	same = prefix_network(&same);
	return address_equal(&outer.address, &same.address);
}

bool prefix_contains(const struct prefix *outer, const struct prefix *inner)
{
	return inner->length >= outer->length && prefix_contains_address(outer, &inner->address);
}

bool prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
	return prefix_contains(a, b) || prefix_contains(b, a);
}

int prefix_host(const struct prefix *prefix, uint64_t n, struct address *ret)
{
	struct prefix network = prefix_network(prefix);
	struct address host;

	if (address_add(&network.address, n, 0, &host) < 0 || !prefix_contains_address(&network, &host))
		return -ERANGE;
	*ret = host;
	return 0;
}

int prefix_subnet(const struct prefix *prefix, uint64_t n, unsigned int length, struct prefix *ret)
{
	struct prefix network = prefix_network(prefix), subnet = {.length = length};
	unsigned int bits = address_bits(&prefix->address);

	if (length <= prefix->length || length > bits)
		return -EINVAL;
	if (address_add(&network.address, n, bits - length, &subnet.address) < 0 || !prefix_contains(&network, &subnet))
		return -ERANGE;
	*ret = subnet;
	return 0;
}

struct prefix prefix_of_address(const struct address *address)
{
	return (struct prefix){*address, address_bits(address)};
}
