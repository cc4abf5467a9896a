/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Which address stands for which: the policy of sources, the mappings of hosts. Kernel side only. */
#pragma once

#include "nat64/bpf-state.h"

enum mapping {
	MAPPING_KNOWN, /* only what exists */
	MAPPING_MAKE,  /* give out an address if need be */
};

FUNCTION int give_out(struct work *w, const struct nat64_v6 *v6, struct nat64_v4 *ret)
{
	struct nat64_host host = {.seen = w->now};
	struct nat64_lease lease = {.v6 = *v6, .seen = w->now};
	struct nat64_host *winner;

	if (bpf_map_pop_elem(&nat64_free, &host.v4) < 0)
		return NAT64_COUNT_POOL_EMPTY;
	if (bpf_map_update_elem(&nat64_leases, &host.v4, &lease, BPF_ANY) < 0) {
		bpf_map_push_elem(&nat64_free, &host.v4, 0);
		return NAT64_COUNT_POOL_EMPTY;
	}
	if (bpf_map_update_elem(&nat64_hosts, &lease.v6, &host, BPF_NOEXIST) == 0) {
		count(NAT64_COUNT_MAPPINGS);
		*ret = host.v4;
		return 0;
	}
	/* Another CPU was faster, or the map is full. */
	bpf_map_delete_elem(&nat64_leases, &host.v4);
	bpf_map_push_elem(&nat64_free, &host.v4, 0);
	winner = bpf_map_lookup_elem(&nat64_hosts, &lease.v6);
	if (!winner)
		return NAT64_COUNT_POOL_EMPTY;
	*ret = winner->v4;
	return 0;
}

/* The IPv4 address of an IPv6 host. 0, or the counter: not allowed, or the pool is empty. `v6` is in a map. */
FUNCTION int host_to4(struct work *w, const struct nat64_v6 *v6, enum mapping mapping, struct nat64_v4 *ret)
{
	struct nat64_key6 key = {.length = 128};
	struct nat64_host *host = bpf_map_lookup_elem(&nat64_hosts, v6);
	struct nat64_source *source;

	if (host) {
		if (host->seen != w->now)
			host->seen = w->now;
		*ret = host->v4;
		return 0;
	}
	key.network = *v6;
	source = bpf_map_lookup_elem(&nat64_sources, &key);
	if (source && source->mode == NAT64_BLOCK && block_to4(source, v6, ret) == 0)
		return 0;
	if (!source || source->mode != NAT64_DYNAMIC)
		return NAT64_COUNT_NOT_ALLOWED;
	return mapping == MAPPING_MAKE ? give_out(w, &key.network, ret) : NAT64_COUNT_NO_MAPPING;
}

/* The IPv6 host that an IPv4 address stands for. 0 or the counter. `v4` is in a map. */
FUNCTION int host_to6(struct work *w, const struct nat64_v4 *v4, struct nat64_v6 *ret)
{
	struct nat64_key4 key = {.length = 32};
	struct nat64_lease *lease = bpf_map_lookup_elem(&nat64_leases, v4);
	struct nat64_block *block;

	if (lease) {
		if (lease->seen != w->now)
			lease->seen = w->now;
		*ret = lease->v6;
		return 0;
	}
	__builtin_memcpy(&key.network, v4, sizeof(key.network));
	block = bpf_map_lookup_elem(&nat64_blocks, &key);
	if (!block)
		return NAT64_COUNT_NO_MAPPING;
	block_to6(block, value4(v4), ret);
	return 0;
}

/* May this IPv4 address be a destination? 0 or the counter, with an answer where the sender should know. */
FUNCTION int check_destination4(struct work *w, const struct nat64_config *c, const struct nat64_v4 *v4)
{
	struct nat64_key4 key = {.length = 32};
	const __u32 value = value4(v4);
	struct nat64_denied *denied;

	if (in_pools(c, value))
		return c->flags & NAT64_HAIRPIN ? 0 : refuse(w, ICMP6_UNREACHABLE, 1, 0, NAT64_COUNT_HAIRPIN);
	if (!is_host4(value))
		return NAT64_COUNT_BAD_DESTINATION;
	if (c->flags & NAT64_DENY_LIST) {
		__builtin_memcpy(&key.network, v4, sizeof(key.network));
		denied = bpf_map_lookup_elem(&nat64_denied, &key);
		if (denied && denied->denied)
			return refuse(w, ICMP6_UNREACHABLE, 1, 0, NAT64_COUNT_DENIED);
	}
	if (is_well_known(&c->prefix, c->prefix_length) && !(c->flags & NAT64_WELL_KNOWN_PRIVATE) && !is_global4(value))
		return refuse(w, ICMP6_UNREACHABLE, 1, 0, NAT64_COUNT_NOT_GLOBAL);
	return 0;
}

/* May this IPv4 address be a source, that is be written into the prefix? */
static __always_inline int check_source4(const struct nat64_config *c, const struct nat64_v4 *v4)
{
	const __u32 value = value4(v4);

	if (in_pools(c, value))
		return c->flags & NAT64_HAIRPIN ? 0 : NAT64_COUNT_HAIRPIN;
	if (!is_host4(value))
		return NAT64_COUNT_BAD_SOURCE;
	if (is_well_known(&c->prefix, c->prefix_length) && !(c->flags & NAT64_WELL_KNOWN_PRIVATE) && !is_global4(value))
		return NAT64_COUNT_NOT_GLOBAL;
	return 0;
}
