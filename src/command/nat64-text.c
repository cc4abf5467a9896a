/* SPDX-License-Identifier: Apache-2.0 */
#include "command/nat64-text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"

/* The rows from here on are drops, of which every packet is in one (nat64-abi.h). */
#define FIRST_DROP NAT64_COUNT_NOT_CONFIGURED

static void print_json(json_t *json)
{
	_cleanup_free_ char *line = json_line(json);

	puts(line);
	json_decref(json);
}

static struct prefix prefix_of(const struct nat64_config *config)
{
	return (struct prefix){nat64_address6(&config->prefix), config->prefix_length};
}

static struct prefix pool_of(const struct nat64_config *config)
{
	return (struct prefix){nat64_address4(&config->pools[0].network), config->pools[0].length};
}

static uint64_t dropped(const uint64_t counters[NAT64_COUNTERS])
{
	uint64_t sum = 0;
	int i;

	for (i = FIRST_DROP; i < NAT64_COUNTERS; i++)
		sum += counters[i];
	return sum;
}

void nat64_metric_name(const char *key, struct str *ret)
{
	const char *c;

	for (c = key; *c; c++) {
		const char letter = (char)tolower((unsigned char)*c);

		if (c > key && isupper((unsigned char)*c) && !isupper((unsigned char)c[-1]))
			str_add(ret, "_");
		str_add_n(ret, &letter, 1);
	}
}

static void print_metrics(const uint64_t counters[NAT64_COUNTERS])
{
	int i;

	for (i = 0; i < NAT64_COUNTERS; i++) {
		_cleanup_str_ struct str name = STR_INIT;

		nat64_metric_name(nat64_counter_rows[i].key, &name);
		printf("# TYPE lazyjack_nat64_%s counter\n# HELP lazyjack_nat64_%s %s\nlazyjack_nat64_%s_total "
		       "%" PRIu64 "\n",
			name.s, name.s, nat64_counter_rows[i].text, name.s, counters[i]);
	}
}

static void print_gauge(const char *name, const char *text, uint64_t value)
{
	printf("# TYPE lazyjack_nat64_%s gauge\n# HELP lazyjack_nat64_%s %s\nlazyjack_nat64_%s %" PRIu64 "\n", name,
		name, text, name, value);
}

static json_t *counters_json(const uint64_t counters[NAT64_COUNTERS])
{
	json_t *json = json_object();
	int i;

	for (i = 0; i < NAT64_COUNTERS; i++)
		json_object_set_new(json, nat64_counter_rows[i].key, json_integer((json_int_t)counters[i]));
	return json;
}

void nat64_print_counters(const uint64_t counters[NAT64_COUNTERS], enum nat64_style style)
{
	int i;

	switch (style) {
	case NAT64_PLAIN:
		for (i = 0; i < NAT64_COUNTERS; i++)
			printf("%-24s %12" PRIu64 "  %s\n", nat64_counter_rows[i].key, counters[i],
				nat64_counter_rows[i].text);
		break;
	case NAT64_JSON:
		print_json(counters_json(counters));
		break;
	case NAT64_OPENMETRICS:
		print_metrics(counters);
		puts("# EOF");
		break;
	}
}

static void print_plain(const struct nat64_report *report)
{
	const struct prefix prefix = prefix_of(&report->config), pool = pool_of(&report->config);
	char from[PREFIX_TEXT_MAX], to[PREFIX_TEXT_MAX];
	int i;

	printf("nat64: %s to %s, MTU %u\n", prefix_text(&prefix, from), prefix_text(&pool, to), report->config.mtu6);
	if (report->program)
		printf("program: %u ('bpftool prog show id %u')\n", report->program, report->program);
	else
		puts("program: not on its device; 'lazyjack prepare' puts it there");
	printf("addresses: %zu of %zu in use, %zu blocks without a table\n", report->mappings, report->addresses,
		report->blocks);
	printf("packets: %" PRIu64 " to IPv4, %" PRIu64 " to IPv6, %" PRIu64 " dropped\n",
		report->counters[NAT64_COUNT_TO_V4], report->counters[NAT64_COUNT_TO_V6], dropped(report->counters));
	for (i = FIRST_DROP; i < NAT64_COUNTERS; i++)
		if (report->counters[i])
			printf("  %" PRIu64 " %s\n", report->counters[i], nat64_counter_rows[i].text);
}

static void print_status_json(const struct nat64_report *report)
{
	const struct prefix prefix = prefix_of(&report->config), pool = pool_of(&report->config);
	char from[PREFIX_TEXT_MAX], to[PREFIX_TEXT_MAX];

	print_json(json_make("{s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:o}", "engine", "ebpf", "prefix",
		prefix_text(&prefix, from), "pool", prefix_text(&pool, to), "mtu", (int)report->config.mtu6, "program",
		(json_int_t)report->program, "addresses", (json_int_t)report->addresses, "mappings",
		(json_int_t)report->mappings, "blocks", (json_int_t)report->blocks, "counters",
		counters_json(report->counters)));
}

void nat64_print_status(const struct nat64_report *report, enum nat64_style style)
{
	switch (style) {
	case NAT64_PLAIN:
		print_plain(report);
		break;
	case NAT64_JSON:
		print_status_json(report);
		break;
	case NAT64_OPENMETRICS:
		print_gauge("attached", "1: the program is on its device", report->program != 0);
		print_gauge(
			"pool_addresses", "IPv4 addresses that hosts without a block can be given", report->addresses);
		print_gauge("pool_used", "IPv4 addresses that hosts have", report->mappings);
		print_metrics(report->counters);
		puts("# EOF");
		break;
	}
}

void nat64_print_blocks(const struct nat64_setup_block *blocks, size_t n, enum nat64_style style)
{
	size_t i;

	for (i = 0; i < n; i++) {
		char hosts[PREFIX_TEXT_MAX], addresses[PREFIX_TEXT_MAX];

		prefix_text(&blocks[i].hosts, hosts);
		prefix_text(&blocks[i].addresses, addresses);
		if (style == NAT64_JSON)
			print_json(json_make("{s:s, s:s}", "v6", hosts, "v4", addresses));
		else
			printf("%-39s %-18s always\n", hosts, addresses);
	}
}

void nat64_print_mappings(const struct nat64_mapping *mappings, size_t n, enum nat64_style style)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct address v6 = nat64_address6(&mappings[i].v6), v4 = nat64_address4(&mappings[i].v4);
		char host[ADDRESS_TEXT_MAX], stands[ADDRESS_TEXT_MAX];

		address_text(&v6, host);
		address_text(&v4, stands);
		if (style == NAT64_JSON)
			print_json(json_make("{s:s, s:s, s:I}", "v6", host, "v4", stands, "idleSeconds",
				(json_int_t)mappings[i].idle));
		else
			printf("%-39s %-18s idle %" PRIu32 " s\n", host, stands, mappings[i].idle);
	}
}
