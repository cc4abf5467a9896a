/* SPDX-License-Identifier: Apache-2.0 */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "nat64/maps.h"

enum { KEY_MAX = 32 }; /* octets, more than any key has */

/* A map that is to hold exactly these entries. */
struct entries {
	int map;
	const char *name;
	const void *keys, *values;
	size_t key_size, value_size, n;
};

static const void *key_of(const struct entries *entries, size_t i)
{
	return (const char *)entries->keys + i * entries->key_size;
}

static const void *value_of(const struct entries *entries, size_t i)
{
	return (const char *)entries->values + i * entries->value_size;
}

static bool is_wanted(const struct entries *entries, const void *key)
{
	size_t i;

	for (i = 0; i < entries->n; i++)
		if (memcmp(key_of(entries, i), key, entries->key_size) == 0)
			return true;
	return false;
}

/* A key that isn't wanted. */
static bool find_stale(const struct entries *entries, void *ret_key)
{
	const void *before = NULL;
	char key[KEY_MAX], last[KEY_MAX];

	while (bpf_map_get_next_key(entries->map, before, key) == 0) {
		if (!is_wanted(entries, key)) {
			memcpy(ret_key, key, entries->key_size);
			return true;
		}
		memcpy(last, key, sizeof(last));
		before = last;
	}
	return false;
}

/* First what is new, then what is stale: nothing that stays is missing meanwhile. */
static int write_entries(const struct entries *entries, struct err *err)
{
	char key[KEY_MAX];
	size_t i;

	for (i = 0; i < entries->n; i++)
		if (bpf_map_update_elem(entries->map, key_of(entries, i), value_of(entries, i), BPF_ANY) < 0)
			return err_errno(err, errno, "can't fill the eBPF map '%s'", entries->name);
	while (find_stale(entries, key))
		if (bpf_map_delete_elem(entries->map, key) < 0 && errno != ENOENT)
			return err_errno(err, errno, "can't delete from the eBPF map '%s'", entries->name);
	return 0;
}

static bool same_entries(const struct entries *entries)
{
	char key[KEY_MAX], value[KEY_MAX];
	size_t i;

	for (i = 0; i < entries->n; i++)
		if (bpf_map_lookup_elem(entries->map, key_of(entries, i), value) < 0 ||
			memcmp(value, value_of(entries, i), entries->value_size) != 0)
			return false;
	return !find_stale(entries, key);
}

struct lists {
	struct nat64_key6 source_keys[NAT64_SETUP_LIST_MAX + NAT64_SETUP_BLOCKS_MAX];
	struct nat64_source sources[NAT64_SETUP_LIST_MAX + NAT64_SETUP_BLOCKS_MAX];
	struct nat64_key4 block_keys[NAT64_SETUP_BLOCKS_MAX];
	struct nat64_block blocks[NAT64_SETUP_BLOCKS_MAX];
	struct nat64_key4 denied_keys[NAT64_SETUP_LIST_MAX + 1];
	struct nat64_denied denied[NAT64_SETUP_LIST_MAX + 1];
	struct entries of_sources, of_blocks, of_denied;
};

/* Both ways of the blocks. */
static void add_blocks(const struct nat64_setup *setup, struct lists *ret)
{
	size_t i;

	for (i = 0; i < setup->n_blocks; i++) {
		const struct nat64_setup_block *block = &setup->blocks[i];
		const size_t source = setup->n_sources + i;

		ret->block_keys[i] = nat64_key4_of(&block->addresses);
		ret->source_keys[source] = nat64_key6_of(&block->hosts);
		ret->blocks[i].network = ret->source_keys[source].network;
		ret->blocks[i].bits = (uint8_t)(32 - block->addresses.length);
		ret->sources[source].mode = NAT64_BLOCK;
		ret->sources[source].base = ret->block_keys[i].network;
		ret->sources[source].bits = ret->blocks[i].bits;
	}
}

/* The pool is an exception from what is denied, since it may lie inside: hosts reach each other by it. */
static void make_lists(const struct nat64_maps *maps, const struct nat64_setup *setup, struct lists *ret)
{
	size_t i;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < setup->n_sources; i++) {
		ret->source_keys[i] = nat64_key6_of(&setup->sources[i]);
		ret->sources[i].mode = NAT64_DYNAMIC;
	}
	for (i = 0; i < setup->n_denied; i++) {
		ret->denied_keys[i] = nat64_key4_of(&setup->denied[i]);
		ret->denied[i].denied = !prefix_equal(&setup->denied[i], &setup->pool);
	}
	ret->denied_keys[i] = nat64_key4_of(&setup->pool);
	add_blocks(setup, ret);
	ret->of_sources = (struct entries){maps->sources, NAT64_MAP_SOURCES, ret->source_keys, ret->sources,
		sizeof(*ret->source_keys), sizeof(*ret->sources), setup->n_sources + setup->n_blocks};
	ret->of_blocks = (struct entries){maps->blocks, NAT64_MAP_BLOCKS, ret->block_keys, ret->blocks,
		sizeof(*ret->block_keys), sizeof(*ret->blocks), setup->n_blocks};
	ret->of_denied = (struct entries){maps->denied, NAT64_MAP_DENIED, ret->denied_keys, ret->denied,
		sizeof(*ret->denied_keys), sizeof(*ret->denied), setup->n_denied + 1};
}

static int compare_v4(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct nat64_v4));
}

static int push(const struct nat64_maps *maps, const struct nat64_v4 *v4, struct err *err)
{
	if (bpf_map_update_elem(maps->free, NULL, v4, BPF_ANY) < 0)
		return err_errno(err, errno, "can't fill the eBPF map '" NAT64_MAP_FREE "'");
	return 0;
}

/* A mapping to an address that is no longer in the pool goes; one that is there keeps the address off the free list. */
static int settle_mappings(
	const struct nat64_maps *maps, const struct nat64_v4 *pool, size_t n, bool *used, struct err *err)
{
	struct nat64_mapping *mappings;
	int count = nat64_read_mappings(maps, &mappings, err), i;

	for (i = 0; i < count; i++) {
		const struct nat64_v4 *found = n ? bsearch(&mappings[i].v4, pool, n, sizeof(*pool), compare_v4) : NULL;

		if (found) {
			used[found - pool] = true;
			continue;
		}
		bpf_map_delete_elem(maps->hosts, &mappings[i].v6);
		bpf_map_delete_elem(maps->leases, &mappings[i].v4);
	}
	free(mappings);
	return count < 0 ? count : 0;
}

/*
 * Make the free list anew. A program that runs may take an address just before it is emptied and note it just after:
 * that takes microseconds, and is waited for.
 */
static int give_out(const struct nat64_maps *maps, struct nat64_v4 *pool, size_t n, struct err *err)
{
	const struct timespec moment = {.tv_nsec = 2000000};
	bool *used = mem_new(n + 1, sizeof(*used));
	struct nat64_v4 taken;
	size_t i;
	int r;

	if (n)
		qsort(pool, n, sizeof(*pool), compare_v4);
	while (bpf_map_lookup_and_delete_elem(maps->free, NULL, &taken) == 0)
		;
	nanosleep(&moment, NULL);
	r = settle_mappings(maps, pool, n, used, err);
	for (i = 0; r == 0 && i < n; i++)
		if (!used[i])
			r = push(maps, &pool[i], err);
	free(used);
	return r;
}

/* The configuration is written last of all, so one that is there tells that its free list was complete. */
static int give_out_new(const struct nat64_maps *maps, const struct nat64_setup *setup,
	const struct nat64_config *config, struct err *err)
{
	struct nat64_v4 *pool;
	struct nat64_config old;
	size_t n;
	int r;

	r = nat64_read_config(maps, &old, err);
	if (r < 0)
		return r;
	if (old.abi == NAT64_ABI && memcmp(old.pools, config->pools, sizeof(old.pools)) == 0 &&
		memcmp(&old.own4, &config->own4, sizeof(old.own4)) == 0)
		return 0;
	n = nat64_pool_addresses(setup, &pool);
	r = give_out(maps, pool, n, err);
	free(pool);
	return r;
}

int nat64_maps_fill(const struct nat64_maps *maps, const struct nat64_setup *setup, struct err *err)
{
	const struct nat64_config config = nat64_config_of(setup);
	const uint32_t zero = 0;
	struct lists lists;
	int r;

	make_lists(maps, setup, &lists);
	r = write_entries(&lists.of_denied, err);
	if (r == 0)
		r = write_entries(&lists.of_blocks, err);
	if (r == 0)
		r = write_entries(&lists.of_sources, err);
	if (r == 0)
		r = give_out_new(maps, setup, &config, err);
	if (r == 0 && bpf_map_update_elem(maps->config, &zero, &config, BPF_ANY) < 0)
		return err_errno(err, errno, "can't write the translator's configuration");
	return r;
}

static int differ(struct str *ret_detail, const char *text)
{
	if (ret_detail)
		str_add(ret_detail, text);
	return 0;
}

int nat64_maps_compare(
	const struct nat64_maps *maps, const struct nat64_setup *setup, struct str *ret_detail, struct err *err)
{
	const struct nat64_config wanted = nat64_config_of(setup);
	struct nat64_config config;
	struct lists lists;
	int r;

	r = nat64_read_config(maps, &config, err);
	if (r < 0)
		return r;
	make_lists(maps, setup, &lists);
	if (memcmp(&config, &wanted, sizeof(config)) != 0)
		return differ(ret_detail, "its configuration differs");
	if (!same_entries(&lists.of_sources) || !same_entries(&lists.of_blocks))
		return differ(ret_detail, "its list of allowed sources differs");
	if (!same_entries(&lists.of_denied))
		return differ(ret_detail, "its list of denied destinations differs");
	return 1;
}
