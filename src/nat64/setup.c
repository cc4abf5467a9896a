/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/setup.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/mem.h"
#include "nat64/slots.h"

static struct nat64_v4 v4_of(const struct address *address)
{
	struct nat64_v4 v4;

	memcpy(v4.octets, address->bytes, sizeof(v4.octets));
	return v4;
}

static struct nat64_v6 v6_of(const struct address *address)
{
	struct nat64_v6 v6;

	memcpy(v6.octets, address->bytes, sizeof(v6.octets));
	return v6;
}

struct address nat64_address4(const struct nat64_v4 *v4)
{
	struct address address = {.family = AF_INET};

	memcpy(address.bytes, v4->octets, sizeof(v4->octets));
	return address;
}

struct address nat64_address6(const struct nat64_v6 *v6)
{
	struct address address = {.family = AF_INET6};

	memcpy(address.bytes, v6->octets, sizeof(v6->octets));
	return address;
}

struct nat64_key6 nat64_key6_of(const struct prefix *prefix)
{
	const struct prefix network = prefix_network(prefix);

	return (struct nat64_key6){.length = network.length, .network = v6_of(&network.address)};
}

struct nat64_key4 nat64_key4_of(const struct prefix *prefix)
{
	const struct prefix network = prefix_network(prefix);

	return (struct nat64_key4){.length = network.length, .network = v4_of(&network.address)};
}

struct nat64_config nat64_config_of(const struct nat64_setup *setup)
{
	const struct prefix prefix = prefix_network(&setup->prefix), pool = prefix_network(&setup->pool);
	const struct prefix overflow = prefix_network(&setup->overflow);
	struct nat64_config config;

	memset(&config, 0, sizeof(config)); /* padding, too */
	config.abi = NAT64_ABI;
	config.flags = NAT64_DENY_LIST | NAT64_HAIRPIN | NAT64_ERRORS;
	config.prefix = v6_of(&prefix.address);
	config.prefix_length = prefix.length;
	config.own6 = v6_of(&setup->own6);
	config.own4 = v4_of(&setup->own4);
	config.pools[0].network = v4_of(&pool.address);
	config.pools[0].length = pool.length;
	config.pools[1].network = v4_of(&overflow.address);
	config.pools[1].length = overflow.length;
	config.mtu6 = setup->mtu;
	config.mtu4 = setup->mtu;
	config.mss_to_v4 = (uint16_t)NAT64_MSS(setup->mtu);
	config.mss_to_v6 = (uint16_t)NAT64_MSS(setup->mtu);
	return config;
}

static uint32_t number_of(const struct nat64_v4 *v4)
{
	uint32_t number;

	memcpy(&number, v4->octets, sizeof(number));
	return ntohl(number);
}

static struct nat64_v4 v4_of_number(uint32_t number)
{
	struct nat64_v4 v4;

	number = htonl(number);
	memcpy(v4.octets, &number, sizeof(number));
	return v4;
}

struct addresses {
	struct nat64_v4 *all;
	size_t n, cap;
};

static void add_addresses(const struct prefix *pool, const struct nat64_v4 *own4, struct addresses *ret)
{
	const struct nat64_key4 key = nat64_key4_of(pool);
	const uint64_t first = number_of(&key.network), count = 1ULL << (32 - key.length), edge = key.length < 31;
	uint64_t at;

	for (at = first + edge; at < first + count - edge && ret->n < NAT64_HOSTS_MAX; at++) {
		const struct nat64_v4 v4 = v4_of_number((uint32_t)at);

		if (memcmp(&v4, own4, sizeof(v4)) == 0)
			continue;
		ret->all = mem_grow(ret->all, ret->n, &ret->cap, sizeof(*ret->all));
		ret->all[ret->n++] = v4;
	}
}

size_t nat64_pool_addresses(const struct nat64_setup *setup, struct nat64_v4 **ret)
{
	const struct nat64_v4 own4 = v4_of(&setup->own4);
	struct addresses addresses = {0};
	struct nat64_slots slots;

	add_addresses(nat64_slots(&setup->pool, &setup->own4, &slots) ? &slots.rest : &setup->pool, &own4, &addresses);
	if (setup->overflow.address.family != AF_UNSPEC)
		add_addresses(&setup->overflow, &own4, &addresses);
	*ret = addresses.all;
	return addresses.n;
}
