/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Put the eBPF translator on a device, for bench/nat64.py, where it has to stand beside others and on its own:
 * nat64-attach DEVICE PREFIX POOL OWN4 OWN6 SOURCES [INLINE-DEVICE]. With the last, its fast path too. Nothing is
 * pinned: the filters hold the programs, and they the maps.
 */
#include <bpf/libbpf.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "nat64/maps.h"
#include "nat64/object.h"

static int attach(const char *device, enum bpf_tc_attach_point point, struct bpf_object *object, const char *name)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(device), .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1);

	opts.prog_fd = bpf_program__fd(bpf_object__find_program_by_name(object, name));
	bpf_tc_hook_create(&hook);
	return bpf_tc_attach(&hook, &opts);
}

static int set_up(struct bpf_object *object, char **argv)
{
	struct nat64_setup setup = {.mtu = 1500, .n_sources = 1};
	_cleanup_err_ struct err err = ERR_INIT;
	struct nat64_maps maps = {
		.config = bpf_object__find_map_fd_by_name(object, NAT64_MAP_CONFIG),
		.sources = bpf_object__find_map_fd_by_name(object, NAT64_MAP_SOURCES),
		.hosts = bpf_object__find_map_fd_by_name(object, NAT64_MAP_HOSTS),
		.leases = bpf_object__find_map_fd_by_name(object, NAT64_MAP_LEASES),
		.free = bpf_object__find_map_fd_by_name(object, NAT64_MAP_FREE),
		.denied = bpf_object__find_map_fd_by_name(object, NAT64_MAP_DENIED),
		.counters = bpf_object__find_map_fd_by_name(object, NAT64_MAP_COUNTERS),
	};

	if (prefix_parse(argv[2], &setup.prefix) < 0 || prefix_parse(argv[3], &setup.pool) < 0 ||
		address_parse(argv[4], &setup.own4) < 0 || address_parse(argv[5], &setup.own6) < 0 ||
		prefix_parse(argv[6], &setup.sources[0]) < 0)
		return -1;
	if (nat64_maps_fill(&maps, &setup, &err) == 0)
		return 0;
	fprintf(stderr, "nat64-attach: %s\n", err.msg);
	return -1;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = bpf_object__open_mem(nat64_object, nat64_object_size, NULL);

	if (argc < 7 || object == NULL || bpf_object__load(object) < 0 || set_up(object, argv) < 0)
		return 1;
	if (attach(argv[1], BPF_TC_EGRESS, object, NAT64_PROGRAM_DEVICE) < 0)
		return 1;
	return argc > 7 && attach(argv[7], BPF_TC_INGRESS, object, NAT64_PROGRAM_INLINE) < 0;
}
