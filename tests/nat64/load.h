/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: the kernel programs loaded with a configuration of the test's choice. Ends the process on failure. */
#pragma once

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nat64/nat64-abi.h"
#include "nat64/object.h"

struct loaded {
	struct bpf_object *object;
	int device, simple; /* programs */
	int config, sources, blocks, hosts, leases, free, denied, counters;
};

static inline void load_fail(const char *what)
{
	fprintf(stderr, "nat64 test: %s: %s\n", what, strerror(errno));
	exit(1);
}

static inline int load_map(const struct loaded *l, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(l->object, name);

	if (fd < 0)
		load_fail(name);
	return fd;
}

/* The compiled object, or that in the file NAT64_OBJECT names: another build of it. */
static inline struct bpf_object *load_open(void)
{
	const char *file = getenv("NAT64_OBJECT");

	return file ? bpf_object__open(file) : bpf_object__open_mem(nat64_object, nat64_object_size, NULL);
}

static inline struct loaded load_programs(void)
{
	struct loaded l = {.object = load_open()};
	struct bpf_program *device, *simple;

	if (!l.object || bpf_object__load(l.object) < 0)
		load_fail("load");
	device = bpf_object__find_program_by_name(l.object, NAT64_PROGRAM_DEVICE);
	simple = bpf_object__find_program_by_name(l.object, NAT64_PROGRAM_INLINE);
	if (!device || !simple)
		load_fail("programs");
	l.device = bpf_program__fd(device);
	l.simple = bpf_program__fd(simple);
	l.config = load_map(&l, NAT64_MAP_CONFIG);
	l.sources = load_map(&l, NAT64_MAP_SOURCES);
	l.blocks = load_map(&l, NAT64_MAP_BLOCKS);
	l.hosts = load_map(&l, NAT64_MAP_HOSTS);
	l.leases = load_map(&l, NAT64_MAP_LEASES);
	l.free = load_map(&l, NAT64_MAP_FREE);
	l.denied = load_map(&l, NAT64_MAP_DENIED);
	l.counters = load_map(&l, NAT64_MAP_COUNTERS);
	return l;
}

static inline struct nat64_v6 v6(const char *text)
{
	struct nat64_v6 ret;

	if (inet_pton(AF_INET6, text, &ret) != 1)
		load_fail(text);
	return ret;
}

static inline struct nat64_v4 v4(const char *text)
{
	struct nat64_v4 ret;

	if (inet_pton(AF_INET, text, &ret) != 1)
		load_fail(text);
	return ret;
}

static inline void load_update(int map, const void *key, const void *value)
{
	if (bpf_map_update_elem(map, key, value, 0) < 0)
		load_fail("map update");
}

static inline void load_config(const struct loaded *l, const struct nat64_config *config)
{
	__u32 zero = 0;

	load_update(l->config, &zero, config);
}

static inline void load_dynamic(const struct loaded *l, const char *network, unsigned int length)
{
	struct nat64_key6 key = {.length = length, .network = v6(network)};
	struct nat64_source source = {.mode = NAT64_DYNAMIC};

	load_update(l->sources, &key, &source);
}

/* Addresses to give out, `n` from `first` on. */
static inline void load_free(const struct loaded *l, const char *first, unsigned int n)
{
	struct nat64_v4 from = v4(first);
	__u32 number, i;

	memcpy(&number, &from, 4);
	for (i = 0; i < n; i++) {
		const __u32 address = htonl(ntohl(number) + i);

		load_update(l->free, NULL, &address);
	}
}

static inline void load_denied(const struct loaded *l, const char *network, unsigned int length)
{
	struct nat64_key4 key = {.length = length, .network = v4(network)};
	struct nat64_denied denied = {.denied = 1};

	load_update(l->denied, &key, &denied);
}

static inline unsigned long long load_count(const struct loaded *l, __u32 counter)
{
	const int cpus = libbpf_num_possible_cpus();
	__u64 values[256] = {0};
	unsigned long long sum = 0;
	int i;

	if (cpus < 1 || cpus > 256 || bpf_map_lookup_elem(l->counters, &counter, values) < 0)
		load_fail("counter");
	for (i = 0; i < cpus; i++)
		sum += values[i];
	return sum;
}
