/* SPDX-License-Identifier: Apache-2.0 */
/* For tests: one frame through the kernel program by BPF_PROG_TEST_RUN, compared with the reference translator. */
#pragma once

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include "load.h"
#include "packet.h"
#include "reference.h"

struct tested {
	struct loaded loaded;
	struct reference reference;
	struct nat64_config config;
	uint8_t out[9000];
	size_t n_out;
	int returned; /* TC_ACT_… */
};

static inline struct nat64_config tested_config(void)
{
	struct nat64_config c = {.abi = NAT64_ABI,
		.flags = NAT64_DENY_LIST | NAT64_HAIRPIN | NAT64_ERRORS,
		.prefix_length = 96,
		.mtu6 = 1500,
		.errors_per_second = 1000000000};

	c.prefix = v6("fd00:64::");
	c.own6 = v6("fd00:10::64");
	c.own4 = v4("192.0.0.8");
	c.pools[0].network = v4("198.18.0.0");
	c.pools[0].length = 15;
	return c;
}

/* The program and the reference get the same configuration. */
static inline void tested_configure(struct tested *t, const struct nat64_config *c)
{
	struct reference *const r = &t->reference;

	load_config(&t->loaded, c);
	t->config = *c;
	memcpy(r->prefix, &c->prefix, 16);
	memcpy(r->own6, &c->own6, 16);
	memcpy(r->own4, &c->own4, 4);
	memcpy(r->pool, &c->pools[0].network, 4);
	r->pool_length = c->pools[0].length;
	r->prefix_length = c->prefix_length;
	r->mtu6 = c->mtu6;
	r->mtu4 = c->mtu4;
	r->hairpin = c->flags & NAT64_HAIRPIN;
	r->private_allowed = c->flags & NAT64_WELL_KNOWN_PRIVATE;
}

static inline void tested_host(struct tested *t, const char *six, const char *four)
{
	struct reference_host *const host = &t->reference.hosts[t->reference.n_hosts++];
	const struct nat64_v6 a6 = v6(six);
	const struct nat64_v4 a4 = v4(four);

	memcpy(host->v6, &a6, 16);
	memcpy(host->v4, &a4, 4);
}

static inline void tested_block(struct tested *t, const char *six, const char *four, unsigned int bits)
{
	struct nat64_key6 key6 = {.length = 128 - bits, .network = v6(six)};
	struct nat64_key4 key4 = {.length = 32 - bits, .network = v4(four)};
	struct nat64_source source = {.mode = NAT64_BLOCK, .base = key4.network, .bits = (__u8)bits};
	struct nat64_block block = {.network = key6.network, .bits = (__u8)bits};

	load_update(t->loaded.sources, &key6, &source);
	load_update(t->loaded.blocks, &key4, &block);
}

static inline void tested_lease(struct tested *t, const char *six, const char *four)
{
	struct nat64_host host = {.v4 = v4(four)};
	struct nat64_lease lease = {.v6 = v6(six)};

	load_update(t->loaded.hosts, &lease.v6, &host);
	load_update(t->loaded.leases, &host.v4, &lease);
	tested_host(t, six, four);
}

/* Hosts fd00:10::2, ::3 and ::80 by static mappings of one address, fd00:20::9 by a lease. */
static inline struct tested tested_start(void)
{
	struct nat64_config c = tested_config();
	struct tested t = {.loaded = load_programs()};

	tested_configure(&t, &c);
	tested_block(&t, "fd00:10::2", "198.18.0.2", 0);
	tested_block(&t, "fd00:10::3", "198.18.0.3", 0);
	tested_block(&t, "fd00:10::80", "198.18.0.128", 0);
	tested_host(&t, "fd00:10::2", "198.18.0.2");
	tested_host(&t, "fd00:10::3", "198.18.0.3");
	tested_host(&t, "fd00:10::80", "198.18.0.128");
	tested_lease(&t, "fd00:20::9", "198.18.1.9");
	load_denied(&t.loaded, "203.0.113.66", 32);
	memcpy(t.reference.denied, "\xcb\x00\x71\x42", 4);
	return t;
}

static inline void tested_run(struct tested *t, int program, bool six, const uint8_t *packet, size_t n)
{
	static uint8_t frame[9000];
	struct __sk_buff context = {.ifindex = 1};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (__u32)(ETH_HLEN + n),
		.data_out = t->out, .data_size_out = sizeof(t->out), .ctx_in = &context,
		.ctx_size_in = sizeof(context));

	memset(frame, 0, 12);
	frame[12] = six ? 0x86 : 0x08;
	frame[13] = six ? 0xdd : 0x00;
	memcpy(frame + ETH_HLEN, packet, n);
	t->returned = TC_ACT_SHOT;
	t->n_out = 0;
	if (bpf_prog_test_run_opts(program, &opts) < 0) {
		if (errno == EINVAL && n < 40)
			return; /* the kernel takes no frame that is shorter than its IP header */
		load_fail("test run");
	}
	t->returned = (int)opts.retval;
	t->n_out = opts.data_size_out;
}

static inline void tested_dump(const char *name, const uint8_t *octets, size_t n)
{
	size_t i;

	fprintf(stderr, "# %s, %zu octets:", name, n);
	for (i = 0; i < n && i < 400; i++)
		fprintf(stderr, "%s%02x", i % 32 ? i % 2 ? "" : " " : "\n#   ", octets[i]);
	fputc('\n', stderr);
}

static inline bool tested_same(const struct reference_result *r, const uint8_t *packet)
{
	size_t i;

	for (i = 0; i < r->length; i++) {
		const bool header = r->any && (i == r->any || i == r->any + 1 || i == 10 || i == 11);
		const bool loose = r->loose[0] && (i == r->loose[0] || i == r->loose[0] + 1);

		if (packet[i] == r->packet[i] || header)
			continue;
		if (loose && packet[i] + r->packet[i] == 0xff && (packet[i] == 0 || packet[i] == 0xff))
			continue;
		return false;
	}
	return !r->any || packet_sum(packet, 20, 0) == 0xffff;
}

/* Returns the verdict that both have, or -1. */
static inline int tested_compare(struct tested *t, bool six, const struct packet *p)
{
	static struct reference_result r;
	const uint8_t *const got = t->out + ETH_HLEN;
	bool same;

	reference_translate(&t->reference, six, p->octets, p->n, &r);
	tested_run(t, t->loaded.device, six, p->octets, p->n);
	same = t->returned == (r.verdict == REFERENCE_DROP ? TC_ACT_SHOT : TC_ACT_REDIRECT);
	if (same && r.verdict != REFERENCE_DROP) {
		const bool now6 = six == (r.verdict == REFERENCE_ERROR);

		same = t->n_out == ETH_HLEN + r.length && t->out[12] == (now6 ? 0x86 : 0x08) && tested_same(&r, got);
	}
	if (same)
		return (int)r.verdict;
	fprintf(stderr, "# verdict %d (0 drop, 1 translated, 2 error), the program returned %d (2 drop, 7 redirect)\n",
		r.verdict, t->returned);
	tested_dump(six ? "IPv6 in" : "IPv4 in", p->octets, p->n);
	tested_dump("wanted", r.packet, r.length);
	if (t->n_out > ETH_HLEN)
		tested_dump("got", got, t->n_out - ETH_HLEN);
	return -1;
}
