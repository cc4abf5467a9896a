/* SPDX-License-Identifier: Apache-2.0 */
#include "nat64/probe-device.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <time.h>

static int talk(struct mnl_socket *socket, const struct nlmsghdr *request)
{
	_Alignas(struct nlmsghdr) char answer[4096];
	ssize_t n;

	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
		mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	n = mnl_socket_recvfrom(socket, answer, sizeof(answer));
	if (n < 0 || mnl_cb_run(answer, (size_t)n, request->nlmsg_seq, mnl_socket_get_portid(socket), NULL, NULL) < 0)
		return -errno;
	return 0;
}

int probe_device_make(const char *name, const char *type)
{
	struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	_Alignas(struct nlmsghdr) char octets[512] = {0};
	struct nlmsghdr *request = mnl_nlmsg_put_header(octets);
	struct ifinfomsg *wanted;
	struct nlattr *info;
	int r;

	if (socket == NULL)
		return -errno;
	request->nlmsg_type = RTM_NEWLINK;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
	request->nlmsg_seq = 1;
	wanted = mnl_nlmsg_put_extra_header(request, sizeof(*wanted));
	wanted->ifi_flags = IFF_UP;
	wanted->ifi_change = IFF_UP;
	mnl_attr_put_strz(request, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(request, IFLA_LINKINFO);
	mnl_attr_put_strz(request, IFLA_INFO_KIND, type);
	mnl_attr_nest_end(request, info);
	r = talk(socket, request);
	mnl_socket_close(socket);
	return r;
}
