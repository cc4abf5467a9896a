/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz-packets [FRAMES [SEED]]: frames, sound ones and damaged ones, through the loaded kernel program
 * (BPF_PROG_TEST_RUN) and through the reference translator. The two must agree on each octet of each frame, so nothing
 * passes untranslated. Ends with 1 at the first difference, with the frame on the error output.
 */
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "packet.h"
#include "run.h"

static const char *const names[] = {
#define ROW(name, key, text) key,
	NAT64_COUNTER_TABLE(ROW)
#undef ROW
};

static uint64_t state;

static uint32_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static bool one_in(unsigned int n)
{
	return rnd() % n == 0;
}

#define PICK(list) ((list)[rnd() % (sizeof(list) / sizeof(*(list)))])

static const char *const hosts6[] = {"fd00:10::2", "fd00:10::3", "fd00:10::80", "fd00:20::9", "fd00:77::1", "fe80::1",
	"ff02::1", "::1", "::", "fd00:64::1.2.3.4"};
static const char *const hosts4[] = {"198.18.0.2", "198.18.0.3", "198.18.0.128", "198.18.1.9", "198.18.0.77",
	"203.0.113.2", "203.0.113.66", "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "10.1.2.3", "8.8.8.8"};
static const uint8_t protocols[] = {6, 6, 17, 17, 58, 58, 1, 33, 136, 47, 132, 50, 59, 44, 0};

static const char *good6(void)
{
	return one_in(8) ? PICK(hosts6) : hosts6[rnd() % 3];
}

static const char *good4(void)
{
	return one_in(8) ? PICK(hosts4) : "203.0.113.2";
}

static const char *pool4(void)
{
	return one_in(8) ? PICK(hosts4) : hosts4[rnd() % 3];
}

static void fill(struct packet *p, size_t n)
{
	while (n-- > 0)
		packet_octet(p, one_in(4) ? (one_in(2) ? 0 : 0xff) : (uint8_t)rnd());
}

static size_t some_length(void)
{
	switch (rnd() % 8) {
	case 0:
		return rnd() % 8;
	case 1:
		return rnd() % 1500;
	case 2:
		return 1180 + rnd() % 120;
	default:
		return rnd() % 64;
	}
}

static void extensions(struct packet *p, uint8_t last)
{
	static const uint8_t kinds[] = {0, 60, 43, 60, 44};
	uint8_t kind = PICK(kinds);
	unsigned int n = 1 + rnd() % 3, i;

	if (one_in(40))
		n = 7 + rnd() % 3;
	packet_next(p, kind);
	for (i = 0; i < n; i++) {
		const uint8_t next = i + 1 == n ? last : PICK(kinds);
		const unsigned int length = one_in(8) ? rnd() % 4 : 0;

		packet_octet(p, next);
		if (kind == 44) {
			packet_octet(p, 0);
			packet_be16(p, (uint16_t)((one_in(3) ? 0 : rnd() % 400 * 8) | rnd() % 2));
			packet_be32(p, rnd());
		} else {
			packet_octet(p, (uint8_t)length);
			packet_octet(p, 0);
			packet_octet(p, kind == 43 && one_in(4) ? (uint8_t)rnd() : 0);
			fill(p, 4 + 8 * length);
		}
		kind = next;
	}
}

static void make(struct packet *p, bool v6, bool inner);

static void icmp(struct packet *p, bool v6, bool inner)
{
	static const uint8_t types6[] = {1, 1, 2, 3, 4, 4, 128, 129, 128, 129, 135, 200, 5};
	static const uint8_t types4[] = {3, 3, 3, 11, 12, 12, 8, 0, 8, 0, 5, 13, 200};
	const uint8_t type = inner && !one_in(10) ? (v6 ? 128 + rnd() % 2 : rnd() % 2 * 8)
			     : v6		  ? PICK(types6)
						  : PICK(types4);
	const bool error = v6 ? type < 128 : type == 3 || type == 11 || type == 12;
	const size_t at = p->n;
	struct packet in;

	packet_octet(p, type);
	packet_octet(p, (uint8_t)(one_in(3) ? rnd() % 18 : rnd() % 5));
	packet_be16(p, 0);
	packet_be32(p, one_in(2) ? rnd() % 44 : rnd() % 2000);
	if (!v6 && type == 12)
		p->octets[at + 4] = (uint8_t)(rnd() % 22);
	if (!v6 && one_in(2))
		p->octets[at + 5] = 0;
	if (!error || inner) {
		fill(p, some_length());
		return;
	}
	make(&in, v6, true);
	if (one_in(3) && in.n > 20)
		in.n = v6 ? 40 + 8 + rnd() % 40 : 20 + 8 + rnd() % 40;
	if (one_in(3)) {
		/* RFC 4884 */
		const unsigned int unit = v6 ? 8 : 4;

		while (in.n < 128 || in.n % unit)
			packet_octet(&in, 0);
		p->octets[at + (v6 ? 4 : 5)] = (uint8_t)(in.n / unit);
		fill(&in, 4 * (rnd() % 20));
	}
	packet_add(p, in.octets, in.n < 2000 ? in.n : 2000);
}

static void transport(struct packet *p, bool v6, uint8_t protocol, bool inner)
{
	const size_t at = p->n;

	if (protocol == (v6 ? 58 : 1)) {
		icmp(p, v6, inner);
	} else if (protocol == 6) {
		fill(p, 12);
		packet_octet(p, (uint8_t)(one_in(2) ? 0x50 : rnd() & 0xf0));
		packet_octet(p, (uint8_t)(one_in(2) ? 2 : rnd()));
		packet_be32(p, rnd() & 0xffff0000);
		packet_be16(p, 0);
		if (one_in(2)) {
			p->octets[at + 12] = 0x60;
			packet_be16(p, 0x0204);
			packet_be16(p, (uint16_t)(1300 + rnd() % 400));
		}
		fill(p, some_length());
	} else if (protocol == 17) {
		const size_t n = some_length();

		packet_be32(p, rnd());
		packet_be16(p, (uint16_t)(8 + n));
		packet_be16(p, 0);
		fill(p, n);
	} else {
		fill(p, some_length());
	}
}

static void make6(struct packet *p, bool inner)
{
	uint8_t protocol = PICK(protocols);

	if (one_in(2))
		protocol = 58;
	packet_ip6(p, inner ? "fd00:64::203.0.113.2" : good6(), inner ? good6() : "fd00:64::203.0.113.2", 59,
		(uint8_t)rnd());
	p->octets[1] = (uint8_t)rnd();
	if (!inner && one_in(6)) {
		struct nat64_v4 to = v4(PICK(hosts4));

		memcpy(p->octets + 36, &to, 4);
	}
	if (one_in(3))
		extensions(p, protocol);
	else
		packet_next(p, protocol);
	transport(p, true, protocol, inner);
	packet_finish(p, protocol == 17 && one_in(20));
}

static void make4(struct packet *p, bool inner)
{
	uint8_t protocol = PICK(protocols), options[40];
	size_t i, n = one_in(4) ? rnd() % 11 * 4 : 0;

	if (one_in(2))
		protocol = 1;
	for (i = 0; i < n; i++)
		options[i] = one_in(3) ? 1 : one_in(2) ? (uint8_t)(rnd() % 8) : (uint8_t)rnd();
	if (n && one_in(3))
		options[0] = one_in(2) ? 131 : 137;
	if (n && one_in(2))
		memset(options, 1, n);
	packet_ip4(p, inner ? pool4() : good4(), inner ? "203.0.113.2" : pool4(), protocol, (uint8_t)rnd(), options, n);
	p->octets[1] = (uint8_t)rnd();
	if (one_in(3))
		p->octets[6] = (uint8_t)(one_in(2) ? 0x40 : rnd());
	if (one_in(6))
		p->octets[7] = (uint8_t)rnd();
	transport(p, false, protocol, inner);
	packet_finish(p, protocol == 17 && one_in(4));
}

static void make(struct packet *p, bool v6, bool inner)
{
	if (v6)
		make6(p, inner);
	else
		make4(p, inner);
}

static void damage(struct packet *p)
{
	unsigned int n = 1 + rnd() % 4;

	while (n-- > 0) {
		if (one_in(4) && p->n > 1)
			p->n = 1 + rnd() % p->n;
		else if (one_in(4))
			fill(p, rnd() % 40);
		else
			p->octets[rnd() % (one_in(2) && p->n > 60 ? 60 : p->n)] =
				one_in(3) ? (uint8_t)(rnd() % 4) : (uint8_t)rnd();
	}
}

/* Four configurations: an ordinary /96, hairpin on; a /64, hairpin off; the well-known prefix, strict and not. */
enum { CONFIGURATIONS = 4 };

static void configure(struct tested *t, unsigned int which)
{
	static const unsigned int lengths[CONFIGURATIONS] = {96, 64, 96, 96};
	struct nat64_config c = tested_config();

	c.prefix = v6(which >= 2 ? "64:ff9b::" : "fd00:64::");
	c.prefix_length = lengths[which];
	c.mtu6 = which == 1 ? 1280 : 1500;
	c.mtu4 = which == 2 ? 1400 : 0;
	if (which == 3)
		c.flags |= NAT64_WELL_KNOWN_PRIVATE;
	if (which)
		c.flags &= ~(__u32)NAT64_HAIRPIN;
	tested_configure(t, &c);
}

static void fit_prefix(struct packet *p, unsigned int which)
{
	if (which == 1 && p->n > 40 && p->octets[0] >> 4 == 6 && one_in(2)) {
		memmove(p->octets + 33, p->octets + 36, 4);
		p->octets[32] = 0;
	}
	if (which >= 2 && p->n > 40 && p->octets[0] >> 4 == 6)
		memcpy(p->octets + 24, "\0\x64\xff\x9b", 4);
}

/* That the frames went everywhere: each counter counted, but those that no frame of these can reach. */
static bool reached(const struct tested *t)
{
	bool all = true;
	__u32 i;

	for (i = 0; i < NAT64_COUNTERS; i++) {
		const unsigned long long n = load_count(&t->loaded, i);

		printf("%-24s %llu\n", names[i], n);
		all = all && (n || i == NAT64_COUNT_INLINE || i == NAT64_COUNT_MAPPINGS ||
				     i == NAT64_COUNT_MSS_CLAMPED || i == NAT64_COUNT_ERRORS_LIMITED ||
				     i == NAT64_COUNT_NOT_CONFIGURED || i == NAT64_COUNT_OTHER_PROTOCOL ||
				     i == NAT64_COUNT_POOL_EMPTY || i == NAT64_COUNT_KERNEL);
	}
	return all;
}

int main(int argc, char **argv)
{
	const unsigned long frames = argc > 1 ? strtoul(argv[1], NULL, 0) : 200000;
	unsigned long i, counts[3] = {0};
	struct tested t;
	struct packet p;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		return 77; /* skipped: loading kernel programs takes root */
	t = tested_start();
	state = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL);
	state = state * 0x9e3779b97f4a7c15ULL | 1;
	for (i = 0; i < frames; i++) {
		const unsigned int which = (unsigned int)(i * CONFIGURATIONS / frames);
		const bool v6 = one_in(2);
		int verdict;

		if (i == 0 || which != (unsigned int)((i - 1) * CONFIGURATIONS / frames))
			configure(&t, which);
		make(&p, v6, false);
		fit_prefix(&p, which);
		if (one_in(3))
			damage(&p);
		if (p.n > 3000)
			p.n = 3000;
		verdict = tested_compare(&t, one_in(50) ? !v6 : v6, &p);
		if (verdict < 0) {
			fprintf(stderr, "frame %lu, configuration %u\n", i, which);
			return 1;
		}
		counts[verdict]++;
	}
	printf("%lu frames: %lu dropped, %lu translated, %lu answered with an error\n", frames, counts[0], counts[1],
		counts[2]);
	i = counts[1] && counts[2] && reached(&t) ? 0 : 1;
	bpf_object__close(t.loaded.object);
	return (int)i;
}
