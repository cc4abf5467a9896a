/* SPDX-License-Identifier: Apache-2.0 */
#include "resource/api-server.h"

#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/file.h"
#include "base/mem.h"

enum { CONNECT_S = 2 };

static int connect_to(const struct addrinfo *to)
{
	const struct timeval patience = {.tv_sec = CONNECT_S};
	_cleanup_close_ int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	/* The send time-out bounds connect(2), too, which then says EINPROGRESS (socket(7)). */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0 ||
		connect(fd, to->ai_addr, to->ai_addrlen) < 0)
		return errno == EINPROGRESS ? -ETIMEDOUT : -errno;
	return 0;
}

int api_server_connect(const struct endpoint *endpoint, struct err *err)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	_cleanup_free_ char *port = mem_printf("%u", endpoint->port);
	struct addrinfo *list = NULL, *one;
	int r;

	r = getaddrinfo(endpoint->host, port, &hints, &list);
	if (r != 0)
		return err_set(err, ENXIO, "the name '%s' is not known: %s", endpoint->host, gai_strerror(r));
	r = -EHOSTUNREACH;
	for (one = list; one && r < 0; one = one->ai_next)
		r = connect_to(one);
	freeaddrinfo(list);
	return r < 0 ? err_errno(err, -r, "no connection to '%s' port %u", endpoint->host, endpoint->port) : 0;
}
