/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/exchange.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/run.h"
#include "verify/netns-socket.h"

enum { AT_ONCE = 64 };

static void end(struct exchange *exchange, int code)
{
	exchange->code = code;
	if (exchange->fd >= 0)
		close(exchange->fd);
	exchange->fd = -1;
}

static void begin(struct exchange *exchange, struct node *node, const char *netns, int timeout_ms)
{
	struct sockaddr_storage to;
	socklen_t len = address_sockaddr(&exchange->to, exchange->port, &to);
	int r;

	exchange->deadline = clock_ms() + timeout_ms;
	r = netns_socket(node, netns, exchange->to.family, SOCK_STREAM, 0, &exchange->fd, NULL);
	if (r < 0)
		end(exchange, r);
	else if (connect(exchange->fd, (const struct sockaddr *)&to, len) < 0 && errno != EINPROGRESS)
		end(exchange, -errno);
}

static void send_more(struct exchange *exchange)
{
	ssize_t n;

	n = send(
		exchange->fd, exchange->request + exchange->sent, exchange->request_len - exchange->sent, MSG_NOSIGNAL);
	if (n >= 0)
		exchange->sent += (size_t)n;
	else if (errno != EAGAIN && errno != EINTR)
		end(exchange, -errno);
}

static void receive(struct exchange *exchange)
{
	char buffer[16384];
	ssize_t n;

	n = recv(exchange->fd, buffer, sizeof(buffer), 0);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			end(exchange, -errno);
	} else if (n == 0) {
		end(exchange, exchange->close_ends ? 0 : -ECONNRESET);
	} else if (exchange->answer.len + (size_t)n > EXCHANGE_MAX) {
		end(exchange, -EFBIG);
	} else {
		str_add_n(&exchange->answer, buffer, (size_t)n);
		if (exchange->complete && exchange->complete(exchange->answer.s, exchange->answer.len))
			end(exchange, 0);
	}
}

static void handle(struct exchange *exchange, short events)
{
	socklen_t len = sizeof(int);
	int code = 0;

	if ((events & (POLLERR | POLLHUP)) && exchange->sent == 0 &&
		getsockopt(exchange->fd, SOL_SOCKET, SO_ERROR, &code, &len) == 0 && code != 0)
		end(exchange, -code);
	else if (exchange->connect_only && (events & POLLOUT))
		end(exchange, 0);
	else if (exchange->sent < exchange->request_len && (events & POLLOUT))
		send_more(exchange);
	else if (events & (POLLIN | POLLHUP | POLLERR))
		receive(exchange);
}

static bool is_open(const struct exchange *exchange)
{
	return exchange->code == -EINPROGRESS && exchange->fd >= 0;
}

static bool is_writing(const struct exchange *exchange)
{
	return exchange->connect_only || exchange->sent < exchange->request_len;
}

/* One poll over those that are open, of list[0..n). Returns how many of them still are. */
static size_t turn(struct exchange *list, size_t n)
{
	struct pollfd fds[AT_ONCE];
	struct exchange *open[AT_ONCE];
	size_t i, n_open = 0, left = 0;
	int wait = 1000;

	for (i = 0; i < n && n_open < AT_ONCE; i++) {
		struct exchange *exchange = &list[i];

		if (!is_open(exchange))
			continue;
		if (clock_left(exchange->deadline) < wait)
			wait = clock_left(exchange->deadline);
		fds[n_open] = (struct pollfd){.fd = exchange->fd, .events = is_writing(exchange) ? POLLOUT : POLLIN};
		open[n_open++] = exchange;
	}
	if (n_open == 0 || poll(fds, n_open, wait) < 0)
		return n_open;
	for (i = 0; i < n_open; i++) {
		if (fds[i].revents)
			handle(open[i], fds[i].revents);
		if (is_open(open[i]) && clock_left(open[i]->deadline) == 0)
			end(open[i], -ETIMEDOUT);
		left += is_open(open[i]);
	}
	return left;
}

bool exchange_line(const char *bytes, size_t n)
{
	return n > 0 && bytes[n - 1] == '\n';
}

void exchange_run(struct node *node, const char *netns, struct exchange *list, size_t n, int timeout_ms)
{
	size_t i, first = 0, begun = 0, open = 0;

	for (i = 0; i < n; i++) {
		list[i].code = -EINPROGRESS;
		list[i].fd = -1;
		list[i].sent = 0;
	}
	while (begun < n || open > 0) {
		if (run_interrupted()) {
			for (i = 0; i < n; i++)
				if (list[i].code == -EINPROGRESS)
					end(&list[i], -EINTR);
			return;
		}
		for (; begun < n && open < AT_ONCE; begun++) {
			begin(&list[begun], node, netns, timeout_ms);
			open += is_open(&list[begun]);
		}
		while (first < begun && !is_open(&list[first]))
			first++;
		open = turn(list + first, begun - first);
	}
}

void exchange_done(struct exchange *exchange)
{
	str_done(&exchange->answer);
}
