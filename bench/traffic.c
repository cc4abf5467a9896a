/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load for bench/nat64.py, which counts at the far end what arrives: traffic MODE ADDRESS SECONDS.
 *   udp      datagrams of 64 octets, in batches, 16 flows in turns
 *   gso      buffers that the kernel cuts into 20 datagrams of 1200 octets
 *   up1, up4, down1, down4  so many TCP streams to or from the server; prints their sum in Gbit/s
 *   connect  connections one after the other, 64 octets there and back; prints how many a second
 *   offloads  of the device ADDRESS: on, or with 0 seconds off
 *   serve    what those talk to (ADDRESS and SECONDS are ignored), until it is killed
 */
#include <arpa/inet.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	FLOWS = 16,
	BATCH = 64,
	SMALL = 64,
	SEGMENT = 1200,
	SEGMENTS = 20,
	PORT = 9009,
	PORT_UP = 9010,
	PORT_DOWN = 9011,
	SERVERS = 8
};

#define WARM_UP 0.3 /* seconds */

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_storage address_of(const char *text, int number, socklen_t *len)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found;
	struct sockaddr_storage address = {0};
	char port[8];

	snprintf(port, sizeof(port), "%d", number);
	if (getaddrinfo(text, port, &hints, &found) != 0)
		die(text);
	memcpy(&address, found->ai_addr, found->ai_addrlen);
	*len = found->ai_addrlen;
	freeaddrinfo(found);
	return address;
}

static int connected(int type, const struct sockaddr_storage *to, socklen_t len)
{
	int fd = socket(to->ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, len) < 0)
		die("connect");
	return fd;
}

static void send_small(const struct sockaddr_storage *to, socklen_t len, double until)
{
	static char payload[SMALL];
	struct mmsghdr messages[BATCH] = {0};
	struct iovec octets = {payload, sizeof(payload)};
	int fds[FLOWS], i;
	unsigned int turn = 0;

	for (i = 0; i < FLOWS; i++)
		fds[i] = connected(SOCK_DGRAM, to, len);
	for (i = 0; i < BATCH; i++)
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &octets, .msg_iovlen = 1};
	while (now() < until)
		sendmmsg(fds[turn++ % FLOWS], messages, BATCH, 0);
}

static void send_segments(const struct sockaddr_storage *to, socklen_t len, double until)
{
	static char payload[SEGMENT * SEGMENTS];
	int fd = connected(SOCK_DGRAM, to, len), size = SEGMENT;

	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) < 0)
		die("UDP_SEGMENT");
	while (now() < until)
		(void)!send(fd, payload, sizeof(payload), 0);
}

static void make_connections(const struct sockaddr_storage *to, socklen_t len, double seconds)
{
	const struct linger at_once = {1, 0}; /* a reset, so that no port has to wait */
	double begin = now();
	unsigned long n = 0;
	char octets[SMALL] = {0};

	while (now() < begin + seconds) {
		int fd = connected(SOCK_STREAM, to, len);

		if (write(fd, octets, sizeof(octets)) != sizeof(octets) || read(fd, octets, sizeof(octets)) <= 0)
			die("exchange");
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(fd);
		n++;
	}
	printf("%.0f\n", (double)n / (now() - begin));
}

/* One way, as fast as it goes; the rate in Gbit/s behind a warm-up goes to `report`. */
static _Noreturn void stream(const struct sockaddr_storage *to, socklen_t len, bool up, double seconds, int report)
{
	static char octets[128 * 1024];
	int fd = connected(SOCK_STREAM, to, len);
	double begin = now(), from = begin + WARM_UP, sum = 0, rate;

	while (now() < from + seconds) {
		ssize_t n = up ? write(fd, octets, sizeof(octets)) : read(fd, octets, sizeof(octets));

		if (n <= 0)
			die("stream");
		if (now() >= from)
			sum += (double)n;
	}
	rate = sum * 8 / 1e9 / (now() - from);
	(void)!write(report, &rate, sizeof(rate));
	_exit(0);
}

static void make_streams(const struct sockaddr_storage *to, socklen_t len, bool up, int n, double seconds)
{
	double sum = 0, rate;
	int report[2], i;

	if (pipe(report) < 0)
		die("pipe");
	for (i = 0; i < n; i++)
		if (fork() == 0)
			stream(to, len, up, seconds, report[1]);
	for (i = 0; i < n; i++)
		if (wait(NULL) > 0 && read(report[0], &rate, sizeof(rate)) == sizeof(rate))
			sum += rate;
	printf("%.3f\n", sum);
}

/* What is done with a connection, by its port. */
static void answer(int fd, int port)
{
	static char octets[128 * 1024];
	ssize_t n = 1;
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (n > 0) {
		if (port != PORT_DOWN)
			n = read(fd, octets, sizeof(octets));
		if (n > 0 && port != PORT_UP)
			n = write(fd, octets, port == PORT_DOWN ? sizeof(octets) : (size_t)n);
	}
}

static _Noreturn void serve_port(int port)
{
	const struct sockaddr_in6 any = {
		.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = in6addr_any};
	int listening = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, i;

	setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listening, (const struct sockaddr *)&any, sizeof(any)) < 0 || listen(listening, 1024) < 0)
		die("listen");
	for (i = 1; i < SERVERS && fork() > 0; i++)
		;
	for (;;) {
		int fd = accept(listening, NULL, NULL);

		if (fd < 0)
			continue;
		answer(fd, port);
		close(fd);
	}
}

static _Noreturn void serve(void)
{
	signal(SIGPIPE, SIG_IGN);
	if (fork() == 0)
		serve_port(PORT_UP);
	if (fork() == 0)
		serve_port(PORT_DOWN);
	serve_port(PORT);
}

/* Segmentation and merging by the kernel for a device of this namespace. */
static int set_offloads(const char *device, unsigned int on)
{
	static const unsigned int settings[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_value value = {.data = on};
	struct ifreq request = {.ifr_data = (char *)&value};
	size_t i;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		value.cmd = settings[i];
		if (ioctl(fd, SIOCETHTOOL, &request) < 0 && settings[i] != ETHTOOL_SGRO)
			die(device);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const double seconds = argc > 3 ? atof(argv[3]) : 0;
	struct sockaddr_storage to;
	socklen_t len = 0;
	bool up, down;

	if (argc != 4) {
		fputs("traffic MODE ADDRESS SECONDS\n", stderr);
		return 2;
	}
	if (strcmp(argv[1], "serve") == 0)
		serve();
	if (strcmp(argv[1], "offloads") == 0)
		return set_offloads(argv[2], seconds > 0);
	up = strncmp(argv[1], "up", 2) == 0;
	down = strncmp(argv[1], "down", 4) == 0;
	to = address_of(argv[2], up ? PORT_UP : down ? PORT_DOWN : PORT, &len);
	if (up || down)
		make_streams(&to, len, up, argv[1][strlen(argv[1]) - 1] - '0', seconds);
	if (strcmp(argv[1], "udp") == 0)
		send_small(&to, len, now() + seconds);
	else if (strcmp(argv[1], "gso") == 0)
		send_segments(&to, len, now() + seconds);
	else if (strcmp(argv[1], "connect") == 0)
		make_connections(&to, len, seconds);
	return 0;
}
