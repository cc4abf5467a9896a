/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "command/nat64-text.h"
#include "command/session.h"
#include "nat64/ageing.h"
#include "nat64/loader.h"

#define NETNS "lazyjack-nat64"
#define DEVICE "nat64"

static bool open_metrics;

static const struct option_row options[] = {
	{"openmetrics", 0, OPTION_FLAG, &open_metrics, 0, NULL, "counters and status: for Prometheus and the like"},
	{0},
};

static int find_program(void *user, struct err *err)
{
	*(unsigned int *)user = nat64_attached(DEVICE);
	return 0;
}

static int run_state(struct session *session, const struct nat64_maps *maps, struct err *err)
{
	struct nat64_report report = {0};
	struct nat64_setup_block *blocks = NULL;
	struct nat64_mapping *mappings = NULL;
	int n, n_blocks, r;

	r = nat64_read_config(maps, &report.config, err);
	if (r == 0)
		r = nat64_read_counters(maps, report.counters, err);
	if (r == 0)
		r = nat64_read_capacity(maps, &report.addresses, err);
	if (r < 0)
		return r;
	n = nat64_read_mappings(maps, &mappings, err);
	free(mappings);
	n_blocks = nat64_read_blocks(maps, &blocks, err);
	free(blocks);
	if (n < 0 || n_blocks < 0)
		return n < 0 ? n : n_blocks;
	report.mappings = (size_t)n;
	report.blocks = (size_t)n_blocks;
	/* No namespace, no program. */
	if (node_in_netns(session->node, NETNS, find_program, &report.program, NULL) < 0)
		report.program = 0;
	nat64_print_status(&report, open_metrics ? NAT64_OPENMETRICS : global.json ? NAT64_JSON : NAT64_PLAIN);
	return report.program ? EXIT_DONE : EXIT_DRIFT;
}

static int run_mappings(struct session *session, const struct nat64_maps *maps, struct err *err)
{
	const enum nat64_style style = global.json ? NAT64_JSON : NAT64_PLAIN;
	struct nat64_setup_block *blocks = NULL;
	struct nat64_mapping *mappings = NULL;
	int n_blocks = nat64_read_blocks(maps, &blocks, err);
	int n = n_blocks < 0 ? n_blocks : nat64_read_mappings(maps, &mappings, err);

	if (n >= 0) {
		nat64_print_blocks(blocks, (size_t)n_blocks, style);
		nat64_print_mappings(mappings, (size_t)n, style);
	}
	free(blocks);
	free(mappings);
	return n < 0 ? n : EXIT_DONE;
}

static int run_counters(struct session *session, const struct nat64_maps *maps, struct err *err)
{
	uint64_t counters[NAT64_COUNTERS];
	int r = nat64_read_counters(maps, counters, err);

	if (r == 0)
		nat64_print_counters(counters, open_metrics  ? NAT64_OPENMETRICS
					       : global.json ? NAT64_JSON
							     : NAT64_PLAIN);
	return r < 0 ? r : EXIT_DONE;
}

/* For the timer. Two at once would give an address back twice. */
static int run_age(struct session *session, const struct nat64_maps *maps, struct err *err)
{
	struct nat64_ageing ageing;
	int r = session_lock(session, err);

	if (r == 0)
		r = nat64_age(maps, NAT64_IDLE_MIN, &ageing, err);
	if (r == 0)
		printf("nat64: %zu addresses given back, %d connections forgotten, %zu hosts have an address\n",
			ageing.released, ageing.connections, ageing.mappings);
	return r < 0 ? r : EXIT_DONE;
}

static const struct {
	const char *name;
	int (*run)(struct session *session, const struct nat64_maps *maps, struct err *err); /* exit status */
} verbs[] = {
	{"status", run_state},
	{"mappings", run_mappings},
	{"counters", run_counters},
	{"age", run_age},
};

static int run_verb(size_t verb)
{
	_cleanup_nat64_maps_ struct nat64_maps maps = {0};
	_cleanup_err_ struct err err = ERR_INIT;
	struct session session;
	int status, r;

	status = session_open(&session, "nat64", SESSION_ROOT);
	if (status == EXIT_DONE) {
		r = nat64_maps_open(NAT64_DIRECTORY, &maps, &err);
		if (r == -ENOENT)
			err_set(&err, ENOENT,
				"no eBPF translator is loaded here: this isn't the NAT64 node, or tayga translates "
				"(nat64.engine)");
		if (r == 0)
			r = verbs[verb].run(&session, &maps, &err);
		status = r < 0 ? session_fail(&session, EXIT_FAILED, &err) : r;
	}
	session_close(&session);
	return status;
}

static int run_nat64(int argc, char **argv)
{
	const char *names[ARRAY_SIZE(verbs)], *near;
	size_t i;

	if (argc != 1) {
		fputs("lazyjack: nat64: what about it? status, mappings, counters or age, one of them\n", stderr);
		return EXIT_USAGE;
	}
	for (i = 0; i < ARRAY_SIZE(verbs); i++) {
		names[i] = verbs[i].name;
		if (str_eq(argv[0], names[i]))
			return run_verb(i);
	}
	near = str_nearest(argv[0], names, ARRAY_SIZE(names));
	fprintf(stderr, "lazyjack: nat64: there is no '%s'%s%s%s\n", argv[0], near ? ": did you mean '" : "",
		near ? near : "", near ? "'?" : "");
	return EXIT_USAGE;
}

const struct command command_nat64 = {
	.name = "nat64",
	.arguments = "status|mappings|counters|age",
	.summary = "Look into the eBPF NAT64 translator of this node",
	.help = "status    what is translated, how many addresses are in use, what was dropped and why\n"
		"mappings  the IPv6 hosts that have an IPv4 address of the pool, and how long ago they used it\n"
		"counters  every counter\n"
		"age       give addresses back that no host uses any more; a timer does it every 15 minutes\n"
		"\n"
		"Exit status 4 of 'status': the program is not on its device.\n",
	.options = options,
	.run = run_nat64,
};
