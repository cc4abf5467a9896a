/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/netns-socket.h"

#include <errno.h>
#include <sys/socket.h>

struct request {
	int family, type, protocol, fd;
};

static int make(void *user, struct err *err)
{
	struct request *request = user;

	request->fd = socket(request->family, request->type | SOCK_NONBLOCK | SOCK_CLOEXEC, request->protocol);
	if (request->fd < 0)
		return err_errno(err, errno, "cannot make a socket");
	return 0;
}

int netns_socket(struct node *node, const char *netns, int family, int type, int protocol, int *ret, struct err *err)
{
	struct request request = {family, type, protocol, -1};
	int r = node_in_netns(node, netns, make, &request, err);

	if (r < 0)
		return r;
	*ret = request.fd;
	return 0;
}
