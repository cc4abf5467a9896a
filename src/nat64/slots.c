/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/slots.h"

bool nat64_slots(const struct prefix *pool, const struct address *own4, struct nat64_slots *ret)
{
	const unsigned int bits = pool->length < 31 ? 31 - pool->length : 0; /* of a half */
	const unsigned int slot = (bits + 1) / 2;
	struct prefix halves[2];
	bool own_is_first;

	*ret = (struct nat64_slots){.bits = slot < NAT64_SLOT_BITS_MIN ? NAT64_SLOT_BITS_MIN : slot};
	if (bits < ret->bits + NAT64_SLOT_IDS_MIN || prefix_subnet(pool, 0, pool->length + 1, &halves[0]) < 0 ||
		prefix_subnet(pool, 1, pool->length + 1, &halves[1]) < 0)
		return false;
	own_is_first = prefix_contains_address(&halves[0], own4);
	ret->half = halves[own_is_first];
	ret->rest = halves[!own_is_first];
	return true;
}

bool nat64_slot(const struct nat64_slots *slots, uint64_t n, const struct prefix *network, struct prefix *ret_hosts,
	struct prefix *ret_addresses)
{
	const unsigned int room = 128 - network->length, bits = slots->bits < room ? slots->bits : room;
	struct prefix slot;

	if (prefix_subnet(&slots->half, n, 32 - slots->bits, &slot) < 0)
		return false;
	*ret_hosts = prefix_network(network);
	ret_hosts->length = 128 - bits;
	*ret_addresses = (struct prefix){slot.address, 32 - bits};
	return true;
}
