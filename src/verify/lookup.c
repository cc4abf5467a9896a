/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/lookup.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/run.h"
#include "verify/exchange.h"
#include "verify/netns-socket.h"

enum {
	TIMEOUT_MS = 5000, /* the server has to ask others first, and its cache may be cold */
	REPEAT_MS = 1000,
};

/* Wait for the answer until `until`. 1: it is in `*ret`. */
static int await(int fd, const uint8_t *query, size_t len, int64_t until, struct dns_answer *ret)
{
	uint8_t message[4096];

	while (clock_left(until) > 0 && !run_interrupted()) {
		struct pollfd fds = {.fd = fd, .events = POLLIN};
		ssize_t n;
		int r;

		if (poll(&fds, 1, clock_left(until)) <= 0)
			continue;
		n = recv(fd, message, sizeof(message), 0);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		r = n < 0 ? -ENOMSG : dns_parse(message, (size_t)n, query, len, ret);
		if (r != -ENOMSG)
			return r < 0 ? r : 1;
	}
	return 0;
}

static int ask_udp(struct node *node, const char *netns, const struct address *server, const uint8_t *query, size_t len,
	struct dns_answer *ret)
{
	int64_t deadline = clock_ms() + TIMEOUT_MS;
	_cleanup_close_ int fd = -1;
	struct sockaddr_storage to;
	socklen_t to_len = address_sockaddr(server, DNS_PORT, &to);
	int r;

	r = netns_socket(node, netns, server->family, SOCK_DGRAM, 0, &fd, NULL);
	if (r < 0)
		return r;
	/* Connected: only the server's own datagrams come in, and its ICMP errors as well. */
	if (connect(fd, (const struct sockaddr *)&to, to_len) < 0)
		return -errno;
	while (clock_left(deadline) > 0 && !run_interrupted()) {
		int64_t until = clock_ms() + REPEAT_MS;

		if (send(fd, query, len, MSG_NOSIGNAL) < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		r = await(fd, query, len, until < deadline ? until : deadline, ret);
		if (r != 0)
			return r < 0 ? r : 0;
	}
	return run_interrupted() ? -EINTR : -ETIMEDOUT;
}

/* RFC 1035 section 4.2.2: a message is preceded by its length in two octets. */
static bool tcp_complete(const char *bytes, size_t n)
{
	return n >= 2 && n - 2 >= ((size_t)(uint8_t)bytes[0] << 8 | (uint8_t)bytes[1]);
}

static int ask_tcp(struct node *node, const char *netns, const struct address *server, const uint8_t *query, size_t len,
	struct dns_answer *ret)
{
	char request[2 + DNS_QUERY_MAX];
	struct exchange exchange = {
		.to = *server, .port = DNS_PORT, .request = request, .request_len = len + 2, .complete = tcp_complete};
	int r;

	request[0] = (char)(len >> 8);
	request[1] = (char)len;
	memcpy(request + 2, query, len);
	exchange_run(node, netns, &exchange, 1, TIMEOUT_MS);
	r = exchange.code;
	if (r == 0)
		r = dns_parse((const uint8_t *)exchange.answer.s + 2, exchange.answer.len - 2, query, len, ret);
	exchange_done(&exchange);
	return r;
}

int dns_lookup(struct node *node, const char *netns, const struct address *server, const char *name, unsigned int type,
	struct dns_answer *ret, struct err *err)
{
	uint8_t query[DNS_QUERY_MAX];
	char text[ADDRESS_TEXT_MAX];
	struct dns_answer answer = {0};
	uint16_t id = 0;
	int len, r;

	if (getrandom(&id, sizeof(id), 0) < 0)
		return err_errno(err, errno, "cannot get random numbers");
	len = dns_query(name, type, id, query);
	if (len < 0)
		return err_set(err, EINVAL, "'%s' is not a host name", name);
	r = ask_udp(node, netns, server, query, (size_t)len, &answer);
	if (r == 0 && answer.truncated)
		r = ask_tcp(node, netns, server, query, (size_t)len, &answer);
	address_text(server, text);
	if (r == -ETIMEDOUT)
		return err_set(err, ETIMEDOUT, "the name server %s did not answer in %d s", text, TIMEOUT_MS / 1000);
	if (r == -EBADMSG || r == -ENOMSG)
		return err_set(err, EBADMSG, "the name server %s gave an answer that makes no sense", text);
	if (r < 0)
		return err_errno(err, -r, "cannot ask the name server %s", text);
	*ret = answer;
	return 0;
}
