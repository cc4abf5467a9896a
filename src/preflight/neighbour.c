/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/neighbour.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"

struct solicitation {
	struct ip6_hdr ip;
	struct nd_neighbor_solicit icmp;
} __attribute__((packed));

/* RFC 4443 section 2.3: over the pseudo-header of RFC 8200 section 8.1. */
static uint16_t checksum(const struct solicitation *packet)
{
	const uint8_t *octets = (const uint8_t *)&packet->ip.ip6_src;
	size_t i, n = sizeof(*packet) - offsetof(struct solicitation, ip.ip6_src);
	uint32_t sum = sizeof(packet->icmp) + IPPROTO_ICMPV6;

	for (i = 0; i < n; i += 2)
		sum += (uint32_t)octets[i] << 8 | octets[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* To the solicited-node group (RFC 4291 section 2.7.1), hop limit 255 (RFC 4861 section 4.3), no option from "::". */
static void make_solicitation(const struct address *address, struct solicitation *ret)
{
	static const uint8_t group[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

	*ret = (struct solicitation){0};
	ret->ip.ip6_flow = htonl(6U << 28);
	ret->ip.ip6_plen = htons(sizeof(ret->icmp));
	ret->ip.ip6_nxt = IPPROTO_ICMPV6;
	ret->ip.ip6_hlim = 255;
	memcpy(ret->ip.ip6_dst.s6_addr, group, sizeof(group));
	memcpy(ret->ip.ip6_dst.s6_addr + 13, address->bytes + 13, 3);
	ret->icmp.nd_ns_type = ND_NEIGHBOR_SOLICIT;
	memcpy(&ret->icmp.nd_ns_target, address->bytes, 16);
	ret->icmp.nd_ns_cksum = checksum(ret);
}

/* Also true for another node that asks for the same address this moment: it is about to take it (RFC 4862 5.4.3). */
static bool is_claim(const uint8_t *octets, size_t n, const struct address *address)
{
	struct nd_neighbor_advert icmp;
	struct ip6_hdr ip;

	if (n < sizeof(ip) + sizeof(icmp))
		return false;
	memcpy(&ip, octets, sizeof(ip));
	memcpy(&icmp, octets + sizeof(ip), sizeof(icmp));
	if (ip.ip6_nxt != IPPROTO_ICMPV6 || ip.ip6_hlim != 255 || memcmp(&icmp.nd_na_target, address->bytes, 16) != 0)
		return false;
	if (icmp.nd_na_type == ND_NEIGHBOR_SOLICIT)
		return IN6_IS_ADDR_UNSPECIFIED(&ip.ip6_src);
	return icmp.nd_na_type == ND_NEIGHBOR_ADVERT;
}

static int wait_for_claim(int fd, const struct address *address, int timeout_ms, uint8_t ret_mac[NEIGHBOUR_MAC])
{
	int64_t deadline = clock_ms() + timeout_ms;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	uint8_t octets[256];
	int left;

	while ((left = clock_left(deadline)) > 0 && poll(&wait, 1, left) > 0) {
		struct sockaddr_ll from = {0};
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, octets, sizeof(octets), MSG_DONTWAIT, (struct sockaddr *)&from, &from_len);

		if (n < 0 || from.sll_pkttype == PACKET_OUTGOING || !is_claim(octets, (size_t)n, address))
			continue;
		memcpy(ret_mac, from.sll_addr, NEIGHBOUR_MAC);
		return 1;
	}
	return 0;
}

int neighbour_probe(const char *interface, const struct address *address, int timeout_ms,
	uint8_t ret_mac[NEIGHBOUR_MAC], struct err *err)
{
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_IPV6));
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IPV6),
		.sll_ifindex = (int)if_nametoindex(interface),
		.sll_halen = NEIGHBOUR_MAC,
	};
	struct packet_mreq everybody = {.mr_ifindex = to.sll_ifindex, .mr_type = PACKET_MR_ALLMULTI};
	struct solicitation packet;

	if (fd < 0)
		return err_errno(err, errno, "cannot open a packet socket");
	if (to.sll_ifindex == 0)
		return err_errno(err, ENODEV, "there is no interface '%s'", interface);
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return err_errno(err, errno, "cannot listen on '%s'", interface);
	/* The answer goes to all nodes (RFC 4861 section 7.2.4); without an address of its own the link may not listen
	 * to it. */
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everybody, sizeof(everybody)) < 0)
		return err_errno(err, errno, "cannot listen to multicast on '%s'", interface);
	make_solicitation(address, &packet);
	/* RFC 2464 section 7: 33:33 and the last four octets of the group. */
	to.sll_addr[0] = to.sll_addr[1] = 0x33;
	memcpy(to.sll_addr + 2, packet.ip.ip6_dst.s6_addr + 12, 4);
	if (sendto(fd, &packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return err_errno(err, errno, "cannot send on '%s'", interface);
	return wait_for_claim(fd, address, timeout_ms, ret_mac);
}
