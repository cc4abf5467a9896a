/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/ping.h"

#include <errno.h>
#include <limits.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
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
	RAW_FILTER = 1, /* ICMP_FILTER of linux/icmp.h (raw(7)): the header does not go together with the C library's */
	REPEAT_MS = 400,
	BURST = 64, /* sent between two looks for answers, so that these never fill the socket's buffer */
};

struct sweep {
	int fd, family;
	uint16_t id;
	uint8_t nonce[ICMP_NONCE];
	uint8_t *buffer;
	struct ping *list;
	size_t n;
};

struct choice {
	int level, name;
	const void *value;
	socklen_t size;
};

static int choose(int fd, const struct choice *choices, size_t n, struct err *err)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (setsockopt(fd, choices[i].level, choices[i].name, choices[i].value, choices[i].size) < 0)
			return err_errno(err, errno, "cannot set up a socket for ICMP echo requests");
	return 0;
}

/* PROBE: the device's MTU counts, not what the kernel remembers of the path (ipv6(7), net/ipv6/ip6_output.c). */
static int set_up_v6(int fd, struct err *err)
{
	const int on = 1, probe = IPV6_PMTUDISC_PROBE;
	struct icmp6_filter filter;
	const struct choice choices[] = {
		{IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)},
		{IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof(probe)},
		{IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof(on)},
	};

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
	ICMP6_FILTER_SETPASS(ICMP6_PACKET_TOO_BIG, &filter);
	ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &filter);
	ICMP6_FILTER_SETPASS(ICMP6_TIME_EXCEEDED, &filter);
	return choose(fd, choices, ARRAY_SIZE(choices), err);
}

/* The same, with "don't fragment" set by it (ip(7)). Answers may come in fragments all the same: how large, is told. */
static int set_up_v4(int fd, struct err *err)
{
	const int on = 1, probe = IP_PMTUDISC_PROBE;
	const uint32_t filter = ~(1U << ICMP_ECHOREPLY | 1U << ICMP_DEST_UNREACH | 1U << ICMP_TIME_EXCEEDED);
	const struct choice choices[] = {
		{SOL_RAW, RAW_FILTER, &filter, sizeof(filter)},
		{IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe)},
		{IPPROTO_IP, IP_RECVFRAGSIZE, &on, sizeof(on)},
	};

	return choose(fd, choices, ARRAY_SIZE(choices), err);
}

static int open_socket(struct node *node, const char *netns, int family, int *ret, struct err *err)
{
	const int room = 1 << 20;
	_cleanup_close_ int fd = -1;
	bool v6 = family == AF_INET6;
	int r;

	r = netns_socket(node, netns, family, SOCK_RAW, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, &fd, err);
	if (r < 0)
		return err_wrap(err, "cannot send ICMP echo requests");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	r = v6 ? set_up_v6(fd, err) : set_up_v4(fd, err);
	if (r == 0)
		*ret = TAKE_FD(fd);
	return r;
}

static void send_one(struct sweep *sweep, size_t i)
{
	struct ping *ping = &sweep->list[i];
	struct sockaddr_storage to;
	/* For a raw socket the port of the address would have to be the protocol or 0 (raw(7)). */
	socklen_t len = address_sockaddr(&ping->to, 0, &to);
	size_t size = icmp_request(sweep->family, sweep->id, (uint16_t)i, sweep->nonce, ping->size, sweep->buffer);

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

/* `fragment`: octets of the largest one that the answer came in; 0: it came whole. */
static void take(struct sweep *sweep, size_t len, const struct address *from, uint32_t fragment)
{
	size_t skip = icmp_skip(sweep->family, sweep->buffer, len);
	struct icmp_reply reply;
	struct ping *ping;

	if (!icmp_parse(sweep->family, sweep->buffer + skip, len - skip, sweep->id, sweep->nonce, &reply) ||
		reply.sequence >= sweep->n)
		return;
	ping = &sweep->list[reply.sequence];
	if (ping->code != -EINPROGRESS)
		return;
	if (reply.kind == ICMP_ANSWER && !address_equal(from, &ping->to))
		return;
	ping->reporter = *from;
	switch (reply.kind) {
	case ICMP_ANSWER:
		ping->code = fragment ? -EMSGSIZE : 0;
		ping->mtu = fragment;
		break;
	case ICMP_TOO_BIG:
		ping->code = -EMSGSIZE;
		ping->mtu = reply.mtu;
		break;
	case ICMP_UNREACHABLE:
		break; /* perhaps not for long: who told is kept, and it is tried again */
	}
}

static struct address address_from(const struct sockaddr_storage *from)
{
	struct address address = {.family = from->ss_family};

	if (address.family == AF_INET6)
		memcpy(address.bytes, &((const struct sockaddr_in6 *)from)->sin6_addr, 16);
	else
		memcpy(address.bytes, &((const struct sockaddr_in *)from)->sin_addr, 4);
	return address;
}

static uint32_t fragment_size(struct msghdr *message)
{
	struct cmsghdr *control;
	int size = 0;

	for (control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control))
		if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_RECVFRAGSIZE)
			memcpy(&size, CMSG_DATA(control), sizeof(size));
	return size > 0 ? (uint32_t)size : 0;
}

static void receive(struct sweep *sweep)
{
	for (;;) {
		_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
		struct sockaddr_storage from = {0};
		struct iovec vector = {sweep->buffer, PACKET_MAX};
		struct msghdr message = {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &vector,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(sweep->fd, &message, 0);
		struct address address;

		if (n < 0)
			return;
		address = address_from(&from);
		take(sweep, (size_t)n, &address, fragment_size(&message));
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
	int family = n > 0 ? list[0].to.family : AF_INET6;
	struct sweep sweep = {.fd = -1, .family = family, .buffer = (uint8_t *)buffer, .list = list, .n = n};
	int64_t deadline = clock_ms() + timeout_ms;
	size_t i;
	int r;

	if (n > PING_MAX)
		return err_set(err, E2BIG, "%zu addresses are too many for one sweep of at most %d", n, PING_MAX);
	r = open_socket(node, netns, family, &fd, err);
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
