/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/responder.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/str.h"
#include "verify/greeting.h"
#include "verify/netns-socket.h"

enum {
	CLIENTS_MAX = 64,
	CLIENT_MS = 5000,
	TENTATIVE_MS =
		3000, /* duplicate address detection takes a second, plus a random delay (RFC 4862 section 5.4) */
};

struct client {
	int fd; /* -1: free */
	const struct address *pod;
	int64_t deadline;
	char line[GREETING_LINE_MAX];
	size_t len;
};

int responder_listen(
	struct node *node, const char *netns, const struct address *address, uint16_t port, int *ret, struct err *err)
{
	const int on = 1;
	int64_t deadline = clock_ms() + TENTATIVE_MS;
	_cleanup_close_ int fd = -1;
	_cleanup_str_ struct str text = STR_INIT;
	struct sockaddr_storage to;
	socklen_t len = address_sockaddr(address, port, &to);
	int r;

	address_host_port(address, port, &text);
	r = netns_socket(node, netns, address->family, SOCK_STREAM, 0, &fd, err);
	if (r < 0)
		return r;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	while (bind(fd, (const struct sockaddr *)&to, len) < 0) {
		if (errno == EADDRNOTAVAIL && clock_left(deadline) > 0 && !run_interrupted()) {
			clock_pause(50);
			continue;
		}
		if (errno == EADDRNOTAVAIL)
			return err_set(err, EADDRNOTAVAIL,
				"the address of '%s' isn't on this node: run 'lazyjack prepare'", text.s);
		return err_errno(err, errno, "cannot listen on '%s': choose another --port", text.s);
	}
	if (listen(fd, CLIENTS_MAX) < 0)
		return err_errno(err, errno, "cannot listen on '%s': choose another --port", text.s);
	*ret = TAKE_FD(fd);
	return 0;
}

static void drop(struct client *client)
{
	close(client->fd);
	client->fd = -1;
}

static void welcome(struct client *clients, const struct listener *listener)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), i;

	if (fd < 0)
		return;
	for (i = 0; i < CLIENTS_MAX; i++)
		if (clients[i].fd < 0) {
			clients[i] =
				(struct client){.fd = fd, .pod = listener->pod, .deadline = clock_ms() + CLIENT_MS};
			return;
		}
	close(fd);
}

static void serve(struct client *client, const char *name)
{
	_cleanup_str_ struct str answer = STR_INIT;
	ssize_t n = recv(client->fd, client->line + client->len, sizeof(client->line) - client->len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(client);
		return;
	}
	client->len += (size_t)n;
	if (memchr(client->line, '\n', client->len) == NULL && client->len < sizeof(client->line))
		return;
	/* A line of this size always fits a new connection's buffer, so that one send is enough. */
	if (greeting_answer(client->line, client->len, name, client->pod, &answer) == 0 &&
		send(client->fd, answer.s, answer.len, MSG_NOSIGNAL) < 0)
		log_debug("a client of '%s' went away: %m", name);
	drop(client);
}

void responder_run(const struct listener *listeners, size_t n, const char *name, int64_t deadline)
{
	struct client clients[CLIENTS_MAX];
	int i;

	n = n < LISTENERS_MAX ? n : LISTENERS_MAX;
	for (i = 0; i < CLIENTS_MAX; i++)
		clients[i].fd = -1;
	while (!run_interrupted() && (deadline == 0 || clock_left(deadline) > 0)) {
		struct pollfd fds[LISTENERS_MAX + CLIENTS_MAX];
		int wait = 500; /* a signal that arrives just before poll(2) is noticed this late at most */
		size_t k;

		for (k = 0; k < n; k++)
			fds[k] = (struct pollfd){.fd = listeners[k].fd, .events = POLLIN};
		for (i = 0; i < CLIENTS_MAX; i++) {
			if (clients[i].fd >= 0 && clock_left(clients[i].deadline) == 0)
				drop(&clients[i]);
			fds[n + i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
		}
		if (deadline && clock_left(deadline) < wait)
			wait = clock_left(deadline);
		if (poll(fds, n + CLIENTS_MAX, wait) <= 0)
			continue;
		for (i = 0; i < CLIENTS_MAX; i++)
			if (clients[i].fd >= 0 && fds[n + i].revents)
				serve(&clients[i], name);
		for (k = 0; k < n; k++)
			if (fds[k].revents & POLLIN)
				welcome(clients, &listeners[k]);
	}
	for (i = 0; i < CLIENTS_MAX; i++)
		if (clients[i].fd >= 0)
			drop(&clients[i]);
}
