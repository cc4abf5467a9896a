/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach DEVICE [INLINE-DEVICE]: the translator on a device of the present network namespace, for end-to-end tests.
 * Prefix fd00:64::/96, hosts fd00:10::/64, pool 198.18.0.0/24, denied 203.0.113.66/32. The filters keep the program.
 * Stays until its input ends, answers each line "counts" with the counters, each on a line, and a dot.
 */
#include <net/if.h>

#include "load.h"

static const char *const names[] = {
#define ROW(name, key, text) key,
	NAT64_COUNTER_TABLE(ROW)
#undef ROW
};

static void attach(const char *device, int program, enum bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)if_nametoindex(device), .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = 1, .prog_fd = program);
	int rc = bpf_tc_hook_create(&hook);

	if ((rc < 0 && rc != -EEXIST) || bpf_tc_attach(&hook, &opts) < 0)
		load_fail(device);
}

static unsigned int number(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);

	return text ? (unsigned int)strtoul(text, NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	struct loaded l = load_programs();
	struct nat64_config config = {.abi = NAT64_ABI,
		.flags = NAT64_DENY_LIST | NAT64_HAIRPIN | NAT64_ERRORS,
		.prefix_length = 96,
		.mtu6 = number("MTU6", 1500),
		.mss_to_v4 = (__u16)number("MSS", NAT64_MSS(1500)),
		.mss_to_v6 = (__u16)number("MSS", NAT64_MSS(1500))};
	char line[64];
	__u32 i;

	config.prefix = v6("fd00:64::");
	config.own6 = v6("fd00:10::64");
	config.own4 = v4("192.0.0.8");
	config.pools[0].network = v4("198.18.0.0");
	config.pools[0].length = 24;
	load_dynamic(&l, "fd00:10::", 64);
	load_free(&l, "198.18.0.1", number("POOL", 200));
	if (getenv("OVERFLOW")) {
		config.pools[1].network = v4("240.0.0.0");
		config.pools[1].length = 8;
		load_free(&l, "240.0.0.1", 1000);
	}
	load_denied(&l, "203.0.113.66", 32);
	load_config(&l, &config);
	if (argc < 2)
		return 2;
	attach(argv[1], l.device, BPF_TC_EGRESS);
	if (argc > 2)
		attach(argv[2], l.simple, BPF_TC_INGRESS);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		for (i = 0; i < NAT64_COUNTERS; i++)
			printf("%s %llu\n", names[i], load_count(&l, i));
		puts(".");
		fflush(stdout);
	}
	bpf_object__close(l.object);
	return 0;
}
