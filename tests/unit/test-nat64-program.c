/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the translator in the kernel: its steps, the change of program and configuration, ageing, the probe. */
#include "netns-fixture.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "nat64/ageing.h"
#include "nat64/conntrack.h"
#include "nat64/loader.h"
#include "nat64/probe.h"

#define BPF_DIRECTORY FIXTURE_ROOT "/sys/fs/bpf"
#define PINS BPF_DIRECTORY "/lazyjack/nat64"

static int set_up(void **state)
{
	struct step netns = step_netns("svc"), device = step_nat64_device("svc", "nat64", "ifb", 1500);
	struct step bpf = step_bpf_filesystem("/sys/fs/bpf");

	if (fixture_setup(state) < 0 || mkdir(FIXTURE_ROOT "/sys", 0755) < 0 ||
		mkdir(FIXTURE_ROOT "/sys/fs", 0755) < 0 || mkdir(BPF_DIRECTORY, 0755) < 0)
		return -1;
	fixture_apply(&netns);
	fixture_apply(&device);
	fixture_apply(&bpf);
	step_done(&netns);
	step_done(&device);
	step_done(&bpf);
	return 0;
}

static int tear_down(void **state)
{
	struct step netns = step_netns("svc");

	fixture_revert(&netns, json_null());
	step_done(&netns);
	umount2(BPF_DIRECTORY, MNT_DETACH);
	return fixture_teardown(state);
}

static struct nat64_setup setup_of(const char *pool)
{
	struct nat64_setup setup = {.mtu = 1500, .n_sources = 2, .n_denied = 1};

	setup.prefix = fixture_prefix("fd00:10:64:ff9b::/96");
	setup.pool = fixture_prefix(pool);
	setup.own4 = fixture_address("172.18.0.200");
	setup.own6 = fixture_address("fd00:10::200");
	setup.sources[0] = fixture_prefix("fd00:20::/64");
	setup.sources[1] = fixture_prefix("fd00:40::/72");
	setup.denied[0] = fixture_prefix("169.254.0.0/16");
	return setup;
}

static const struct nat64_devices devices = {.device = "nat64", .inside = "lo"};

static struct step program(const char *pool)
{
	const struct nat64_setup setup = setup_of(pool);

	return step_nat64_program("svc", &devices, &setup);
}

static unsigned int attached(void)
{
	_cleanup_free_ char *text = RUN_IN("svc", "tc", "filter", "show", "dev", "nat64", "egress");
	const char *id = strstr(text, " id ");

	return id ? (unsigned int)atoi(id + 4) : 0;
}

static struct nat64_maps open_maps(void)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct nat64_maps maps = {0};

	if (nat64_maps_open(PINS, &maps, &err) < 0)
		fail_msg("%s", err.msg);
	return maps;
}

static size_t count_free(const struct nat64_maps *maps)
{
	struct nat64_v4 all[512];
	size_t n = 0, i;

	while (n < ARRAY_SIZE(all) && bpf_map_lookup_and_delete_elem(maps->free, NULL, &all[n]) == 0)
		n++;
	for (i = 0; i < n; i++)
		assert_int_equal(bpf_map_update_elem(maps->free, NULL, &all[i], BPF_ANY), 0);
	return n;
}

/* As the program does it. */
static void map_host(const struct nat64_maps *maps, const char *v6, uint32_t idle, struct nat64_v4 *ret)
{
	const struct address address = fixture_address(v6);
	struct nat64_host host = {.seen = nat64_now() - idle};
	struct nat64_lease lease = {.seen = host.seen};

	memcpy(&lease.v6, address.bytes, sizeof(lease.v6));
	assert_int_equal(bpf_map_lookup_and_delete_elem(maps->free, NULL, &host.v4), 0);
	assert_int_equal(bpf_map_update_elem(maps->hosts, &lease.v6, &host, BPF_NOEXIST), 0);
	assert_int_equal(bpf_map_update_elem(maps->leases, &host.v4, &lease, BPF_NOEXIST), 0);
	*ret = host.v4;
}

static void life(void **state)
{
	struct step step = program("172.18.0.128/25");

	fixture_described(&step, "nat64 in svc",
		"ip netns exec svc tc filter replace dev nat64 egress bpf direct-action # NAT64 fd00:10:64:ff9b::/96 "
		"to "
		"172.18.0.128/25");
	fixture_life(step);
	assert_int_equal(access(BPF_DIRECTORY "/lazyjack", F_OK), -1);
	assert_int_equal(attached(), 0);
}

static void somebody_elses(void **state)
{
	struct step step = program("172.18.0.128/25");

	fixture_apply(&step);
	fixture_refused(&step, false, EEXIST, "isn't recorded as lazyjack's");
	fixture_revert(&step, json_null());
	step_done(&step);
}

/* Taken away by hand, at either end. */
static void drifts(void **state)
{
	struct step step = program("172.18.0.128/25");

	fixture_apply(&step);
	free(RUN_IN("svc", "tc", "qdisc", "del", "dev", "nat64", "clsact"));
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	free(RUN_IN("svc", "tc", "qdisc", "del", "dev", "lo", "clsact"));
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	RUN_QUIET("rm", "-r", PINS);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	fixture_revert(&step, json_null());
	step_done(&step);
}

/* Another lazyjack's program goes, its maps and what is in them stay. */
static void newer_program(void **state)
{
	struct step step = program("172.18.0.128/25");
	struct nat64_mapping *mappings;
	struct nat64_maps maps;
	struct nat64_v4 v4;
	unsigned int before;

	fixture_apply(&step);
	maps = open_maps();
	map_host(&maps, "fd00:40::7", 5, &v4);
	assert_int_equal(count_free(&maps), 124);
	before = attached();
	assert_true(before > 0);
	RUN_QUIET("sh", "-c", "cd " PINS "/abi-*; mv program-* program-0000000000000000");
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_DRIFTED);
	fixture_apply(&step);
	assert_int_equal(fixture_inspect(&step, true, NULL), STEP_IN_PLACE);
	assert_int_not_equal(attached(), before);
	nat64_maps_close(&maps);
	maps = open_maps();
	assert_int_equal(nat64_read_mappings(&maps, &mappings, NULL), 1);
	assert_memory_equal(&mappings[0].v4, &v4, sizeof(v4));
	assert_in_range(mappings[0].idle, 5, 60);
	assert_int_equal(count_free(&maps), 124);
	free(mappings);
	nat64_maps_close(&maps);
	fixture_revert(&step, json_null());
	step_done(&step);
}

/* Lists and numbers change in the maps alone; another pool makes new ones. */
static void other_setup(void **state)
{
	struct step step = program("172.18.0.128/25"), other, larger = program("172.18.0.0/24");
	struct nat64_setup setup = setup_of("172.18.0.128/25");
	struct nat64_maps maps;
	struct nat64_v4 v4;

	setup.mtu = 1400;
	setup.n_sources = 1;
	setup.denied[0] = fixture_prefix("10.0.0.0/8");
	other = step_nat64_program("svc", &devices, &setup);
	fixture_apply(&step);
	maps = open_maps();
	map_host(&maps, "fd00:40::7", 0, &v4);
	assert_int_equal(fixture_inspect(&other, true, NULL), STEP_DRIFTED);
	fixture_apply(&other);
	assert_int_equal(fixture_inspect(&other, true, NULL), STEP_IN_PLACE);
	assert_int_equal(count_free(&maps), 124);
	nat64_maps_close(&maps);
	fixture_apply(&larger);
	assert_int_equal(fixture_inspect(&larger, true, NULL), STEP_IN_PLACE);
	maps = open_maps();
	assert_int_equal(count_free(&maps), 253);
	nat64_maps_close(&maps);
	fixture_revert(&larger, json_null());
	step_done(&step);
	step_done(&other);
	step_done(&larger);
}

/* A node's block comes and goes; neither the free list nor anybody's mapping changes for it. */
static void blocks(void **state)
{
	struct nat64_setup setup = setup_of("172.18.0.0/16");
	struct nat64_setup_block *found;
	struct step few, more;
	struct nat64_maps maps;
	struct nat64_v4 v4;
	size_t capacity;

	setup.overflow = fixture_prefix("240.0.0.0/24");
	setup.blocks[0] =
		(struct nat64_setup_block){fixture_prefix("fd00:40:0:0:2::/120"), fixture_prefix("172.18.130.0/24")};
	setup.n_blocks = 1;
	few = step_nat64_program("svc", &devices, &setup);
	setup.blocks[1] =
		(struct nat64_setup_block){fixture_prefix("fd00:40:0:0:3::/120"), fixture_prefix("172.18.131.0/24")};
	setup.n_blocks = 2;
	more = step_nat64_program("svc", &devices, &setup);
	fixture_apply(&few);
	maps = open_maps();
	map_host(&maps, "fd00:40::7", 0, &v4);
	assert_int_equal(nat64_read_capacity(&maps, &capacity, NULL), 0);
	assert_int_equal(capacity, 32765 + 254);
	assert_int_equal(fixture_inspect(&more, true, NULL), STEP_DRIFTED);
	fixture_apply(&more);
	assert_int_equal(fixture_inspect(&more, true, NULL), STEP_IN_PLACE);
	assert_int_equal(nat64_read_blocks(&maps, &found, NULL), 2);
	free(found);
	fixture_apply(&few);
	assert_int_equal(nat64_read_blocks(&maps, &found, NULL), 1);
	assert_true(prefix_equal(&found[0].hosts, &setup.blocks[0].hosts));
	assert_true(prefix_equal(&found[0].addresses, &setup.blocks[0].addresses));
	free(found);
	nat64_maps_close(&maps);
	fixture_revert(&few, json_null());
	step_done(&few);
	step_done(&more);
}

static void ageing(void **state)
{
	struct step step = program("172.18.0.128/28");
	_cleanup_err_ struct err err = ERR_INIT;
	struct nat64_ageing done;
	struct nat64_maps maps;
	struct nat64_v4 young, old, dead;
	struct nat64_v6 gone;

	fixture_apply(&step);
	maps = open_maps();
	assert_int_equal(count_free(&maps), 14);
	map_host(&maps, "fd00:40::1", 10, &young);
	map_host(&maps, "fd00:40::2", NAT64_IDLE_MIN + 10, &old);
	map_host(&maps, "fd00:40::3", NAT64_IDLE_MIN + 10, &dead);
	/* What a run that was killed leaves: a lease whose host is gone. */
	memcpy(&gone, fixture_address("fd00:40::3").bytes, sizeof(gone));
	assert_int_equal(bpf_map_delete_elem(maps.hosts, &gone), 0);
	if (nat64_age(&maps, NAT64_IDLE_MIN, &done, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(done.mappings, 1);
	assert_int_equal(done.released, 2);
	assert_int_equal(count_free(&maps), 13);
	assert_int_equal(nat64_age(&maps, NAT64_IDLE_MIN, &done, NULL), 0);
	assert_int_equal(done.released, 0);
	assert_int_equal(count_free(&maps), 13);
	nat64_maps_close(&maps);
	fixture_revert(&step, json_null());
	step_done(&step);
}

static bool is_first(void *user, const struct nat64_v4 *source)
{
	return source->octets[3] == 2;
}

/* Two sources speak; the entries of one go. */
static void connections(void **state)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct nat64_v4 *sources = NULL;
	size_t n = 9;

	if (conntrack_sources(&sources, &n, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(n, 0);
	free(sources);
	RUN_QUIET("nft", "add table ip t; add chain ip t c { type filter hook output priority 0; }; "
			 "add rule ip t c ct state new accept");
	RUN_QUIET("ip", "address", "add", "127.0.0.2/8", "dev", "lo");
	RUN_QUIET("ip", "address", "add", "127.0.0.3/8", "dev", "lo");
	RUN_QUIET("python3", "-c",
		"import socket\n"
		"for host in '127.0.0.2', '127.0.0.2', '127.0.0.3':\n"
		"    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
		"    s.bind((host, 0))\n"
		"    s.sendto(b'x', ('127.0.0.1', 9))\n");
	assert_int_equal(conntrack_sources(&sources, &n, NULL), 0);
	assert_int_equal(n, 2);
	free(sources);
	assert_int_equal(conntrack_clear(is_first, NULL, NULL), 2);
	assert_int_equal(conntrack_sources(&sources, &n, NULL), 0);
	assert_int_equal(n, 1);
	assert_int_equal(sources[0].octets[3], 3);
	free(sources);
}

/* It looks only, and its answer is the same whatever is there. */
static void probe(void **state)
{
	_cleanup_err_ struct err err = ERR_INIT;
	struct nat64_probe probe = {0};
	char *before = fixture_snapshot();

	if (nat64_probe(&probe, &err) < 0)
		fail_msg("%s", err.msg);
	assert_null(probe.lacks);
	assert_non_null(probe.device);
	nat64_probe_done(&probe);
	fixture_same(before, fixture_snapshot());
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(life),
		CASE(somebody_elses),
		CASE(drifts),
		CASE(newer_program),
		CASE(other_setup),
		CASE(blocks),
		CASE(ageing),
		CASE(connections),
		CASE(probe),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
