/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/ping.h"

#include <errno.h>
#include <limits.h>
#include <netinet/icmp6.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/run.h"
#include "verify/icmp.h"
#include "verify/netns-socket.h"

enum {
	PACKET_MAX = 65536,
	REPEAT_MS = 400,
	BURST = 64, /* sent between two looks for answers, so that these never fill the socket's buffer */
};

struct sweep {
	int fd;
	uint16_t id;
	uint8_t nonce[ICMP_NONCE];
	uint8_t *buffer;
	struct ping *list;
	size_t n;
};

static int open_socket(struct node *node, const char *netns, int *ret, struct err *err)
{
	const int on = 1, probe = IPV6_PMTUDISC_PROBE, room = 1 << 20;
	_cleanup_close_ int fd = -1;
	struct icmp6_filter filter;
	int r;

	r = netns_socket(node, netns, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, &fd, err);
	if (r < 0)
		return err_wrap(err, "cannot send ICMPv6 echo requests");
	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
	ICMP6_FILTER_SETPASS(ICMP6_PACKET_TOO_BIG, &filter);
	ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &filter);
	ICMP6_FILTER_SETPASS(ICMP6_TIME_EXCEEDED, &filter);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	/* PROBE: the device's MTU counts, not what the kernel remembers of the path (ipv6(7), net/ipv6/ip6_output.c).
	 */
	if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) < 0 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof(probe)) < 0 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof(on)) < 0)
		return err_errno(err, errno, "cannot set up a socket for ICMPv6 echo requests");
	*ret = TAKE_FD(fd);
	return 0;
}

static void send_one(struct sweep *sweep, size_t i)
{
	struct ping *ping = &sweep->list[i];
	struct sockaddr_storage to;
	/* For a raw socket the port of the address would have to be the protocol or 0 (raw(7)). */
	socklen_t len = address_sockaddr(&ping->to, 0, &to);
	size_t size = icmp_request(sweep->id, (uint16_t)i, sweep->nonce, ping->size, sweep->buffer);

	if (sendto(sweep->fd, sweep->buffer, size, 0, (const struct sockaddr *)&to, len) >= 0) {
		ping->next = clock_ms() + REPEAT_MS;
	} else if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) {
		ping->next = clock_ms() + 10;
	} else {
		/* A size that does not fit stays so; a route or an address may still be on its way. */
		ping->code = errno == EMSGSIZE ? -EMSGSIZE : -EINPROGRESS;
		ping->mtu = 0;
		ping->reporter.family = AF_UNSPEC;
		if (errno != EMSGSIZE)
			ping->next = clock_ms() + REPEAT_MS;
	}
}

static void take(struct sweep *sweep, size_t len, const struct sockaddr_in6 *from)
{
	struct icmp_reply reply;
	struct ping *ping;

	if (!icmp_parse(sweep->buffer, len, sweep->id, sweep->nonce, &reply) || reply.sequence >= sweep->n)
		return;
	ping = &sweep->list[reply.sequence];
	if (ping->code != -EINPROGRESS)
		return;
	if (reply.kind == ICMP_ANSWER && memcmp(&from->sin6_addr, ping->to.bytes, 16) != 0)
		return;
	ping->reporter.family = AF_INET6;
	memcpy(ping->reporter.bytes, &from->sin6_addr, 16);
	switch (reply.kind) {
	case ICMP_ANSWER:
		ping->code = 0;
		break;
	case ICMP_TOO_BIG:
		ping->code = -EMSGSIZE;
		ping->mtu = reply.mtu;
		break;
	case ICMP_UNREACHABLE:
		break; /* perhaps not for long: who told is kept, and it is tried again */
	}
}

static void receive(struct sweep *sweep)
{
	for (;;) {
		struct sockaddr_in6 from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(sweep->fd, sweep->buffer, PACKET_MAX, 0, (struct sockaddr *)&from, &from_len);

		if (n < 0)
			return;
		take(sweep, (size_t)n, &from);
	}
}

/* Send what is due, wait for answers. Returns how many are still without one. */
static size_t turn(struct sweep *sweep, int64_t deadline)
{
	struct pollfd fd = {.fd = sweep->fd, .events = POLLIN};
	size_t i, open = 0, sent = 0;
	int64_t next = deadline;

	for (i = 0; i < sweep->n; i++) {
		struct ping *ping = &sweep->list[i];

		if (ping->code != -EINPROGRESS)
			continue;
		if (sent < BURST && clock_left(ping->next) == 0) {
			send_one(sweep, i);
			sent++;
		}
		open += ping->code == -EINPROGRESS;
		if (ping->next < next)
			next = ping->next;
	}
	if (open > 0 && poll(&fd, 1, clock_left(next)) > 0)
		receive(sweep);
	return open;
}

int ping_run(struct node *node, const char *netns, struct ping *list, size_t n, int timeout_ms, struct err *err)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *buffer = mem_new(PACKET_MAX, 1);
	struct sweep sweep = {.fd = -1, .buffer = (uint8_t *)buffer, .list = list, .n = n};
	int64_t deadline = clock_ms() + timeout_ms;
	size_t i;
	int r;

	if (n > PING_MAX)
		return err_set(err, E2BIG, "%zu addresses are too many for one sweep of at most %d", n, PING_MAX);
	r = open_socket(node, netns, &fd, err);
	if (r < 0)
		return r;
	sweep.fd = fd;
	if (getrandom(sweep.nonce, sizeof(sweep.nonce), 0) < 0 || getrandom(&sweep.id, sizeof(sweep.id), 0) < 0)
		return err_errno(err, errno, "cannot get random numbers");
	for (i = 0; i < n; i++) {
		list[i].code = -EINPROGRESS;
		list[i].next = 0;
		list[i].mtu = 0;
		list[i].reporter = (struct address){0};
	}
	while (clock_left(deadline) > 0 && !run_interrupted())
		if (turn(&sweep, deadline) == 0)
			break;
	for (i = 0; i < n; i++)
		if (list[i].code == -EINPROGRESS)
			list[i].code = run_interrupted()		      ? -EINTR
				       : list[i].reporter.family == AF_UNSPEC ? -ETIMEDOUT
									      : -EHOSTUNREACH;
	return 0;
}
