/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "nat64/message.h"

const struct nat64_counter_row nat64_counter_rows[NAT64_COUNTERS] = {
#define ROW(name, key, text) {key, text},
	NAT64_COUNTER_TABLE(ROW)
#undef ROW
};

/* The descriptor for each of the names. */
static size_t list(struct nat64_maps *maps, int *ret[8], const char *ret_names[8])
{
	int *const fds[] = {&maps->config, &maps->sources, &maps->blocks, &maps->hosts, &maps->leases, &maps->free,
		&maps->denied, &maps->counters};
	static const char *const names[] = {NAT64_MAP_CONFIG, NAT64_MAP_SOURCES, NAT64_MAP_BLOCKS, NAT64_MAP_HOSTS,
		NAT64_MAP_LEASES, NAT64_MAP_FREE, NAT64_MAP_DENIED, NAT64_MAP_COUNTERS};

	memcpy(ret, fds, sizeof(fds));
	memcpy(ret_names, names, sizeof(names));
	return ARRAY_SIZE(fds);
}

int nat64_maps_open(const char *directory, struct nat64_maps *ret, struct err *err)
{
	_cleanup_free_ char *pins = nat64_pins(directory);
	_cleanup_nat64_maps_ struct nat64_maps maps = {0};
	const char *names[8];
	int *fds[8];
	size_t n = list(&maps, fds, names), i;

	for (i = 0; i < n; i++) {
		_cleanup_free_ char *path = mem_printf("%s/%s", pins, names[i]);
		int fd = bpf_obj_get(path);

		if (fd < 0)
			return err_errno(err, errno, "can't open the eBPF map '%s'", path);
		*fds[i] = fd;
	}
	*ret = maps;
	maps = (struct nat64_maps){0};
	return 0;
}

void nat64_maps_close(struct nat64_maps *maps)
{
	const char *names[8];
	int *fds[8];
	size_t n = list(maps, fds, names), i;

	for (i = 0; i < n; i++)
		if (*fds[i] > 0)
			close(*fds[i]);
	*maps = (struct nat64_maps){0};
}

uint32_t nat64_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint32_t)now.tv_sec;
}

int nat64_read_config(const struct nat64_maps *maps, struct nat64_config *ret, struct err *err)
{
	const uint32_t zero = 0;

	if (bpf_map_lookup_elem(maps->config, &zero, ret) < 0)
		return err_errno(err, errno, "can't read the translator's configuration");
	return 0;
}

int nat64_read_counters(const struct nat64_maps *maps, uint64_t ret[NAT64_COUNTERS], struct err *err)
{
	const int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ char *memory = NULL;
	uint64_t *values;
	uint32_t i;
	int c;

	if (cpus < 0)
		return err_errno(err, -cpus, "can't tell the number of CPUs");
	memory = mem_new((size_t)cpus, sizeof(*values));
	values = (uint64_t *)(void *)memory;
	memset(ret, 0, NAT64_COUNTERS * sizeof(*ret));
	for (i = 0; i < NAT64_COUNTERS; i++) {
		if (bpf_map_lookup_elem(maps->counters, &i, values) < 0)
			return err_errno(err, errno, "can't read the translator's counters");
		for (c = 0; c < cpus; c++)
			ret[i] += values[c];
	}
	return 0;
}

/* The time of the other direction is in the lease; one that is missing or another's says nothing. */
static uint32_t last_seen(
	const struct nat64_maps *maps, const struct nat64_v6 *v6, const struct nat64_host *host, uint32_t now)
{
	struct nat64_lease lease;
	uint32_t seen = host->seen;

	if (bpf_map_lookup_elem(maps->leases, &host->v4, &lease) == 0 && memcmp(&lease.v6, v6, sizeof(*v6)) == 0 &&
		(int32_t)(lease.seen - seen) > 0)
		seen = lease.seen;
	return (int32_t)(now - seen) > 0 ? now - seen : 0;
}

int nat64_read_mappings(const struct nat64_maps *maps, struct nat64_mapping **ret, struct err *err)
{
	struct nat64_mapping *all = NULL;
	const struct nat64_v6 *before = NULL;
	const uint32_t now = nat64_now();
	struct nat64_v6 v6, last;
	size_t n = 0, cap = 0;

	/* Hosts that go while we read make the kernel begin again, so there is an end to it. */
	while (n < 2 * (size_t)NAT64_HOSTS_MAX && bpf_map_get_next_key(maps->hosts, before, &v6) == 0) {
		struct nat64_host host;

		if (bpf_map_lookup_elem(maps->hosts, &v6, &host) == 0) {
			all = mem_grow(all, n, &cap, sizeof(*all));
			all[n++] = (struct nat64_mapping){v6, host.v4, last_seen(maps, &v6, &host, now)};
		}
		last = v6;
		before = &last;
	}
	*ret = all;
	return (int)n;
}

int nat64_read_blocks(const struct nat64_maps *maps, struct nat64_setup_block **ret, struct err *err)
{
	struct nat64_setup_block *all = NULL;
	const struct nat64_key4 *before = NULL;
	struct nat64_key4 key, last;
	size_t n = 0, cap = 0;

	while (n < 2 * (size_t)NAT64_BLOCKS_MAX && bpf_map_get_next_key(maps->blocks, before, &key) == 0) {
		struct nat64_block block;

		if (bpf_map_lookup_elem(maps->blocks, &key, &block) == 0) {
			all = mem_grow(all, n, &cap, sizeof(*all));
			all[n++] = (struct nat64_setup_block){{nat64_address6(&block.network), 128U - block.bits},
				{nat64_address4(&key.network), key.length}};
		}
		last = key;
		before = &last;
	}
	*ret = all;
	return (int)n;
}

int nat64_read_capacity(const struct nat64_maps *maps, size_t *ret, struct err *err)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(maps->free, &info, &size) < 0)
		return err_errno(err, errno, "can't tell the size of the eBPF map '" NAT64_MAP_FREE "'");
	*ret = info.max_entries;
	return 0;
}
