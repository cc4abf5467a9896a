/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/ageing.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nat64/conntrack.h"

enum { DEAD_MIN = 60 }; /* seconds */

struct run {
	const struct nat64_maps *maps;
	struct nat64_v4 *busy; /* sources of conntrack entries, sorted */
	size_t n_busy;
	struct nat64_v4 *leaving; /* addresses without a mapping, not yet free; sorted once complete */
	size_t n_leaving, cap;
	uint32_t dead_min; /* seconds */
};

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct nat64_v4));
}

static bool is_busy(const struct run *run, const struct nat64_v4 *v4)
{
	return run->n_busy && bsearch(v4, run->busy, run->n_busy, sizeof(*v4), compare);
}

static bool is_leaving(void *user, const struct nat64_v4 *v4)
{
	const struct run *run = user;

	return run->n_leaving && bsearch(v4, run->leaving, run->n_leaving, sizeof(*v4), compare);
}

static void leave(struct run *run, const struct nat64_v4 *v4)
{
	run->leaving = mem_grow(run->leaving, run->n_leaving, &run->cap, sizeof(*v4));
	run->leaving[run->n_leaving++] = *v4;
}

/* A packet that was translated between the look and the deletion would be a host without a mapping. */
static bool still_idle(const struct run *run, const struct nat64_mapping *mapping, uint32_t idle_min)
{
	struct nat64_host host;

	return bpf_map_lookup_elem(run->maps->hosts, &mapping->v6, &host) == 0 &&
	       (int32_t)(nat64_now() - host.seen) >= (int32_t)idle_min;
}

/* Take the mappings away that may go; the number of those that stay. */
static size_t drop_mappings(
	struct run *run, const struct nat64_mapping *mappings, size_t n, uint32_t idle_min, bool shortage)
{
	size_t i, left = 0;

	for (i = 0; i < n; i++) {
		const struct nat64_mapping *mapping = &mappings[i];

		if (mapping->idle < idle_min || (is_busy(run, &mapping->v4) && !shortage) ||
			!still_idle(run, mapping, idle_min) || bpf_map_delete_elem(run->maps->hosts, &mapping->v6) < 0)
			left++;
	}
	return left;
}

/*
 * A lease whose host is gone, or has another address, is dead: what drop_mappings() or a killed run left. A young one
 * may be about to get its host.
 */
static bool is_dead(const struct run *run, const struct nat64_v4 *v4)
{
	struct nat64_lease lease;
	struct nat64_host host;

	if (bpf_map_lookup_elem(run->maps->leases, v4, &lease) < 0 ||
		(int32_t)(nat64_now() - lease.seen) < (int32_t)run->dead_min)
		return false;
	return bpf_map_lookup_elem(run->maps->hosts, &lease.v6, &host) < 0 || memcmp(&host.v4, v4, sizeof(*v4)) != 0;
}

static void find_dead(struct run *run)
{
	const struct nat64_v4 *before = NULL;
	struct nat64_v4 v4, last;
	size_t i = 0;

	while (i++ < 2 * (size_t)NAT64_HOSTS_MAX && bpf_map_get_next_key(run->maps->leases, before, &v4) == 0) {
		if (is_dead(run, &v4))
			leave(run, &v4);
		last = v4;
		before = &last;
	}
	if (run->n_leaving)
		qsort(run->leaving, run->n_leaving, sizeof(*run->leaving), compare);
}

static int release(struct run *run, struct nat64_ageing *ageing, struct err *err)
{
	int connections = run->n_leaving ? conntrack_clear(is_leaving, run, err) : 0;
	size_t i;

	if (connections < 0)
		return connections;
	ageing->connections = connections;
	for (i = 0; i < run->n_leaving; i++) {
		if (i > 0 && compare(&run->leaving[i - 1], &run->leaving[i]) == 0)
			continue;
		if (bpf_map_delete_elem(run->maps->leases, &run->leaving[i]) < 0)
			continue;
		if (bpf_map_update_elem(run->maps->free, NULL, &run->leaving[i], BPF_ANY) < 0)
			return err_errno(err, errno, "can't give an address back to the pool");
		ageing->released++;
	}
	return 0;
}

static int is_short(const struct nat64_maps *maps, size_t used, struct err *err)
{
	size_t n;
	int r = nat64_read_capacity(maps, &n, err);

	return r < 0 ? r : used * NAT64_SHORT > n * (NAT64_SHORT - 1);
}

int nat64_age(const struct nat64_maps *maps, uint32_t idle_min, struct nat64_ageing *ret, struct err *err)
{
	struct run run = {.maps = maps, .dead_min = idle_min < DEAD_MIN ? idle_min : DEAD_MIN};
	struct nat64_mapping *mappings = NULL;
	int n, shortage, r;

	*ret = (struct nat64_ageing){0};
	n = nat64_read_mappings(maps, &mappings, err);
	shortage = n < 0 ? n : is_short(maps, (size_t)n, err);
	r = shortage < 0 ? shortage : conntrack_sources(&run.busy, &run.n_busy, err);
	if (r == 0) {
		ret->mappings = drop_mappings(&run, mappings, (size_t)n, idle_min, shortage);
		find_dead(&run);
		r = release(&run, ret, err);
	}
	free(mappings);
	free(run.busy);
	free(run.leaving);
	return r;
}
