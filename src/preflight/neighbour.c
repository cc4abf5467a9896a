/* SPDX-License-Identifier: Apache-2.0 */
#include "preflight/neighbour.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
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
static bool is_neighbour_claim(const uint8_t *octets, size_t n, const struct address *address)
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

/* To everybody, from 0.0.0.0, so that nobody learns the address from it. */
static void make_request(const struct address *address, const uint8_t own[NEIGHBOUR_MAC], struct ether_arp *ret)
{
	*ret = (struct ether_arp){0};
	ret->arp_hrd = htons(ARPHRD_ETHER);
	ret->arp_pro = htons(ETH_P_IP);
	ret->arp_hln = NEIGHBOUR_MAC;
	ret->arp_pln = sizeof(ret->arp_tpa);
	ret->arp_op = htons(ARPOP_REQUEST);
	memcpy(ret->arp_sha, own, NEIGHBOUR_MAC);
	memcpy(ret->arp_tpa, address->bytes, sizeof(ret->arp_tpa));
}

/* Anything from the address, or another's probe for it: he is about to take it (RFC 5227 section 2.1.1). */
static bool is_arp_claim(const uint8_t *octets, size_t n, const struct address *address)
{
	static const uint8_t nobody[4];
	struct ether_arp arp;

	if (n < sizeof(arp))
		return false;
	memcpy(&arp, octets, sizeof(arp));
	if (arp.arp_pro != htons(ETH_P_IP) || arp.arp_hln != NEIGHBOUR_MAC || arp.arp_pln != sizeof(nobody))
		return false;
	if (memcmp(arp.arp_spa, address->bytes, sizeof(nobody)) == 0)
		return true;
	return arp.arp_op == htons(ARPOP_REQUEST) && memcmp(arp.arp_spa, nobody, sizeof(nobody)) == 0 &&
	       memcmp(arp.arp_tpa, address->bytes, sizeof(nobody)) == 0;
}

typedef bool claim_fn(const uint8_t *octets, size_t n, const struct address *address);

static int wait_for_claim(
	int fd, const struct address *address, claim_fn *is_claim, int timeout_ms, uint8_t ret_mac[NEIGHBOUR_MAC])
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

/* A packet socket on the interface, whose index and broadcast address are in `*ret_to`. */
static int open_packet_socket(
	const char *interface, uint16_t protocol, int *ret, struct sockaddr_ll *ret_to, struct err *err)
{
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(protocol));

	*ret_to = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)if_nametoindex(interface),
		.sll_halen = NEIGHBOUR_MAC,
		.sll_addr = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	};
	if (fd < 0)
		return err_errno(err, errno, "cannot open a packet socket");
	if (ret_to->sll_ifindex == 0)
		return err_errno(err, ENODEV, "there is no interface '%s'", interface);
	if (bind(fd, (struct sockaddr *)ret_to, sizeof(*ret_to)) < 0)
		return err_errno(err, errno, "cannot listen on '%s'", interface);
	*ret = TAKE_FD(fd);
	return 0;
}

static int send_probe(
	int fd, const char *interface, const struct sockaddr_ll *to, const void *packet, size_t size, struct err *err)
{
	if (sendto(fd, packet, size, 0, (const struct sockaddr *)to, sizeof(*to)) < 0)
		return err_errno(err, errno, "cannot send on '%s'", interface);
	return 0;
}

static int probe_ipv6(const char *interface, const struct address *address, int timeout_ms,
	uint8_t ret_mac[NEIGHBOUR_MAC], struct err *err)
{
	struct packet_mreq everybody = {.mr_type = PACKET_MR_ALLMULTI};
	struct solicitation packet;
	_cleanup_close_ int fd = -1;
	struct sockaddr_ll to;
	int r;

	r = open_packet_socket(interface, ETH_P_IPV6, &fd, &to, err);
	if (r < 0)
		return r;
	everybody.mr_ifindex = to.sll_ifindex;
	/* The answer goes to all nodes (RFC 4861 section 7.2.4); without an address of its own the link may not listen
	 * to it. */
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everybody, sizeof(everybody)) < 0)
		return err_errno(err, errno, "cannot listen to multicast on '%s'", interface);
	make_solicitation(address, &packet);
	/* RFC 2464 section 7: 33:33 and the last four octets of the group. */
	to.sll_addr[0] = to.sll_addr[1] = 0x33;
	memcpy(to.sll_addr + 2, packet.ip.ip6_dst.s6_addr + 12, 4);
	r = send_probe(fd, interface, &to, &packet, sizeof(packet), err);
	return r < 0 ? r : wait_for_claim(fd, address, is_neighbour_claim, timeout_ms, ret_mac);
}

static int probe_ipv4(const char *interface, const struct address *address, int timeout_ms,
	uint8_t ret_mac[NEIGHBOUR_MAC], struct err *err)
{
	struct sockaddr_ll to, own = {0};
	socklen_t own_len = sizeof(own);
	_cleanup_close_ int fd = -1;
	struct ether_arp packet;
	int r;

	r = open_packet_socket(interface, ETH_P_ARP, &fd, &to, err);
	if (r < 0)
		return r;
	/* packet(7): the name of a bound socket has the link's hardware address. */
	if (getsockname(fd, (struct sockaddr *)&own, &own_len) < 0 || own.sll_halen != NEIGHBOUR_MAC)
		return err_set(err, ENOTSUP, "'%s' has no hardware address", interface);
	make_request(address, own.sll_addr, &packet);
	r = send_probe(fd, interface, &to, &packet, sizeof(packet), err);
	return r < 0 ? r : wait_for_claim(fd, address, is_arp_claim, timeout_ms, ret_mac);
}

int neighbour_probe(const char *interface, const struct address *address, int timeout_ms,
	uint8_t ret_mac[NEIGHBOUR_MAC], struct err *err)
{
	if (address->family == AF_INET6)
		return probe_ipv6(interface, address, timeout_ms, ret_mac, err);
	return probe_ipv4(interface, address, timeout_ms, ret_mac, err);
}
